// @ts-check
/** backoff - whether and how to come back after a close, and how long to wait first. */

const BASE_MS = 500;
const CEILING_MS = 15_000;
/** Who may be away for so long tries at least so often while it may: one wait must not use up the time. */
const TRIES_IN_GRACE = 6;
/** For a connection to open, and again for its welcome. */
const PATIENCE_MS = 10_000;
/** Who comes back gives up a hanging attempt sooner at first: time away is limited. */
const RETRY_PATIENCE_MS = 4000;
const CLOSE_TOKEN_EXPIRED = 4502;
const CLOSE_HELLO_TIMEOUT = 4508;

/**
 * Whether coming back may help, by close code (docs/protocol.md, "Close codes").
 * 1005 and 1014 are a proxy's: no status, bad gateway.
 * @param {number} closeCode
 * @returns {boolean}
 */
export function mayRetry(closeCode) {
  if (closeCode >= 4000 && closeCode <= 4499) return true;
  return [1001, 1005, 1006, 1011, 1012, 1013, 1014].includes(closeCode);
}

/**
 * How a session that was joined goes on after a close.
 * @param {number} closeCode
 * @param {'resume' | 'rejoin' | 'stop' | undefined} action of the server's `bye`
 * @param {boolean} hasTicket
 * @param {boolean} mayRenew whether another token can be had
 * @returns {'resume' | 'rejoin' | 'stop'} `resume`: with the ticket, if there is one
 */
export function wayBack(closeCode, action, hasTicket, mayRenew) {
  // The session's token was over, and the server cannot know that there is another.
  if (closeCode === CLOSE_TOKEN_EXPIRED && hasTicket && mayRenew) return 'rejoin';
  if (action === 'stop') return 'stop';
  if (action === 'rejoin' && (mayRenew || mayRetry(closeCode))) return 'rejoin';
  // No hello in time: the application's new token came too late for that connection.
  return mayRetry(closeCode) || closeCode === CLOSE_HELLO_TIMEOUT ? 'resume' : 'stop';
}

/** Exponential waits with full jitter, so that the clients of a restarted server do not return all at once. */
export class Backoff {
  #attempt = 0;
  #random;
  #now;
  /** How long the session outlives its connection. */
  #graceMs = 0;
  /** @type {number | null} since when we wait to come back */
  #awaySince = null;

  /**
   * @param {() => number} [random] from [0, 1)
   * @param {() => number} [now] milliseconds
   */
  constructor(random = Math.random, now = Date.now) {
    this.#random = random;
    this.#now = now;
  }

  /** How long an attempt may hang. */
  get patienceMs() {
    if (this.#attempt === 0) return PATIENCE_MS;
    return Math.min(PATIENCE_MS, RETRY_PATIENCE_MS * 2 ** Math.min(this.#attempt - 1, 16));
  }

  /**
   * The next wait: between nothing and 0.5 s, 1 s, 2 s ... 15 s, or a sixth of the grace time while that lasts.
   * The first is short, for the server may be back in a moment.
   * @param {number} [leastMs] what the server asked for in `bye`
   * @returns {number} milliseconds
   */
  next(leastMs = 0) {
    const ceiling = Math.min(this.#ceilingMs(), BASE_MS * 2 ** Math.min(this.#attempt, 16));
    this.#attempt += 1;
    return leastMs + Math.round(ceiling * this.#random());
  }

  /** We are there again. @param {number} [graceMs] that the welcome tells */
  onWelcome(graceMs = 0) {
    this.#graceMs = graceMs;
    this.#awaySince = null;
  }

  reset() {
    this.#attempt = 0;
  }

  #ceilingMs() {
    this.#awaySince ??= this.#now();
    if (this.#now() - this.#awaySince >= this.#graceMs) return CEILING_MS;
    return Math.min(CEILING_MS, Math.max(BASE_MS, this.#graceMs / TRIES_IN_GRACE));
  }
}
