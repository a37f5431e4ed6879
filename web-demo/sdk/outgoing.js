// @ts-check
/**
 * outgoing - what was sent to peers and has no receipt yet: numbered, kept, sent again where need be, and told of.
 *
 * The home takes our numbers without gaps. What is settled before it was taken
 * (its addressee left, or it was refused for good) leaves a number behind; a
 * broadcast to ourselves, which nobody hears, uses it up. Numbers are never
 * given to another message: an addressee of before a server's death might
 * have seen them.
 */
import { errorOfMessage, errorOfUndelivered } from './errors.js';
import { bytesOf, encodeMessage } from './messages.js';
import { Pace } from './pace.js';
import { Parcel } from './parcel.js';

/** What data may wait for its receipts; negotiation may go on to twice that. */
const MESSAGES_MAX = 2048;
const BYTES_MAX = 4 * 1024 * 1024;
/** `,"got":9007199254740991` */
const GOT_BYTES = 24;

/** @typedef {import('./errors.js').UndeliveredReason} UndeliveredReason */
/** @typedef {import('./messages.js').ErrorMessage} ErrorMessage */

/**
 * @typedef {object} Outlet where messages go, and what is known of those to whom
 * @property {(text: string) => boolean} post sends a JSON object; false without a connection
 * @property {() => Promise<unknown>} ping settles when the server has read everything before it; rejects without a connection
 * @property {() => string} selfId
 * @property {() => string[]} ids of all peers
 * @property {() => boolean} isRebuilding whether some of them may be unknown to the home
 */

/** Each send() is settled once: by receipts, or by an error. */
export class Outgoing {
  #outlet;
  #pace;
  /** @type {Map<number, Parcel>} those that are not settled, in the order of their numbers */
  #parcels = new Map();
  #bytes = 0;
  /** limits.message_bytes, until the welcome says it. */
  #bytesMax = 64 * 1024;
  /** The number that the next message gets. */
  #next = 1;
  /** The number that is to be sent next. */
  #cursor = 1;
  /** The first number of this home's life. */
  #first = 1;
  /** The highest number that the home has certainly taken. */
  #taken = 0;
  /** The last number that was out of order. */
  #gap = 0;
  #isOpen = false;

  /**
   * @param {import('./platform.js').Platform} platform
   * @param {Outlet} outlet
   */
  constructor(platform, outlet) {
    this.#outlet = outlet;
    this.#pace = new Pace(platform, () => outlet.ping(), () => this.#flush());
  }

  /**
   * @param {{type: 'relay', to: string, kind: string, body: unknown} | {type: 'broadcast', body: unknown}} message
   * @returns {Promise<string[]>} the ids of those whose handlers have run
   */
  send(message) {
    return new Promise((resolve, reject) => {
      const to = message.type === 'relay' ? [message.to] : null;
      const spare = GOT_BYTES + (to ? 0 : bytesOf(JSON.stringify(this.#outlet.ids())) + 6);
      const text = encodeMessage({ ...message, seq: this.#next }, this.#bytesMax - spare);
      const share = message.type === 'relay' && message.kind !== 'data' ? 2 : 1;
      const bytes = bytesOf(text);
      if (this.#parcels.size >= MESSAGES_MAX * share || this.#bytes + bytes > BYTES_MAX * share)
        throw errorOfUndelivered('outbox-full', to ?? this.#outlet.ids());
      this.#parcels.set(this.#next, new Parcel(text, bytes + spare, to, resolve, reject));
      this.#bytes += bytes + spare;
      this.#next += 1;
      this.#flush();
    });
  }

  /**
   * There is a connection; the roster is the one that goes with it.
   * @param {import('./messages.js').Welcome} welcome
   */
  begin({ session, accepted = 0, messageBytes }) {
    this.#bytesMax = messageBytes;
    for (const parcel of this.#parcels.values())
      if (parcel.bytes > messageBytes) parcel.refuse(errorOfMessage({ code: 'message_too_large', message: 'The server now takes less.' }));
    this.#sweep();
    if (session !== 'resumed') {
      this.#first = this.#parcels.keys().next().value ?? this.#next;
      this.#taken = this.#first - 1;
    }
    this.#taken = Math.min(Math.max(this.#taken, accepted), this.#next - 1);
    this.#cursor = accepted >= this.#first ? Math.min(accepted + 1, this.#next) : this.#first;
    this.#isOpen = true;
    this.#pace.begin(this.#cursor, session !== 'new' && this.#cursor === this.#first);
    this.#flush();
  }

  /**
   * The home has died. Broadcasts that were sent and not answered are for whom we knew: whoever came after them, unknown to us, may have
   * handled later ones, and would pass them over.
   */
  addressSent() {
    for (const [seq, parcel] of this.#parcels) if (seq < this.#cursor) parcel.address(this.#outlet.ids());
  }

  /** There is no connection: messages wait. */
  pause() {
    this.#isOpen = false;
    this.#pace.close();
  }

  /**
   * The session is over, with everything that has no receipt. Numbers begin anew.
   * @param {UndeliveredReason} reason
   * @param {unknown} [cause]
   */
  end(reason, cause) {
    this.pause();
    for (const parcel of this.#parcels.values()) parcel.refuse(errorOfUndelivered(reason, parcel.missing ?? this.#outlet.ids(), cause));
    this.#sweep();
    this.#next = 1;
  }

  /** @param {number} seq of a broadcast that was taken */
  onOk(seq) {
    this.#parcels.get(seq)?.address(this.#outlet.ids());
    this.#onTaken(seq);
  }

  /** @param {import('./messages.js').Receipt} receipt */
  onReceipt({ from, seq }) {
    for (const [number, parcel] of this.#parcels) {
      if (number > seq) break;
      parcel.reach(from);
    }
    this.#onTaken(seq);
  }

  /** @param {import('./messages.js').Undelivered} message */
  onUndelivered({ peer, first, last, reason }) {
    for (const [number, parcel] of this.#parcels) {
      if (number > last) break;
      if (number >= first) parcel.miss(peer, reason);
    }
    this.#onTaken(last);
  }

  /**
   * What has no receipt of a peer that is gone will never have one: receipts come before.
   * @param {string} id
   * @param {UndeliveredReason} reason
   */
  onGone(id, reason) {
    for (const parcel of this.#parcels.values()) parcel.miss(id, reason);
    this.#sweep();
  }

  /** @param {ErrorMessage & {n?: number}} error with `seq` */
  onError(error) {
    const seq = error.seq ?? 0;
    if (error.code !== 'rate_limited' && error.code !== 'out_of_order') this.#onRefused(seq, error);
    // What comes after one that was refused is refused as well; it was gone back to already.
    else if (seq >= this.#cursor) return;
    else if (error.code === 'rate_limited') this.#goBack(seq, () => this.#pace.slowDown(error.retryAfterMs));
    else this.#onGap(seq);
  }

  /** @param {number} seq */
  #onGap(seq) {
    // Told twice of the same one, more is missing than the refusals that were heard of.
    const from = seq === this.#gap ? this.#taken + 1 : seq;
    this.#gap = seq;
    this.#goBack(from, () => this.#pace.rest());
  }

  /**
   * @param {number} seq
   * @param {ErrorMessage & {n?: number}} error
   */
  #onRefused(seq, error) {
    const parcel = this.#parcels.get(seq);
    const peers = parcel?.missing ?? [];
    if (error.code === 'no_such_peer') parcel?.refuse(errorOfUndelivered('peer-left', peers));
    else if (error.code === 'outbox_full') parcel?.refuse(errorOfUndelivered('outbox-full', peers));
    else parcel?.refuse(errorOfMessage(error));
    this.#sweep();
    if (error.n !== undefined) this.#onTaken(seq);
    else this.#goBack(seq, () => (parcel ? undefined : this.#pace.rest()));
  }

  /**
   * @param {number} seq was not taken, nor what was sent after it
   * @param {() => void} wait
   */
  #goBack(seq, wait) {
    this.#cursor = Math.min(this.#cursor, Math.max(seq, this.#first));
    this.#pace.goBack(this.#cursor);
    wait();
    this.#flush();
  }

  /** @param {number} seq */
  #onTaken(seq) {
    this.#taken = Math.max(this.#taken, Math.min(seq, this.#next - 1));
    this.#pace.onRead(Math.min(this.#taken, this.#cursor - 1));
    this.#sweep();
    this.#flush();
  }

  /** Lets go of what is settled. */
  #sweep() {
    for (const [seq, parcel] of this.#parcels) {
      if (!parcel.isSettled) continue;
      this.#parcels.delete(seq);
      this.#bytes -= parcel.bytes;
    }
  }

  #flush() {
    while (this.#isOpen && this.#cursor < this.#next && this.#pace.may(this.#cursor)) {
      if (!this.#outlet.post(this.#textOf(this.#cursor))) return;
      this.#cursor += 1;
    }
  }

  /** @param {number} seq */
  #textOf(seq) {
    const { ids, isRebuilding, selfId } = this.#outlet;
    return this.#parcels.get(seq)?.text(isRebuilding() ? ids() : null) ?? JSON.stringify({ type: 'broadcast', to: [selfId()], body: 0, seq });
  }
}
