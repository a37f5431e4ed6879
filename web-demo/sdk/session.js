// @ts-check
/**
 * session - a stay in a room across connections: joins, and comes back when the connection is lost.
 *
 * In this version coming back is joining anew, with a new peer id.
 */
import { Backoff, mayRetry } from './backoff.js';
import { Connection } from './connection.js';
import { ParleyError } from './errors.js';

/** A connection that held this long was a good one: the next wait starts small again. */
const SETTLED_MS = 10_000;
const WELCOME_TIMEOUT_MS = 10_000;
/** For how long in all hello is said again where the server has too many of them. */
const HELLO_PATIENCE_MS = 60_000;
/** When the server did not say how long to wait. */
const HELLO_AGAIN_MS = 1000;
/** The waits of many clients are spread over this, times the number of refusals so far. */
const HELLO_SPREAD_MS = 1000;

/** @typedef {'connecting' | 'joined' | 'reconnecting' | 'ended'} State */

/**
 * @typedef {object} SessionHooks
 * @property {() => Promise<Record<string, unknown>>} hello the fields of `hello`, asked for at each attempt
 * @property {(welcome: import('./messages.js').Welcome) => void} onWelcome
 * @property {(message: import('./messages.js').Message) => void} onMessage
 * @property {(error: ParleyError) => void} onInvalid
 * @property {(state: State) => void} onState
 * @property {(error: ParleyError) => void} onEnd the session is over and will not come back
 */

/** Holds one connection at a time, and makes the next when that is lost. */
export class Session {
  #url;
  #platform;
  #hooks;
  #backoff;
  /** @type {Connection | null} */
  #connection = null;
  /** @type {State} */
  #state = 'connecting';
  #hasJoined = false;
  /** @type {any} */
  #timer;
  /** @type {any} */
  #helloTimer;

  /**
   * @param {string} url
   * @param {import('./platform.js').Platform} platform
   * @param {SessionHooks} hooks
   */
  constructor(url, platform, hooks) {
    this.#url = url;
    this.#platform = platform;
    this.#hooks = hooks;
    this.#backoff = new Backoff(platform.random);
  }

  get state() {
    return this.#state;
  }

  /** Connects. What becomes of it is told through the hooks. */
  async start() {
    let fields;
    try {
      fields = await this.#hooks.hello();
    } catch (error) {
      this.#onNoToken(error);
      return;
    }
    if (this.#state !== 'ended') this.#open(fields);
  }

  /**
   * @param {Record<string, unknown>} message
   * @returns {Promise<import('./messages.js').Message>}
   */
  async request(message) {
    if (!this.#connection || this.#state !== 'joined')
      throw new ParleyError('unreachable', 'There is no connection to the server at the moment.');
    return this.#connection.request(message);
  }

  /** Leaves the room for good. */
  leave() {
    this.#clearTimers();
    this.#connection?.leave();
    this.#connection = null;
    this.#setState('ended');
  }

  /** @param {Record<string, unknown>} fields */
  #open(fields) {
    try {
      this.#connection = new Connection(
        this.#url,
        this.#platform,
        {
          onMessage: (message) => this.#onMessage(message),
          onInvalid: (error) => this.#onInvalid(error),
          onClose: (closed) => this.#onClose(closed),
        },
        () => this.#sayHello(fields, 1),
      );
    } catch (cause) {
      this.#end(new ParleyError('unreachable', 'This address cannot be connected to.', { cause }));
    }
  }

  /**
   * @param {Record<string, unknown>} fields
   * @param {number} attempt on this connection, from 1
   */
  #sayHello(fields, attempt) {
    const silence = new ParleyError('unreachable', 'No answer to hello came.');
    this.#timer = this.#platform.setTimeout(() => this.#drop(silence), WELCOME_TIMEOUT_MS);
    this.#connection?.request({ type: 'hello', ...fields }).catch((error) => {
      if (error.code === 'rate_limited') this.#sayHelloLater(fields, attempt, error);
      // The server closes after refusing a token; what it leaves open (say, a name too long) ends here.
      else if (!this.#hasJoined && error.code !== 'unreachable' && error.code !== 'aborted') this.#end(error);
    });
  }

  /**
   * Too many join at this moment: the server keeps the connection open, so waiting there is enough.
   * @param {Record<string, unknown>} fields
   * @param {number} attempt
   * @param {ParleyError} error
   */
  #sayHelloLater(fields, attempt, error) {
    if (!this.#connection) return;
    this.#platform.clearTimeout(this.#timer);
    const wait = (error.retryAfterMs ?? HELLO_AGAIN_MS) + Math.round(HELLO_SPREAD_MS * attempt * this.#platform.random());
    if (wait > HELLO_PATIENCE_MS) {
      this.#drop(error);
      return;
    }
    this.#helloTimer ??= this.#platform.setTimeout(() => this.#drop(error), HELLO_PATIENCE_MS);
    this.#timer = this.#platform.setTimeout(() => this.#sayHello(fields, attempt + 1), wait);
  }

  /** @param {import('./messages.js').Message} message */
  #onMessage(message) {
    if (message.type !== 'welcome') {
      if (this.#state === 'joined') this.#hooks.onMessage(message);
      return;
    }
    this.#clearTimers();
    this.#timer = this.#platform.setTimeout(() => this.#backoff.reset(), SETTLED_MS);
    this.#connection?.keepAlive(message.pingInterval);
    this.#hasJoined = true;
    this.#hooks.onWelcome(message);
    this.#setState('joined');
  }

  /** A message that cannot be read is dropped; without a welcome there is nothing to go on with. @param {ParleyError} error */
  #onInvalid(error) {
    if (this.#state === 'joined') this.#hooks.onInvalid(error);
    else this.#end(error);
  }

  /** @param {import('./connection.js').Closed} closed */
  #onClose({ code, error, bye }) {
    this.#connection = null;
    this.#clearTimers();
    if (!this.#hasJoined || !mayRetry(code) || bye?.action === 'stop') this.#end(error);
    else this.#comeBack(bye?.delayMs);
  }

  /** @param {number} [leastMs] */
  #comeBack(leastMs) {
    this.#setState('reconnecting');
    this.#timer = this.#platform.setTimeout(() => void this.start(), this.#backoff.next(leastMs));
  }

  /** A token function that fails for good says so with a ParleyError; anything else may be the network. @param {unknown} error */
  #onNoToken(error) {
    if (this.#state === 'ended') return;
    if (error instanceof ParleyError && error.code !== 'unreachable') this.#end(error);
    else if (this.#hasJoined) this.#comeBack();
    else this.#end(error instanceof ParleyError ? error : new ParleyError('unreachable', 'No token could be had.', { cause: error }));
  }

  /** Gives up this connection. @param {ParleyError} error */
  #drop(error) {
    this.#connection?.leave();
    this.#onClose({ code: 1006, error, bye: null });
  }

  #clearTimers() {
    this.#platform.clearTimeout(this.#timer);
    this.#platform.clearTimeout(this.#helloTimer);
    this.#helloTimer = undefined;
  }

  /** @param {ParleyError} error */
  #end(error) {
    if (this.#state === 'ended') return;
    this.leave();
    this.#hooks.onEnd(error);
  }

  /** @param {State} state */
  #setState(state) {
    if (this.#state === state || this.#state === 'ended') return;
    this.#state = state;
    this.#hooks.onState(state);
  }
}
