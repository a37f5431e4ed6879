// @ts-check
/**
 * link - the media connection to one peer.
 *
 * The side that joined later is polite and makes the first offer, with three
 * transceivers in a fixed order: mic, camera, screen. They send and receive
 * from the start; switching a source is replaceTrack, never a new offer. It
 * depends on no connection to the server: that may go and come meanwhile.
 */
import { SOURCES } from './local_media.js';
import { Negotiator, RESTART } from './negotiator.js';
import { RelayWatch } from './relay_watch.js';
import { Restarts } from './restarts.js';

/** @typedef {import('./local_media.js').Source} Source */
/** @typedef {RTCConfiguration & {iceTtl?: number | null}} LinkConfig iceTtl: seconds for which its TURN credentials are good */

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
  #local;
  #hooks;
  #negotiator;
  #restarts;
  #relayWatch;
  /** @type {Map<Source, MediaStreamTrack>} */
  #received = new Map();
  /** @type {Set<Source>} */
  #shown = new Set();
  #media;
  /** A peer that never says what it sends is believed by what arrives. */
  #hasSaid = false;

  /**
   * @param {LinkConfig} config
   * @param {boolean} polite whether we are the polite side
   * @param {import('./messages.js').MediaState} media what the peer says that it sends
   * @param {import('./local_media.js').LocalMedia} local
   * @param {import('./platform.js').Platform} platform
   * @param {LinkHooks} hooks
   */
  constructor({ iceTtl = null, ...config }, polite, media, local, platform, hooks) {
    this.#local = local;
    this.#hooks = hooks;
    this.#media = media;
    this.#hasSaid = SOURCES.some((source) => media[source]);
    this.pc = new platform.RTCPeerConnection({ bundlePolicy: 'max-bundle', ...config });
    this.#restarts = new Restarts(this.pc, polite, platform, () => hooks.send('candidate', RESTART));
    this.#relayWatch = new RelayWatch(this.pc, iceTtl, platform, {
      onDue: () => this.#restarts.onDue(),
      onGathering: () => this.#restarts.onGathering(),
    });
    this.#negotiator = new Negotiator(this.pc, polite, platform, {
      send: hooks.send,
      onOffer: () => this.#prepare(),
      onRestartAsked: () => this.#restarts.onAsked(),
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

  /** Fresh ICE servers; candidates are gathered from them at the next restart. @param {LinkConfig} config */
  setConfiguration({ iceTtl = null, ...config }) {
    this.pc.setConfiguration({ bundlePolicy: 'max-bundle', ...config });
    this.#relayWatch.renew(iceTtl);
  }

  close() {
    this.#restarts.close();
    this.#relayWatch.close();
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
    this.#restarts.onState(state);
    this.#hooks.onState(state);
  }
}
