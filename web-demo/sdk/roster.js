// @ts-check
/** roster - the other peers of the room, and the link to each of them. */
import { ParleyError, isClosing } from './errors.js';
import { Link } from './link.js';
import { Peer } from './peer.js';
import { readStats } from './stats.js';

/** When the server did not say how long to wait. */
const RESEND_MS = 1000;
const RESENDS_MAX = 5;

/** @typedef {import('./local_media.js').Source} Source */
/** @typedef {'offer' | 'answer' | 'candidate'} Kind */

/** Keeps peers and links in step with what the server says. */
export class Roster {
  /** @type {Map<string, Peer>} */
  peers = new Map();
  /** @type {Map<string, Link>} */
  #links = new Map();
  /** @type {Set<string>} peers whose server stops: they are expected back, and their media goes on until then */
  #held = new Set();
  /** @type {RTCConfiguration} */
  #config = {};
  #call;
  #platform;
  #local;
  #request;

  /**
   * @param {import('./emitter.js').Emitter<import('./call.js').CallEvents>} call whose events are emitted
   * @param {import('./platform.js').Platform} platform
   * @param {import('./local_media.js').LocalMedia} local
   * @param {(message: Record<string, unknown>) => Promise<unknown>} request
   */
  constructor(call, platform, local, request) {
    this.#call = call;
    this.#platform = platform;
    this.#local = local;
    this.#request = request;
  }

  /** Fresh ICE servers; running connections use them at their next restart. @param {RTCConfiguration} config */
  setConfiguration(config) {
    this.#config = config;
    for (const link of this.#links.values()) this.#guard(() => link.setConfiguration(config));
  }

  /**
   * Takes the roster of a welcome. Every link is made anew: to the others we are a new peer.
   * @param {import('./messages.js').Welcome['peers']} entries
   * @param {boolean} isQuiet the first roster is read from `peers`, not told as events
   */
  replace(entries, isQuiet) {
    const ids = new Set(entries.map(({ peer }) => peer.id));
    for (const id of [...this.peers.keys()]) if (!ids.has(id)) this.#remove(id, this.#held.has(id) ? 'shutdown' : 'lost');
    this.#held.clear();
    for (const { peer, polite } of entries) {
      this.#links.get(peer.id)?.close();
      this.#add(peer, polite, isQuiet);
    }
  }

  /** @param {import('./messages.js').Message} message */
  take(message) {
    if (message.type === 'peer-joined') this.#add(message.peer, message.polite, false);
    else if (message.type === 'peer-left' && message.reason === 'shutdown') this.#hold(message.peer);
    else if (message.type === 'peer-left') this.#remove(message.peer, message.reason);
    else if (message.type === 'peer-updated') this.#update(message.peer);
    else if (message.type === 'relay') this.#onRelay(message);
    else if (message.type === 'broadcast') this.#onData(message.from, message.body, true);
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
   * @param {import('./messages.js').PeerInfo} info
   * @param {boolean} polite
   * @param {boolean} isQuiet
   */
  #add(info, polite, isQuiet) {
    const known = this.peers.get(info.id);
    const streams = () => Object.freeze({ main: new this.#platform.MediaStream(), screen: new this.#platform.MediaStream() });
    const peer = known ?? new Peer(info, streams());
    peer.setInfo(info);
    this.peers.set(info.id, peer);
    if (!known && !isQuiet) this.#call.emit('peer-joined', peer);
    if (known) this.#call.emit('peer-updated', peer);
    this.#links.set(info.id, this.#open(peer, polite, this.#config));
  }

  /**
   * @param {Peer} peer
   * @param {boolean} polite
   * @param {RTCConfiguration} config
   * @returns {Link}
   */
  #open(peer, polite, config) {
    return new Link(config, polite, peer.media, this.#local, this.#platform, {
      send: (kind, body) => void this.#send(peer.id, kind, body, 0),
      onTrack: (source, track) => this.#onTrack(peer, source, track),
      onState: (state) => {
        peer.connectionState = state;
        this.#call.emit('ice', { peer, state });
        if (state === 'failed') this.#release(peer.id);
      },
      onError: (error) => this.#warn(error),
    });
  }

  /**
   * @param {string} id
   * @param {string} reason
   */
  #remove(id, reason) {
    const peer = this.peers.get(id);
    if (!peer) return;
    this.#links.get(id)?.close();
    this.#links.delete(id);
    this.peers.delete(id);
    peer.connectionState = 'closed';
    this.#call.emit('peer-left', { peer, reason });
  }

  /** @param {string} id */
  #hold(id) {
    this.#held.add(id);
    if (this.peers.get(id)?.connectionState === 'failed') this.#release(id);
  }

  /** A peer that is held for its media goes with them. @param {string} id */
  #release(id) {
    if (this.#held.delete(id)) this.#remove(id, 'shutdown');
  }

  /** @param {import('./messages.js').PeerInfo} info */
  #update(info) {
    const peer = this.peers.get(info.id);
    if (!peer) return;
    peer.setInfo(info);
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

  /**
   * Relays, and tries again what the server could not deliver for the moment.
   * @param {string} to
   * @param {Kind} kind
   * @param {unknown} body
   * @param {number} resends
   */
  async #send(to, kind, body, resends) {
    const link = this.#links.get(to);
    try {
      await this.#request({ type: 'relay', to, kind, body });
    } catch (error) {
      if (!(error instanceof ParleyError) || !['rate_limited', 'outbox_full'].includes(error.code) || resends >= RESENDS_MAX) {
        this.#onNotSent(error);
        return;
      }
      this.#platform.setTimeout(() => this.#sendAgain(link, to, kind, body, resends), error.retryAfterMs ?? RESEND_MS);
    }
  }

  /**
   * @param {Link | undefined} link as it was when it was first sent
   * @param {string} to
   * @param {Kind} kind
   * @param {unknown} body
   * @param {number} resends
   */
  #sendAgain(link, to, kind, body, resends) {
    if (this.#links.get(to) !== link) return;
    if (kind === 'candidate') void this.#send(to, kind, body, resends + 1);
    else link?.resend(kind);
  }

  /** A peer that is gone is told by peer-left, a lost connection by its state. @param {unknown} error */
  #onNotSent(error) {
    const code = error instanceof ParleyError ? error.code : '';
    if (!['no_such_peer', 'unreachable', 'aborted'].includes(code) && !isClosing(code)) this.#warn(error);
  }

  /** @param {() => void} action */
  #guard(action) {
    try {
      action();
    } catch (error) {
      this.#warn(error);
    }
  }

  /** @param {unknown} cause */
  #warn(cause) {
    const error = cause instanceof ParleyError ? cause : new ParleyError('protocol', String(cause), { cause });
    this.#call.emit('warning', error);
  }
}
