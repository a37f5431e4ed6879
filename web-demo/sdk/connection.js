// @ts-check
/** connection - one WebSocket: opens, numbers requests, matches replies, notices when the server is silent. */
import { ParleyError, errorOfClose, errorOfMessage } from './errors.js';
import { decodeMessage, encodeMessage } from './messages.js';

const SUBPROTOCOL = 'parley.v1';
const OPEN_TIMEOUT_MS = 10_000;
const PONG_TIMEOUT_MS = 10_000;
const NOT_OPENED =
  "The server cannot be reached: it is down, or the origin of this page is not in its server.allowed_origins (browsers do not say which).";
/** Not an IANA code: a close frame from a page may carry 1000 or 3000-4999 only. */
const CLOSE_SILENT = 4002;

/**
 * @typedef {object} Closed
 * @property {number} code the WebSocket close code
 * @property {ParleyError} error the server's last error, or what the code means
 * @property {import('./messages.js').Bye | null} bye
 */

/**
 * @typedef {object} Handlers
 * @property {(message: import('./messages.js').Message) => void} onMessage everything but replies; `welcome` too
 * @property {(error: ParleyError) => void} onInvalid a message that had to be dropped
 * @property {(closed: Closed) => void} onClose once, also when it never opened
 */

/** @typedef {{resolve: (reply: import('./messages.js').Message) => void, reject: (error: ParleyError) => void}} Waiting */

/** A WebSocket of parley.v1, from opening to closing; it is not used again. */
export class Connection {
  #platform;
  #handlers;
  #socket;
  #nextId = 1;
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();
  /** @type {ParleyError | null} */
  #lastError = null;
  /** @type {import('./messages.js').Bye | null} */
  #bye = null;
  /** @type {any} */
  #timer;
  #hasOpened = false;
  #isClosed = false;

  /**
   * Throws what the WebSocket constructor throws: a bad URL, or ws: on an https: page.
   * @param {string} url
   * @param {import('./platform.js').Platform} platform
   * @param {Handlers} handlers
   * @param {() => void} onOpen
   */
  constructor(url, platform, handlers, onOpen) {
    this.#platform = platform;
    this.#handlers = handlers;
    this.#socket = new platform.WebSocket(url, SUBPROTOCOL);
    this.#socket.onopen = () => {
      this.#hasOpened = true;
      this.#platform.clearTimeout(this.#timer);
      onOpen();
    };
    this.#socket.onmessage = (event) => this.#onText(event.data);
    this.#socket.onclose = (event) => this.#onClose(event.code, event.reason);
    this.#timer = platform.setTimeout(() => this.#abandon(1006), OPEN_TIMEOUT_MS);
  }

  /**
   * Sends a message and waits for its reply.
   * @param {Record<string, unknown>} message without `id`
   * @returns {Promise<import('./messages.js').Message>} rejects with the server's error, or when the connection ends first
   */
  request(message) {
    return new Promise((resolve, reject) => {
      if (this.#isClosed || this.#socket.readyState !== 1)
        throw new ParleyError('unreachable', 'There is no connection to the server at the moment.');
      const id = this.#nextId++;
      this.#socket.send(encodeMessage({ ...message, id }));
      this.#waiting.set(id, { resolve, reject });
    });
  }

  /**
   * Asks for a sign of life from now on.
   * @param {number} intervalS
   */
  keepAlive(intervalS) {
    this.#timer = this.#platform.setTimeout(() => {
      const alarm = this.#platform.setTimeout(() => this.#abandon(CLOSE_SILENT), PONG_TIMEOUT_MS);
      this.#timer = alarm;
      this.request({ type: 'ping' }).then(
        () => {
          this.#platform.clearTimeout(alarm);
          if (!this.#isClosed) this.keepAlive(intervalS);
        },
        () => this.#platform.clearTimeout(alarm),
      );
    }, intervalS * 1000);
  }

  /** Says goodbye and closes. onClose is not called any more. */
  leave() {
    if (this.#isClosed) return;
    if (this.#socket.readyState === 1) this.#socket.send(encodeMessage({ type: 'leave' }));
    this.#shut(new ParleyError('aborted', 'You left.'));
    this.#socket.close(1000);
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
    const waiting = 're' in message && message.re !== undefined ? this.#waiting.get(message.re) : undefined;
    if (waiting) this.#settle(waiting, message);
    if (!waiting || message.type === 'welcome') this.#handlers.onMessage(message);
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
  #abandon(code) {
    this.#socket.close(code === CLOSE_SILENT ? CLOSE_SILENT : undefined);
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
    this.#platform.clearTimeout(this.#timer);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }
}
