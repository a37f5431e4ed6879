// @ts-check
/**
 * delivery - what is promised about messages between peers, both halves of it (docs/protocol.md, "Receipts").
 *
 * What is sent either reaches the addressee's handler, once and in order, or
 * its sender is told why not.
 */
import { ParleyError, errorOfUndelivered } from './errors.js';
import { Incoming } from './incoming.js';
import { Outgoing } from './outgoing.js';

/** @typedef {import('./errors.js').UndeliveredReason} UndeliveredReason */
/** @typedef {import('./messages.js').Message} Message */

/** Why what was sent to a peer is lost, by the reason of its peer-left: the home has told of most by then. */
const REASONS = new Map(/** @type {[string, UndeliveredReason][]} */ ([
  ['kicked', 'kicked'],
  ['lost', 'expired'],
  ['timeout', 'expired'],
  ['slow', 'expired'],
  ['shutdown', 'expired'],
]));

/** Stands between the session and those who send and handle. */
export class Delivery {
  #incoming;
  #outgoing;
  #outlet;
  #apply;
  #platform;
  /** @type {Message[] | null} what came before the application could have handlers; null: it can */
  #early = [];
  #hasEnded = false;
  #wasLeft = false;

  /**
   * @param {import('./platform.js').Platform} platform
   * @param {import('./outgoing.js').Outlet} outlet
   * @param {(message: Message) => void} apply is given each message that is not about delivery, once
   */
  constructor(platform, outlet, apply) {
    this.#platform = platform;
    this.#outlet = outlet;
    this.#apply = apply;
    this.#incoming = new Incoming(platform, () => void outlet.post('{"type":"receipt"}'));
    this.#outgoing = new Outgoing(platform, outlet);
  }

  /** The highest `n` that was handled: for hello. */
  get got() {
    return this.#incoming.got;
  }

  /** What the connection adds to each message that it sends. */
  stamp() {
    return this.#incoming.stamp();
  }

  /**
   * @param {string} to
   * @param {'offer' | 'answer' | 'candidate' | 'data'} kind
   * @param {unknown} body
   * @returns {Promise<string[]>}
   */
  async relay(to, kind, body) {
    this.#check(body);
    if (typeof to !== 'string') throw new ParleyError('bad_message', 'The addressee is one peer, or the id of one.', { field: 'to' });
    if (!this.#outlet.ids().includes(to)) throw errorOfUndelivered('peer-left', [to]);
    return this.#outgoing.send({ type: 'relay', to, kind, body });
  }

  /**
   * @param {unknown} body
   * @returns {Promise<string[]>}
   */
  async broadcast(body) {
    this.#check(body);
    return this.#outgoing.send({ type: 'broadcast', body });
  }

  /**
   * There is a connection.
   * @param {import('./messages.js').Welcome} welcome
   * @param {() => void} setRoster takes the roster of it
   * @param {number} count of the welcomes over this connection
   */
  begin(welcome, setRoster, count) {
    if (welcome.session === 'new') this.#outgoing.end('expired');
    // Not handled and so not receipted: it comes again, with another number if the home is another.
    if (this.#early) this.#early = [];
    this.#incoming.begin(welcome.session);
    // What was sent before the answer to another welcome was meant for the former home, and is passed over there.
    const answer = count > 1 ? `,"welcome":${count}` : '';
    // Using the new connection spends the former ticket: an attempt that was given up, and still is on its way, fails then.
    if (welcome.session !== 'new') this.#outlet.post(`{"type":"receipt","got":${this.got}${answer}}`);
    if (welcome.session === 'rebuilt') this.#outgoing.addressSent();
    setRoster();
    this.#outgoing.begin(welcome);
    // Not before those who wait for join() have run: what nobody handles would count as handled.
    if (this.#early) this.#platform.setTimeout(() => this.#handOutEarly(), 0);
  }

  /** There is no connection. */
  pause() {
    this.#outgoing.pause();
  }

  /** @param {Message} message */
  take(message) {
    if (this.#early) this.#early.push(message);
    else this.#incoming.take(message, () => this.#handle(message));
  }

  /**
   * @param {string} id
   * @param {string} reason of its peer-left
   */
  onGone(id, reason) {
    this.#outgoing.onGone(id, REASONS.get(reason) ?? 'peer-left');
    this.#incoming.forget(id);
  }

  /**
   * The call has ended.
   * @param {UndeliveredReason} reason
   * @param {unknown} cause null: it was left
   */
  end(reason, cause) {
    this.#hasEnded = true;
    this.#wasLeft = cause === null;
    this.#outgoing.end(reason, cause);
    this.#incoming.close();
  }

  #handOutEarly() {
    const early = this.#early ?? [];
    this.#early = null;
    if (!this.#hasEnded) for (const message of early) this.take(message);
  }

  /** @param {unknown} body */
  #check(body) {
    if (body === undefined || typeof body === 'function' || typeof body === 'symbol')
      throw new ParleyError('bad_message', 'There is nothing to send.', { field: 'body' });
    if (this.#wasLeft) throw new ParleyError('aborted', 'You left the call.');
    if (this.#hasEnded) throw errorOfUndelivered('expired', this.#outlet.ids());
  }

  /** @param {Message} message */
  #handle(message) {
    const out = this.#outgoing;
    if (message.type === 'receipt') out.onReceipt(message);
    else if (message.type === 'undelivered') out.onUndelivered(message);
    else if (message.type === 'ok' && message.seq) out.onOk(message.seq);
    else if (message.type === 'error' && message.seq) out.onError(message);
    else this.#apply(message);
  }
}
