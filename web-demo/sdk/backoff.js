// @ts-check
/** backoff - whether to come back after a close, and how long to wait first. */

const BASE_MS = 500;
const CEILING_MS = 15_000;

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

/** Exponential waits with jitter, so that the clients of a restarted server do not return all at once. */
export class Backoff {
  #attempt = 0;
  #random;

  /** @param {() => number} [random] from [0, 1) */
  constructor(random = Math.random) {
    this.#random = random;
  }

  /**
   * The next wait: between half and all of 0.5 s, 1 s, 2 s ... 15 s.
   * @param {number} [leastMs] what the server asked for in `bye`
   * @returns {number} milliseconds
   */
  next(leastMs = 0) {
    const ceiling = Math.min(CEILING_MS, BASE_MS * 2 ** Math.min(this.#attempt, 16));
    this.#attempt += 1;
    return leastMs + Math.round(ceiling * (0.5 + 0.5 * this.#random()));
  }

  reset() {
    this.#attempt = 0;
  }
}
