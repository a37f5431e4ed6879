// @ts-check
/** call - a call: who is in it, what is sent and received, and how it ends. */
import { Emitter } from './emitter.js';
import { ParleyError, errorOfMessage, isClosing } from './errors.js';
import { LocalMedia, SOURCES } from './local_media.js';
import { rtcIceServers } from './messages.js';
import { Peer } from './peer.js';
import { Roster } from './roster.js';
import { Session } from './session.js';

/** @typedef {import('./local_media.js').Source} Source */
/** @typedef {import('./local_media.js').Wish} Wish */

/**
 * @typedef {object} CallEvents
 * @property {Peer} peer-joined
 * @property {{peer: Peer, reason: string}} peer-left `reason` as in docs/protocol.md; `shutdown` comes only when the media end too
 * @property {Peer} peer-updated name, attributes or media changed
 * @property {{peer: Peer, source: Source, track: MediaStreamTrack, stream: MediaStream}} track
 * @property {{peer: Peer, source: Source}} track-removed
 * @property {{peer: Peer, data: any, isBroadcast: boolean}} data
 * @property {import('./session.js').State} state
 * @property {{code: string, reason: string, error: ParleyError | null}} ended `left` after leave(); else the code of the error
 * @property {{peer: Peer, state: RTCPeerConnectionState}} ice
 * @property {Peer} self-updated one's own name or media changed
 * @property {ParleyError} warning something was dropped or refused; the call goes on
 */

/**
 * @typedef {object} CallOptions
 * @property {() => Promise<string>} token
 * @property {string} [name]
 * @property {Record<string, string>} [attributes]
 * @property {string} [region]
 * @property {RTCIceTransportPolicy} [iceTransportPolicy]
 */

/**
 * A stay in a room, made by join().
 * @extends {Emitter<CallEvents>}
 */
export class Call extends Emitter {
  #options;
  #local;
  #session;
  #roster;
  /** @type {Peer | null} */
  #self = null;
  #room = '';
  /** @type {{resolve: (call: Call) => void, reject: (error: ParleyError) => void} | null} */
  #joining = null;
  #hasEnded = false;

  /**
   * Use join() of parley.js.
   * @param {string} url
   * @param {CallOptions} options
   * @param {import('./platform.js').Platform} platform
   */
  constructor(url, options, platform) {
    super();
    this.#options = options;
    this.#local = new LocalMedia(platform, (source) => void this.#onLocalChange(source));
    this.#roster = new Roster(this, platform, this.#local, (message) => this.#session.request(message));
    this.#session = new Session(url, platform, {
      hello: () => this.#hello(),
      onWelcome: (message) => this.#onWelcome(message),
      onMessage: (message) => this.#onMessage(message),
      onInvalid: (error) => this.emit('warning', error),
      onState: (state) => this.emit('state', state),
      onEnd: (error) => this.#end(error.code, error.message, error),
    });
  }

  /** The other peers, by id, in the order of joining. @returns {ReadonlyMap<string, Peer>} */
  get peers() {
    return this.#roster.peers;
  }

  /** Oneself; `streams` hold what is sent. */
  get self() {
    if (!this.#self) throw new ParleyError('protocol', 'Not joined yet.');
    return this.#self;
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
   * Sends any JSON value to one peer, or to all others.
   * @param {unknown} data
   * @param {{to?: string | Peer}} [options]
   * @returns {Promise<void>} when the server has taken it
   * @throws {ParleyError} `unreachable`, `not_permitted`, `no_such_peer`, `rate_limited`, `outbox_full`, `bad_message` ...
   */
  async send(data, { to } = {}) {
    if (data === undefined) throw new ParleyError('bad_message', 'There is nothing to send.');
    const id = to instanceof Peer ? to.id : to;
    await this.#session.request(id === undefined ? { type: 'broadcast', body: data } : { type: 'relay', to: id, kind: 'data', body: data });
  }

  /**
   * Changes one's name or attributes; an empty attribute is removed.
   * @param {{name?: string, attributes?: Record<string, string>}} change
   */
  async update({ name, attributes }) {
    await this.#session.request({ type: 'update', name, attributes });
    if (name !== undefined) this.#options.name = name;
    this.#options.attributes = { ...this.#options.attributes, ...attributes };
    const merged = Object.entries({ ...this.self.attributes, ...attributes }).filter(([, value]) => value !== '');
    const plain = Object.freeze(Object.assign(Object.create(null), Object.fromEntries(merged)));
    this.#setSelf({ name: name ?? this.self.name, attributes: plain });
  }

  /** Figures of every peer: candidate types, frames decoded, packets. @returns {Promise<Map<string, import('./stats.js').PeerStats>>} */
  getStats() {
    return this.#roster.getStats();
  }

  /** Leaves the call for good. */
  leave() {
    this.#end('left', 'You left the call.', null);
  }

  async #hello() {
    const { token, name, attributes, region } = this.#options;
    return { token: await token(), name, attributes, region, media: this.#local.state };
  }

  /** @param {import('./messages.js').Welcome} message */
  #onWelcome(message) {
    const former = this.#self?.id;
    this.#room = message.room;
    this.#self ??= new Peer(message.self, this.#local.streams);
    this.#self.setInfo(message.self);
    this.#roster.setConfiguration(this.#config(message.iceServers));
    // The server may not have noticed yet that the former connection is gone: that peer is ourselves.
    const others = message.peers.filter(({ peer }) => peer.id !== former);
    this.#roster.replace(others, former === undefined);
    this.#joining?.resolve(this);
    this.#joining = null;
    // A source may have been switched between hello and welcome.
    if (SOURCES.some((source) => message.self.media[source] !== this.#local.state[source])) void this.#tellMedia();
  }

  /** @param {import('./messages.js').Message} message */
  #onMessage(message) {
    if (message.type === 'ice-servers') this.#roster.setConfiguration(this.#config(message.iceServers));
    else if (message.type === 'error') this.#warn(errorOfMessage(message));
    else this.#roster.take(message);
  }

  /** @param {import('./messages.js').Welcome['iceServers']} servers */
  #config(servers) {
    return { iceServers: rtcIceServers(servers), iceTransportPolicy: this.#options.iceTransportPolicy ?? 'all' };
  }

  /** @param {Source} source */
  async #onLocalChange(source) {
    await this.#roster.refresh(source);
    if (this.state === 'joined') await this.#tellMedia();
  }

  async #tellMedia() {
    const media = this.#local.state;
    this.#setSelf({ media });
    try {
      await this.#session.request({ type: 'update', media });
    } catch (error) {
      // Without a connection the next hello tells.
      if (error instanceof ParleyError && error.code !== 'unreachable') this.#warn(error);
    }
  }

  /** @param {ParleyError} error */
  #warn(error) {
    if (!isClosing(error.code)) this.emit('warning', error);
  }

  /** @param {Partial<import('./messages.js').PeerInfo>} change */
  #setSelf(change) {
    const { id, identity, name, metadata, attributes, media } = this.self;
    this.self.setInfo({ id, identity, name, metadata, attributes, media, ...change });
    this.emit('self-updated', this.self);
  }

  /**
   * @param {string} code
   * @param {string} reason
   * @param {ParleyError | null} error
   */
  #end(code, reason, error) {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#session.leave();
    this.#roster.close();
    this.#local.close();
    this.#joining?.reject(error ?? new ParleyError('aborted', reason));
    this.#joining = null;
    this.emit('ended', { code, reason, error });
  }
}
