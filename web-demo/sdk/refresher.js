// @ts-check
/**
 * refresher - shows the server a fresh token shortly before the present one expires.
 *
 * A session outlives its token by auth.session_grace, so nothing is lost when
 * that is late or fails for a while.
 */
import { Timer } from './timer.js';
import { claimsOf } from './token.js';

/** The fresh one is asked for when a tenth of the life is left, and a minute at the most. */
const SHARE = 0.1;
const LEAD_S = 60;
/** Of tokens that are issued together, not all are renewed together. */
const SPREAD = 0.2;
const AGAIN_MS = 10_000;
const AGAIN_MS_MAX = 300_000;
/** An application that gives the same token again and again is not asked in a hurry. */
const LEAST_MS = 1000;
/** setTimeout takes no more: 24 days. */
const WAIT_MS_MAX = 0x7fffffff;

/** Follows one token at a time. */
export class Refresher {
  #platform;
  #tokens;
  #request;
  #onError;
  #timer;
  #againMs = AGAIN_MS;
  #isClosed = false;

  /**
   * @param {import('./platform.js').Platform} platform
   * @param {import('./token.js').Tokens} tokens
   * @param {(message: Record<string, unknown>) => Promise<unknown>} request
   * @param {(error: any) => void} onError is given ParleyErrors
   */
  constructor(platform, tokens, request, onError) {
    this.#platform = platform;
    this.#timer = new Timer(platform);
    this.#tokens = tokens;
    this.#request = request;
    this.#onError = onError;
  }

  /** @param {string} token the one that the session has now */
  watch(token) {
    if (!this.#tokens.isRenewable) return;
    const life = this.#lifeOf(token);
    this.#againMs = AGAIN_MS;
    if (life !== null) this.#in((life - Math.min(LEAD_S, life * SHARE)) * (1 - SPREAD * this.#platform.random()) * 1000);
  }

  close() {
    this.#isClosed = true;
    this.#timer.clear();
  }

  /**
   * How long a token is good, in seconds; null: it does not say. The clock here may be wrong, and the token may be
   * older than the call: the shorter of what both say.
   * @param {string} token
   */
  #lifeOf(token) {
    const { exp, iat, nbf } = claimsOf(token);
    const now = (this.#platform.now?.() ?? Date.now()) / 1000;
    const lives = [exp - now, exp - iat, exp - nbf].filter((life) => life > 0);
    return lives.length > 0 ? Math.min(...lives) : null;
  }

  /** @param {number} ms */
  #in(ms) {
    this.#timer.in(Math.min(Math.max(ms, LEAST_MS), WAIT_MS_MAX), () => void this.#onTime());
  }

  async #onTime() {
    try {
      const token = await this.#tokens.take();
      if (this.#isClosed) return;
      await this.#request({ type: 'refresh', token });
      this.watch(token);
    } catch (error) {
      if (this.#isClosed) return;
      const wait = this.#againMs;
      this.#againMs = Math.min(wait * 2, AGAIN_MS_MAX);
      this.#in(wait);
      this.#onError(error);
    }
  }
}
