// @ts-check
/** greeting - hello on one connection, said until there is a welcome, or no more use in it. */
import { ParleyError } from './errors.js';
import { Timer } from './timer.js';

/** For how long in all hello is said again where the server has too many of them. */
const PATIENCE_MS = 60_000;
/** When the server did not say how long to wait. */
const AGAIN_MS = 1000;
/** The waits of many clients are spread over this, times the number of refusals so far. */
const SPREAD_MS = 1000;
/** After these there is no session to come back to, and a token may make a new one. */
const REFUSED = new Set(['ticket_invalid', 'session_ended', 'bad_message']);

/**
 * @typedef {object} GreetingHooks
 * @property {(message: Record<string, unknown>) => Promise<unknown>} request
 * @property {() => Promise<Record<string, unknown>>} helloWithToken the fields of it
 * @property {(error: ParleyError) => void} onTicketRefused and hello is said with a token
 * @property {(error: unknown) => void} onNoToken
 * @property {(error: ParleyError) => void} onRefused by an error that may be followed by the server's close
 * @property {(error: ParleyError) => void} onSilence it took too long
 */

/** One at a time says hello on a connection; close() ends that. */
export class Greeting {
  #platform;
  #patienceMs;
  #hooks;
  #timer;
  #patienceTimer;
  #isOver = false;

  /**
   * @param {import('./platform.js').Platform} platform
   * @param {number} patienceMs for each answer
   * @param {GreetingHooks} hooks
   */
  constructor(platform, patienceMs, hooks) {
    this.#platform = platform;
    this.#patienceMs = patienceMs;
    this.#hooks = hooks;
    this.#timer = new Timer(platform);
    this.#patienceTimer = new Timer(platform);
  }

  /**
   * @param {Record<string, unknown>} fields
   * @param {number} [attempt]
   */
  say(fields, attempt = 1) {
    if (this.#isOver) return;
    this.#timer.in(this.#patienceMs, () => this.#hooks.onSilence(new ParleyError('unreachable', 'No answer to hello came.')));
    this.#hooks.request({ type: 'hello', ...fields }).catch((error) => {
      if (this.#isOver) return;
      if (error.code === 'rate_limited') this.#sayLater(fields, attempt, error);
      else if ('ticket' in fields && REFUSED.has(error.code)) void this.#sayWithToken(error);
      else if (error.code !== 'unreachable' && error.code !== 'aborted') this.#hooks.onRefused(error);
    });
  }

  /** The connection stays open for it; should the token take too long, the next connection begins with it. @param {ParleyError} refusal */
  async #sayWithToken(refusal) {
    this.#hooks.onTicketRefused(refusal);
    try {
      this.say(await this.#hooks.helloWithToken());
    } catch (error) {
      if (!this.#isOver) this.#hooks.onNoToken(error);
    }
  }

  close() {
    this.#isOver = true;
    this.#timer.clear();
    this.#patienceTimer.clear();
  }

  /**
   * Too many join at this moment: the server keeps the connection open, so waiting there is enough.
   * @param {Record<string, unknown>} fields
   * @param {number} attempt
   * @param {ParleyError} error
   */
  #sayLater(fields, attempt, error) {
    const wait = (error.retryAfterMs ?? AGAIN_MS) + Math.round(SPREAD_MS * attempt * this.#platform.random());
    if (wait > PATIENCE_MS) {
      this.#hooks.onSilence(error);
      return;
    }
    if (!this.#patienceTimer.isSet) this.#patienceTimer.in(PATIENCE_MS, () => this.#hooks.onSilence(error));
    this.#timer.in(wait, () => this.say(fields, attempt + 1));
  }
}
