// @ts-check
/**
 * link - the media connection to one peer.
 *
 * The side that joined later is polite and makes the first offer, with three
 * transceivers in a fixed order: mic, camera, screen. They send and receive
 * from the start; switching a source is replaceTrack, never a new offer.
 *
 * When ICE fails (or is disconnected for 4 s) the impolite side restarts it at
 * once and the polite side only 4 s later, if nothing came of that. So two
 * restarts hardly ever cross; where they do, perfect negotiation settles it.
 */
import { SOURCES } from './local_media.js';
import { Negotiator } from './negotiator.js';

/** Short drop-outs mend themselves (RFC 8445 consent checks run every 5 s). */
const DISCONNECTED_MS = 4000;
const POLITE_WAIT_MS = 4000;
/** A restart whose offer nobody answered is tried again. */
const AGAIN_MS = 15_000;

/** @typedef {import('./local_media.js').Source} Source */

/** @type {Record<string, Source[]>} the sources of the first, second ... m-line of a kind */
const SOURCES_OF_KIND = { audio: ['mic'], video: ['camera', 'screen'] };

/**
 * @typedef {object} LinkHooks
 * @property {(kind: 'offer' | 'answer' | 'candidate', body: unknown) => void} send
 * @property {(source: Source, track: MediaStreamTrack | null) => void} onTrack a source of the peer is on, or off again
 * @property {(state: RTCPeerConnectionState) => void} onState
 * @property {(error: unknown) => void} onError
 */

/** One RTCPeerConnection, from the first offer to close(). */
export class Link {
  /** @readonly */
  pc;
  #polite;
  #platform;
  #local;
  #hooks;
  #negotiator;
  /** @type {Map<Source, MediaStreamTrack>} */
  #received = new Map();
  /** @type {Set<Source>} */
  #shown = new Set();
  #media;
  /** A peer that never says what it sends is believed by what arrives. */
  #hasSaid = false;
  /** @type {any} */
  #restartTimer;

  /**
   * @param {RTCConfiguration} config
   * @param {boolean} polite whether we are the polite side
   * @param {import('./messages.js').MediaState} media what the peer says that it sends
   * @param {import('./local_media.js').LocalMedia} local
   * @param {import('./platform.js').Platform} platform
   * @param {LinkHooks} hooks
   */
  constructor(config, polite, media, local, platform, hooks) {
    this.#polite = polite;
    this.#platform = platform;
    this.#local = local;
    this.#hooks = hooks;
    this.#media = media;
    this.#hasSaid = SOURCES.some((source) => media[source]);
    this.pc = new platform.RTCPeerConnection({ bundlePolicy: 'max-bundle', ...config });
    this.#negotiator = new Negotiator(this.pc, polite, platform, {
      send: hooks.send,
      onOffer: () => this.#prepare(),
      onError: hooks.onError,
    });
    this.pc.ontrack = ({ transceiver, track }) => this.#onTrack(transceiver, track);
    this.pc.onconnectionstatechange = () => this.#onState(this.pc.connectionState);
    if (polite) this.#addTransceivers();
  }

  /**
   * @param {'offer' | 'answer' | 'candidate'} kind
   * @param {unknown} body
   */
  receive(kind, body) {
    return this.#negotiator.receive(kind, body);
  }

  /** @param {'offer' | 'answer'} kind */
  resend(kind) {
    this.#negotiator.resend(kind);
  }

  /** Sends the track that the source has now. @param {Source} source */
  async refresh(source) {
    const transceiver = this.pc.getTransceivers().find((one) => this.#sourceOf(one) === source);
    await transceiver?.sender.replaceTrack(this.#local.track(source));
  }

  /** @param {import('./messages.js').MediaState} media */
  setMedia(media) {
    this.#media = media;
    this.#hasSaid = true;
    for (const source of SOURCES) this.#show(source);
  }

  /** @param {RTCConfiguration} config */
  setConfiguration(config) {
    this.pc.setConfiguration({ bundlePolicy: 'max-bundle', ...config });
  }

  close() {
    this.#platform.clearTimeout(this.#restartTimer);
    this.#negotiator.close();
    this.pc.ontrack = null;
    this.pc.onconnectionstatechange = null;
    this.pc.close();
    for (const source of this.#shown) this.#hooks.onTrack(source, null);
    this.#shown.clear();
  }

  #addTransceivers() {
    for (const source of SOURCES) {
      const kind = source === 'mic' ? 'audio' : 'video';
      const streams = [source === 'screen' ? this.#local.streams.screen : this.#local.streams.main];
      this.pc.addTransceiver(this.#local.track(source) ?? kind, { direction: 'sendrecv', streams });
    }
  }

  /** Makes the answer send what we have: the transceivers that an offer made only receive by themselves. */
  #prepare() {
    for (const transceiver of this.pc.getTransceivers()) {
      const source = this.#sourceOf(transceiver);
      if (!source || transceiver.direction === 'sendrecv' || transceiver.direction === 'stopped') continue;
      transceiver.direction = 'sendrecv';
      transceiver.sender.setStreams?.(source === 'screen' ? this.#local.streams.screen : this.#local.streams.main);
      transceiver.sender.replaceTrack(this.#local.track(source)).catch(this.#hooks.onError);
    }
  }

  /**
   * @param {RTCRtpTransceiver} transceiver
   * @returns {Source | undefined}
   */
  #sourceOf(transceiver) {
    const kind = transceiver.receiver.track.kind;
    const alike = this.pc.getTransceivers().filter((one) => one.receiver.track.kind === kind);
    return SOURCES_OF_KIND[kind]?.[alike.indexOf(transceiver)];
  }

  /**
   * @param {RTCRtpTransceiver} transceiver
   * @param {MediaStreamTrack} track
   */
  #onTrack(transceiver, track) {
    const source = this.#sourceOf(transceiver);
    if (!source) return;
    this.#received.set(source, track);
    track.onunmute = () => this.#show(source);
    this.#show(source);
  }

  /** Tells the application when a source came on or went off. @param {Source} source */
  #show(source) {
    const track = this.#received.get(source);
    const isOn = track !== undefined && (this.#media[source] || (!this.#hasSaid && !track.muted));
    if (isOn === this.#shown.has(source)) return;
    if (isOn) this.#shown.add(source);
    else this.#shown.delete(source);
    this.#hooks.onTrack(source, isOn ? track : null);
  }

  /** @param {RTCPeerConnectionState} state */
  #onState(state) {
    this.#platform.clearTimeout(this.#restartTimer);
    const patience = this.#polite ? POLITE_WAIT_MS : 0;
    if (state === 'failed') this.#restartIn(patience);
    if (state === 'disconnected') this.#restartIn(DISCONNECTED_MS + patience);
    this.#hooks.onState(state);
  }

  /** @param {number} ms */
  #restartIn(ms) {
    this.#restartTimer = this.#platform.setTimeout(() => {
      this.pc.restartIce();
      this.#restartIn(AGAIN_MS);
    }, ms);
  }
}
