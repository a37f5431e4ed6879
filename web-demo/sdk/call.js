// @ts-check
/** call - a call: who is in it, what is sent and received, and how it ends. */
import { Delivery } from './delivery.js';
import { Emitter } from './emitter.js';
import { ParleyError, errorOfMessage, isClosing } from './errors.js';
import { LocalMedia, SOURCES } from './local_media.js';
import { linkConfig } from './messages.js';
import { Peer } from './peer.js';
import { Presence } from './presence.js';
import { Refresher } from './refresher.js';
import { patient } from './retry.js';
import { Roster } from './roster.js';
import { Session } from './session.js';

/** @typedef {import('./events.js').CallEvents} CallEvents */
/** @typedef {import('./local_media.js').Source} Source */
/** @typedef {import('./local_media.js').Wish} Wish */
/** @typedef {Pick<import('./parley.js').JoinOptions, 'name' | 'attributes' | 'region' | 'iceTransportPolicy'>} Wishes */

/**
 * A stay in a room, made by join().
 * @extends {Emitter<CallEvents>}
 */
export class Call extends Emitter {
  #options;
  #local;
  #session;
  #delivery;
  #roster;
  #refresher;
  #platform;
  /** @type {(() => void) | undefined} */
  #unwatch;
  #presence;
  #room = '';
  /** @type {{resolve: (call: Call) => void, reject: (error: ParleyError) => void} | null} */
  #joining = null;
  #hasEnded = false;

  /**
   * Use join() of parley.js.
   * @param {string} url
   * @param {Wishes & {tokens: import('./token.js').Tokens}} options
   * @param {import('./platform.js').Platform} platform
   */
  constructor(url, options, platform) {
    super();
    this.#options = options;
    this.#platform = platform;
    this.#local = new LocalMedia(platform, (source) => void this.#onLocalChange(source));
    const request = patient(platform, (message) => this.#session.request(message));
    const onError = (/** @type {unknown} */ error) => this.#warn(error);
    this.#presence = new Presence(options, this.#local, { request, onError, onChange: (self) => this.emit('self-updated', self) });
    const outlet = {
      post: (/** @type {string} */ text) => this.#session.post(text),
      ping: () => this.#session.request({ type: 'ping' }),
      selfId: () => this.self.id,
      ids: () => [...this.peers.keys()],
      isRebuilding: () => this.#roster.isRebuilding,
    };
    this.#delivery = new Delivery(platform, outlet, (message) => this.#roster.take(message));
    this.#roster = new Roster(this, platform, this.#local, this.#delivery);
    this.#refresher = new Refresher(platform, options.tokens, request, (error) => this.emit('warning', error));
    this.#session = new Session(url, platform, {
      hello: (ticket) => this.#hello(ticket),
      onWelcome: (welcome, count, reason) => this.#onWelcome(welcome, count, reason),
      onMessage: (message) => this.#onMessage(message),
      onInvalid: (error) => this.emit('warning', error),
      onState: (state) => this.#onState(state),
      onEnd: (error) => this.#end(error.code, error.message, error),
      stamp: () => this.#delivery.stamp(),
      mayRenew: options.tokens.isRenewable,
    });
  }

  /** The other peers, by id, in the order of joining. @returns {ReadonlyMap<string, Peer>} */
  get peers() {
    return this.#roster.peers;
  }

  /** Oneself; `streams` hold what is sent. */
  get self() {
    const { self } = this.#presence;
    if (!self) throw new ParleyError('protocol', 'Not joined yet.');
    return self;
  }

  get state() {
    return this.#session.state;
  }

  get room() {
    return this.#room;
  }

  /**
   * For join(): opens the media, then the session.
   * @param {Partial<Record<Source, Wish>>} media
   * @returns {Promise<Call>}
   */
  async start(media) {
    try {
      for (const source of SOURCES) await this.#local.set(source, media[source] ?? false);
    } catch (error) {
      this.#local.close();
      throw error;
    }
    this.#unwatch = this.#platform.watch?.({ onNetwork: () => this.#session.reconnect(), onWake: () => this.#session.wake() });
    return new Promise((resolve, reject) => {
      this.#joining = { resolve, reject };
      void this.#session.start();
    });
  }

  /**
   * Mutes or unmutes. Off keeps the microphone open and sends silence.
   * @param {Wish} wish
   * @throws {ParleyError} `media_denied`, `media_missing`, `media_busy`, `insecure_context`
   */
  setMic(wish) {
    return this.#local.set('mic', wish);
  }

  /** Off lets go of a camera that the SDK opened. @param {Wish} wish */
  setCamera(wish) {
    return this.#local.set('camera', wish);
  }

  /** @param {Wish} wish */
  setScreen(wish) {
    return this.#local.set('screen', wish);
  }

  /**
   * Sends any JSON value to one peer, or to all others who are in the room when the server takes it. Each gets it once, in
   * the order of sending, or the promise rejects. While there is no connection it waits.
   * @param {unknown} data
   * @param {{to?: string | Peer}} [options]
   * @returns {Promise<string[]>} when the handlers of all addressees have run: the ids of those
   * @throws {ParleyError} `undelivered` with `reason` (`peer-left`, `expired`, `outbox-full`, `kicked`) and `peers`, the ids of those who
   *   did not tell that they have it; `aborted` after leave(); else `not_permitted`, `bad_message`, `message_too_large`
   */
  async send(data, { to } = {}) {
    return to === undefined ? this.#delivery.broadcast(data) : this.#delivery.relay(to instanceof Peer ? to.id : to, 'data', data);
  }

  /**
   * Changes one's name or attributes; an empty attribute is removed.
   * @param {{name?: string, attributes?: Record<string, string>}} change
   * @returns {Promise<void>} when the server has taken it
   * @throws {ParleyError} `unreachable` while there is no connection, `not_permitted`, `bad_message` ...
   */
  update(change) {
    return this.#presence.update(change);
  }

  /** Figures of every peer: candidate types, frames decoded, packets. @returns {Promise<Map<string, import('./stats.js').PeerStats>>} */
  getStats() {
    return this.#roster.getStats();
  }

  /** Goes over to a new connection at once: for an application that knows of a change of network. Nothing is lost by it. */
  reconnect() {
    this.#session.reconnect();
  }

  /** Leaves the call for good. */
  leave() {
    this.#end('left', 'You left the call.', null);
  }

  /** @param {string | null} ticket */
  async #hello(ticket) {
    const { tokens, region } = this.#options;
    const wishes = () => ({ receipts: true, region, ...this.#presence.wishes });
    if (ticket !== null) return { ticket, got: this.#delivery.got, ...wishes() };
    const token = await tokens.take();
    if (!this.#hasEnded) this.#refresher.watch(token);
    return { token, ...wishes() };
  }

  /** @param {import('./session.js').State} state */
  #onState(state) {
    if (state === 'joined') this.hold();
    if (state === 'reconnecting') this.#delivery.pause();
    this.emit('state', state);
    if (state === 'reconnecting') this.emit('reconnecting', {});
  }

  /** @type {import('./session.js').SessionHooks['onWelcome']} */
  #onWelcome(welcome, count, reason) {
    const former = this.#presence.self?.id;
    const isRebuilt = welcome.session === 'rebuilt';
    this.hold();
    this.#room = welcome.room;
    this.#presence.begin(welcome.self, isRebuilt && count > 1);
    this.#roster.setConfiguration(linkConfig(welcome, this.#options));
    // That a home has moved with all that it had is nobody's business.
    if (isRebuilt || (welcome.session === 'resumed' && count === 1)) this.emit('resumed', { rebuilt: isRebuilt });
    else if (welcome.session === 'new' && former !== undefined) this.emit('rejoined', { reason: reason || 'session_ended' });
    this.#delivery.begin(welcome, () => this.#setRoster(welcome, former), count);
    // A source may have been switched between hello and welcome.
    void this.#presence.tell(welcome.self);
    this.#joining?.resolve(this);
    this.release();
  }

  /** @type {(welcome: import('./messages.js').Welcome, former: string | undefined) => void} */
  #setRoster({ session, peers }, former) {
    // Of a session that is resumed nothing is taken: what was missed follows, one by one.
    // The server may not have noticed yet that the former session is gone: that peer is ourselves.
    if (session === 'new') this.#roster.replace(peers.filter(({ peer }) => peer.id !== former), former === undefined);
    if (session === 'rebuilt') this.#roster.rebuild(peers);
  }

  /** @type {import('./session.js').SessionHooks['onMessage']} */
  #onMessage(message) {
    this.#delivery.take(message);
    if (message.type === 'ice-servers') this.#roster.setConfiguration(linkConfig(message, this.#options));
    else if (message.type === 'error' && !message.seq && message.re === undefined) this.#warn(errorOfMessage(message));
  }

  /** @param {Source} source */
  async #onLocalChange(source) {
    await this.#roster.refresh(source);
    if (this.state === 'joined') await this.#presence.tell();
  }

  /** @param {unknown} cause */
  #warn(cause) {
    const error = cause instanceof ParleyError ? cause : new ParleyError('protocol', String(cause), { cause });
    if (!isClosing(error.code)) this.emit('warning', error);
  }

  /** @type {(code: string, reason: string, error: ParleyError | null) => void} */
  #end(code, reason, error) {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.forget();
    this.#unwatch?.();
    this.#refresher.close();
    this.#session.leave();
    this.#delivery.end(code === 'kicked' ? 'kicked' : 'expired', error);
    this.#roster.close();
    this.#local.close();
    this.#joining?.reject(error ?? new ParleyError('aborted', reason));
    this.emit('ended', { code, reason, error });
  }
}
