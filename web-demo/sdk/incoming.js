// @ts-check
/**
 * incoming - how far we have got with what the home says to us, and when it is told so.
 *
 * `got` rides on whatever is sent. By itself it is sent after 16 messages, or
 * 100 ms after one whose sender waits for a receipt. For all other messages
 * nobody waits: that they are handled is told with the next ping at the
 * latest. Were it told at once, each receipt would cost another.
 */
import { Timer } from './timer.js';

/** docs/protocol.md, "Receipts". */
const TELL_MS = 100;
const TELL_COUNT = 16;

/** @typedef {import('./messages.js').Message} Message */

/** Counts by `n`, and passes over by `seq` what a sender sent again because a server died. */
export class Incoming {
  #tell;
  #handled = 0;
  #told = 0;
  /** Messages that were handled and not told yet. */
  #count = 0;
  /** @type {Map<string, number>} the highest number of each sender */
  #heard = new Map();
  #timer;

  /**
   * @param {import('./platform.js').Platform} platform
   * @param {() => void} tell sends a message of no other use, if there is a connection
   */
  constructor(platform, tell) {
    this.#timer = new Timer(platform);
    this.#tell = tell;
  }

  /** The highest `n` that was handled. */
  get got() {
    return this.#handled;
  }

  /** A connection begins; its hello has told `got`. @param {import('./messages.js').Welcome['session']} kind */
  begin(kind) {
    if (kind !== 'resumed') this.#handled = 0;
    if (kind === 'new') this.#heard.clear();
    this.#onTold();
  }

  /**
   * A message counts as handled when `handle` has returned, or thrown.
   * @param {Message} message
   * @param {() => void} handle
   */
  take(message, handle) {
    const { n } = message;
    if (n !== undefined && n <= this.#handled) return;
    try {
      if (this.#isNews(message)) handle();
    } finally {
      if (n !== undefined) this.#onHandled(n, message);
    }
  }

  /** What is added to a message that is being sent. @returns {string} `,"got":17`, or nothing if that was told */
  stamp() {
    if (this.#handled === this.#told) return '';
    this.#onTold();
    return `,"got":${this.#told}`;
  }

  /** Ids do not come again: a peer that left is not heard any more. @param {string} id */
  forget(id) {
    this.#heard.delete(id);
  }

  close() {
    this.#timer.clear();
  }

  /** @param {Message} message */
  #isNews(message) {
    if ((message.type !== 'relay' && message.type !== 'broadcast') || message.seq === undefined) return true;
    if (message.seq <= (this.#heard.get(message.from) ?? 0)) return false;
    this.#heard.set(message.from, message.seq);
    return true;
  }

  /**
   * @param {number} n
   * @param {Message} message
   */
  #onHandled(n, message) {
    this.#handled = n;
    this.#count += 1;
    const isAwaited = (message.type === 'relay' || message.type === 'broadcast') && message.seq !== undefined;
    if (this.#count >= TELL_COUNT) this.#tell();
    else if (isAwaited && !this.#timer.isSet) this.#timer.in(TELL_MS, this.#tell);
  }

  #onTold() {
    this.#told = this.#handled;
    this.#count = 0;
    this.#timer.clear();
  }
}
