// @ts-check
/** roster - the other peers of the room, and the link to each of them. */
import { Courier } from './courier.js';
import { ParleyError } from './errors.js';
import { Link } from './link.js';
import { Peer } from './peer.js';
import { readStats } from './stats.js';

/** @typedef {import('./local_media.js').Source} Source */
/** @typedef {import('./messages.js').PeerInfo} PeerInfo */
/** @typedef {import('./messages.js').Welcome['peers'][number]} Entry */

/** Keeps peers and links in step with what the server says. */
export class Roster {
  /** @type {Map<string, Peer>} */
  peers = new Map();
  /** @type {Map<string, Link>} */
  #links = new Map();
  /** @type {Set<string>} peers that the home of a rebuilt room has not seen yet */
  #missing = new Set();
  /** @type {import('./link.js').LinkConfig} */
  #config = {};
  #call;
  #platform;
  #local;
  #delivery;
  #courier;

  /**
   * @param {import('./emitter.js').Emitter<import('./events.js').CallEvents>} call whose events are emitted
   * @param {import('./platform.js').Platform} platform
   * @param {import('./local_media.js').LocalMedia} local
   * @param {{relay: import('./delivery.js').Delivery['relay'], onGone: import('./delivery.js').Delivery['onGone']}} delivery
   */
  constructor(call, platform, local, delivery) {
    this.#call = call;
    this.#platform = platform;
    this.#local = local;
    this.#delivery = delivery;
    this.#courier = new Courier(platform, delivery, (id) => this.#links.get(id), (error) => this.#warn(error));
  }

  /** Whether there are peers whom the home may not know, until it says `roster`. */
  get isRebuilding() {
    return this.#missing.size > 0;
  }

  /** Fresh ICE servers; running connections use them at their next restart. @param {import('./link.js').LinkConfig} config */
  setConfiguration(config) {
    this.#config = config;
    for (const link of this.#links.values()) {
      try {
        link.setConfiguration(config);
      } catch (error) {
        this.#warn(error);
      }
    }
  }

  /**
   * Takes the roster of a new session. Every link is made anew: to the others we are a new peer.
   * @param {Entry[]} entries
   * @param {boolean} isQuiet the first roster is read from `peers`, not told as events
   */
  replace(entries, isQuiet) {
    const ids = new Set(entries.map(({ peer }) => peer.id));
    for (const id of [...this.peers.keys()]) if (!ids.has(id)) this.#remove(id, 'lost');
    this.#missing.clear();
    for (const { peer, polite, away } of entries) {
      this.#links.get(peer.id)?.close();
      this.#links.delete(peer.id);
      this.#add(peer, polite, isQuiet);
      this.#setAway(peer.id, away, isQuiet);
    }
  }

  /**
   * Takes the roster of a home that was rebuilt. Links go on; who is not in it is away, and may come back.
   * @param {Entry[]} entries
   */
  rebuild(entries) {
    const ids = new Set(entries.map(({ peer }) => peer.id));
    this.#missing = new Set([...this.peers.keys()].filter((id) => !ids.has(id)));
    for (const id of this.#missing) this.#setAway(id, true);
    for (const { peer, polite, away } of entries) {
      this.#add(peer, polite, false);
      this.#setAway(peer.id, away);
    }
  }

  /** @param {import('./messages.js').Message} message */
  take(message) {
    if (message.type === 'relay') this.#onRelay(message);
    else if (message.type === 'broadcast') this.#onData(message.from, message.body, true);
    else if (message.type === 'peer-joined' || message.type === 'peer-back') this.#onPresent(message.peer, message.polite);
    else if (message.type === 'peer-away') this.#setAway(message.peer, true);
    else if (message.type === 'peer-left') this.#remove(message.peer, message.reason);
    else if (message.type === 'peer-updated') this.#update(message.peer);
    else if (message.type === 'roster') this.#settle(new Set(message.peers));
  }

  /** Sends the track that the source has now to everybody. @param {Source} source */
  async refresh(source) {
    await Promise.all([...this.#links.values()].map((link) => link.refresh(source).catch((error) => this.#warn(error))));
  }

  /** @returns {Promise<Map<string, import('./stats.js').PeerStats>>} */
  async getStats() {
    const entries = [...this.#links].map(async ([id, link]) => /** @type {const} */ ([id, await readStats(link.pc)]));
    return new Map(await Promise.all(entries));
  }

  close() {
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    this.peers.clear();
  }

  /**
   * A peer that is known keeps its link.
   * @param {PeerInfo} info
   * @param {boolean} polite
   * @param {boolean} isQuiet
   */
  #add(info, polite, isQuiet) {
    const known = this.peers.get(info.id);
    const streams = () => Object.freeze({ main: new this.#platform.MediaStream(), screen: new this.#platform.MediaStream() });
    const peer = known ?? new Peer(info, streams());
    this.peers.set(info.id, peer);
    if (known) this.#update(info);
    else if (!isQuiet) this.#call.emit('peer-joined', peer);
    if (!this.#links.has(info.id)) this.#links.set(info.id, this.#open(peer, polite, this.#config));
  }

  /**
   * @param {PeerInfo} info
   * @param {boolean} polite
   */
  #onPresent(info, polite) {
    this.#missing.delete(info.id);
    this.#add(info, polite, false);
    this.#setAway(info.id, false);
  }

  /**
   * @param {Peer} peer
   * @param {boolean} polite
   * @param {import('./link.js').LinkConfig} config
   * @returns {Link}
   */
  #open(peer, polite, config) {
    return new Link(config, polite, peer.media, this.#local, this.#platform, {
      send: (kind, body) => void this.#courier.send(peer.id, kind, body),
      onTrack: (source, track) => this.#onTrack(peer, source, track),
      onState: (state) => {
        peer.connectionState = state;
        this.#call.emit('ice', { peer, state });
      },
      onError: (error) => this.#warn(error),
    });
  }

  /**
   * @param {string} id
   * @param {string} reason
   */
  #remove(id, reason) {
    this.#missing.delete(id);
    const peer = this.peers.get(id);
    if (!peer) return;
    this.#links.get(id)?.close();
    this.#links.delete(id);
    this.peers.delete(id);
    peer.connectionState = 'closed';
    this.#delivery.onGone(id, reason);
    this.#call.emit('peer-left', { peer, reason });
  }

  /** Who is not in the room when its grace time is over has left. @param {Set<string>} ids */
  #settle(ids) {
    for (const id of [...this.peers.keys()]) if (!ids.has(id)) this.#remove(id, 'lost');
    this.#missing.clear();
  }

  /**
   * @param {string} id
   * @param {boolean} isAway
   * @param {boolean} [isQuiet]
   */
  #setAway(id, isAway, isQuiet = false) {
    const peer = this.peers.get(id);
    if (!peer || peer.isAway === isAway) return;
    peer.isAway = isAway;
    if (!isQuiet) this.#call.emit(isAway ? 'peer-away' : 'peer-back', peer);
  }

  /** @param {PeerInfo} info */
  #update(info) {
    const peer = this.peers.get(info.id);
    if (!peer || !peer.setInfo(info)) return;
    this.#links.get(info.id)?.setMedia(info.media);
    this.#call.emit('peer-updated', peer);
  }

  /** @param {import('./messages.js').Relay} message */
  #onRelay({ from, kind, body }) {
    if (kind === 'data') this.#onData(from, body, false);
    else void this.#links.get(from)?.receive(kind, body);
  }

  /**
   * @param {string} from
   * @param {any} data
   * @param {boolean} isBroadcast
   */
  #onData(from, data, isBroadcast) {
    const peer = this.peers.get(from);
    if (peer) this.#call.emit('data', { peer, data, isBroadcast });
  }

  /**
   * @param {Peer} peer
   * @param {Source} source
   * @param {MediaStreamTrack | null} track
   */
  #onTrack(peer, source, track) {
    peer.setTrack(source, track);
    const stream = source === 'screen' ? peer.streams.screen : peer.streams.main;
    if (track) this.#call.emit('track', { peer, source, track, stream });
    else this.#call.emit('track-removed', { peer, source });
  }

  /** @param {unknown} cause */
  #warn(cause) {
    this.#call.emit('warning', cause instanceof ParleyError ? cause : new ParleyError('protocol', String(cause), { cause }));
  }
}
