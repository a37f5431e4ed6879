// @ts-check
/** connection - one WebSocket: opens, numbers requests, matches replies, notices when the server is silent. */
import { ParleyError, errorOfClose, errorOfMessage } from './errors.js';
import { decodeMessage, encodeMessage } from './messages.js';
import { Timer } from './timer.js';

const SUBPROTOCOL = 'parley.v1';
const PONG_TIMEOUT_MS = 10_000;
/** For the answer of a server that may be gone, when there is reason to think so. */
const PROBE_TIMEOUT_MS = 3000;
/** A timer that comes so much too late: the machine slept, or the page was suspended. */
const LATE_MS = 2000;
const NOT_OPENED =
  "The server cannot be reached: it is down, or the origin of this page is not in its server.allowed_origins (browsers do not say which).";
/** Not an IANA code: a close frame from a page may carry 1000 or 3000-4999 only, and 1000 would end the session. */
const CLOSE_SILENT = 4002;

/**
 * @typedef {object} Closed
 * @property {number} code the WebSocket close code
 * @property {ParleyError} error the server's last error, or what the code means
 * @property {import('./messages.js').Bye | null} bye
 */

/**
 * @typedef {object} Handlers
 * @property {() => void} onOpen
 * @property {(message: import('./messages.js').Message) => void} onMessage
 * @property {(error: ParleyError) => void} onInvalid a message that had to be dropped
 * @property {(closed: Closed) => void} onClose once, also when it never opened; not after leave(), mute() or abandon()
 * @property {() => string} stamp what is added to the text of each message
 * @property {() => number} nextId numbers for requests that no other connection of this session uses
 */

/** @typedef {{resolve: (reply: import('./messages.js').Message) => void, reject: (error: ParleyError) => void}} Waiting */

/** A WebSocket of parley.v1, from opening to closing; it is not used again. */
export class Connection {
  #handlers;
  #socket;
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();
  /** @type {ParleyError | null} */
  #lastError = null;
  /** @type {import('./messages.js').Bye | null} */
  #bye = null;
  #timer;
  #intervalMs = 0;
  #pings = 0;
  #welcomes = 0;
  #hasOpened = false;
  #isClosed = false;

  /**
   * Throws what the WebSocket constructor throws: a bad URL, or ws: on an https: page.
   * @param {string} url
   * @param {import('./platform.js').Platform} platform
   * @param {number} patienceMs for opening
   * @param {Handlers} handlers
   */
  constructor(url, platform, patienceMs, handlers) {
    this.#timer = new Timer(platform);
    this.#handlers = handlers;
    this.#socket = new platform.WebSocket(url, SUBPROTOCOL);
    this.#socket.onopen = () => {
      if (this.#isClosed) return;
      this.#hasOpened = true;
      this.#timer.clear();
      handlers.onOpen();
    };
    this.#socket.onmessage = (event) => this.#onText(event.data);
    this.#socket.onclose = (event) => this.#onClose(event.code, event.reason);
    // Browsers tell nothing in it, and tell the close as well; other platforms throw what nobody listens for.
    this.#socket.onerror = () => {};
    this.#timer.in(patienceMs, () => this.#giveUp(1006));
  }

  /** How many have come: more than one where the room's home has moved. */
  get welcomes() {
    return this.#welcomes;
  }

  /**
   * Sends a message that nothing answers.
   * @param {string} text a JSON object
   * @returns {boolean} false if the connection is not open
   */
  post(text) {
    if (this.#isClosed || this.#socket.readyState !== 1) return false;
    this.#socket.send(`${text.slice(0, -1)}${this.#handlers.stamp()}}`);
    return true;
  }

  /**
   * Sends a message and waits for its reply.
   * @param {Record<string, unknown>} message without `id`
   * @returns {Promise<import('./messages.js').Message>} rejects with the server's error, or when the connection ends first
   */
  request(message) {
    return new Promise((resolve, reject) => {
      const id = this.#handlers.nextId();
      if (!this.post(encodeMessage({ ...message, id })))
        throw new ParleyError('unreachable', 'There is no connection to the server at the moment.');
      this.#waiting.set(id, { resolve, reject });
    });
  }

  /**
   * Asks for a sign of life from now on.
   * @param {number} intervalS
   */
  keepAlive(intervalS) {
    this.#intervalMs = intervalS * 1000;
    this.#rest();
  }

  /** Asks for one now, and waits for it not long. */
  probe() {
    if (!this.#isClosed && this.#intervalMs > 0) this.#ping(PROBE_TIMEOUT_MS);
  }

  /** Says goodbye and closes: the session ends. */
  leave() {
    if (this.#isClosed) return;
    this.post('{"type":"leave"}');
    this.#shut(new ParleyError('aborted', 'You left.'));
    this.#socket.close(1000);
  }

  /** Hears nothing more, and keeps the socket: others see no gap between it and the next one. */
  mute() {
    this.#shut(new ParleyError('unreachable', 'The connection was given up.'));
  }

  /** Closes the socket, muted or not, in a way that leaves the session to the next. */
  abandon() {
    this.mute();
    this.#socket.close(CLOSE_SILENT);
  }

  #rest() {
    this.#timer.in(this.#intervalMs, (lateMs) => this.#ping(lateMs > LATE_MS ? PROBE_TIMEOUT_MS : PONG_TIMEOUT_MS));
  }

  /** @param {number} patienceMs */
  #ping(patienceMs) {
    const ping = ++this.#pings;
    // Where the alarm is late, the answer may lie unread in the socket: it is asked once more.
    this.#timer.in(patienceMs, (lateMs) => (lateMs > LATE_MS ? this.#ping(PROBE_TIMEOUT_MS) : this.#giveUp(CLOSE_SILENT)));
    const onAnswer = () => {
      if (!this.#isClosed && ping === this.#pings) this.#rest();
    };
    // A ping that is refused for its rate is a sign of life as well.
    this.request({ type: 'ping' }).then(onAnswer, onAnswer);
  }

  /** @param {unknown} data */
  #onText(data) {
    if (this.#isClosed) return;
    let message;
    try {
      message = decodeMessage(data);
    } catch (error) {
      this.#handlers.onInvalid(/** @type {ParleyError} */ (error));
      return;
    }
    if (message) this.#dispatch(message);
  }

  /** @param {import('./messages.js').Message} message */
  #dispatch(message) {
    if (message.type === 'bye') this.#bye = message;
    else this.#lastError = message.type === 'error' ? errorOfMessage(message) : null;
    // What is not answered yet may never be: the home that was asked is not ours any more.
    if (message.type === 'welcome' && ++this.#welcomes > 1)
      this.#rejectAll(new ParleyError('rate_limited', 'The server did not answer.', { retryAfterMs: 0 }));
    const waiting = 're' in message && message.re !== undefined ? this.#waiting.get(message.re) : undefined;
    if (waiting) this.#settle(waiting, message);
    this.#handlers.onMessage(message);
  }

  /**
   * @param {Waiting} waiting
   * @param {import('./messages.js').Message} message
   */
  #settle(waiting, message) {
    if ('re' in message && message.re !== undefined) this.#waiting.delete(message.re);
    if (message.type === 'error') waiting.reject(errorOfMessage(message));
    else waiting.resolve(message);
  }

  /** Gives up on a socket that may take long to notice that it is dead. @param {number} code */
  #giveUp(code) {
    this.#socket.close(CLOSE_SILENT);
    this.#onClose(code, '');
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #onClose(code, reason) {
    if (this.#isClosed) return;
    const error = (code > 1006 && this.#lastError) || errorOfClose(code, this.#hasOpened ? reason : reason || NOT_OPENED);
    this.#shut(new ParleyError('unreachable', 'The connection ended before the answer came.', { cause: error }));
    this.#handlers.onClose({ code, error, bye: this.#bye });
  }

  /** @param {ParleyError} error */
  #shut(error) {
    this.#isClosed = true;
    this.#timer.clear();
    this.#rejectAll(error);
  }

  /** @param {ParleyError} error */
  #rejectAll(error) {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }
}
