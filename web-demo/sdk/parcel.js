// @ts-check
/** parcel - one message to peers: who has it, who will not get it, and who may still. */
import { errorOfUndelivered } from './errors.js';

/** As many as a broadcast may name: docs/protocol.md, "broadcast". */
const ADDRESSEES_MAX = 1000;

/** @typedef {import('./errors.js').UndeliveredReason} UndeliveredReason */

/** Settled when nobody is left who may still get it. */
export class Parcel {
  /** @readonly */
  bytes;
  isSettled = false;
  #text;
  #isBroadcast;
  /** @type {Set<string> | null} who may still get it; null for a broadcast of which the home has not said that it was taken */
  #waiting;
  /** @type {string[]} */
  #reached = [];
  /** @type {Map<string, UndeliveredReason>} */
  #missed = new Map();
  #resolve;
  #reject;

  /**
   * @param {string} text
   * @param {number} bytes that it may grow to
   * @param {string[] | null} to null: all
   * @param {(reached: string[]) => void} resolve
   * @param {(error: Error) => void} reject
   */
  constructor(text, bytes, to, resolve, reject) {
    this.#text = text;
    this.bytes = bytes;
    this.#isBroadcast = to === null;
    this.#waiting = to && new Set(to);
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Those without proof that they have it; null: not known yet. */
  get missing() {
    return this.#waiting && [...this.#missed.keys(), ...this.#waiting];
  }

  /**
   * What is to be sent now. A broadcast that had addressees goes to those who are left of them.
   * @param {string[] | null} known all peers, if the home may not know them all
   * @returns {string | null} null when nobody is left
   */
  text(known) {
    if (!this.#isBroadcast) return this.#text;
    if (known && known.length > 0) this.address(known.slice(0, ADDRESSEES_MAX));
    if (this.#waiting === null) return this.#text;
    if (this.#waiting.size === 0) return null;
    return `${this.#text.slice(0, -1)},"to":${JSON.stringify([...this.#waiting])}}`;
  }

  /** Says to whom a broadcast goes, once. @param {string[]} ids */
  address(ids) {
    this.#waiting ??= new Set(ids);
    this.#check();
  }

  /** @param {string} id */
  reach(id) {
    if (!this.#waiting?.delete(id)) return;
    this.#reached.push(id);
    this.#check();
  }

  /**
   * @param {string} id
   * @param {UndeliveredReason} reason
   */
  miss(id, reason) {
    if (!this.#waiting?.delete(id)) return;
    this.#missed.set(id, reason);
    this.#check();
  }

  /** @param {Error} error */
  refuse(error) {
    this.isSettled = true;
    this.#reject(error);
  }

  #check() {
    if (this.isSettled || this.#waiting === null || this.#waiting.size > 0) return;
    this.isSettled = true;
    const [reason] = this.#missed.values();
    if (reason) this.#reject(errorOfUndelivered(reason, [...this.#missed.keys()]));
    else this.#resolve(this.#reached);
  }
}
