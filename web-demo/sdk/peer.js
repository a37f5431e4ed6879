// @ts-check
/** peer - one member of the room, as the application sees it. */

/** @typedef {import('./local_media.js').Source} Source */

/** Read it; only the SDK changes it, and tells so by events. */
export class Peer {
  /** @type {import('./messages.js').PeerInfo} */
  #info;
  /** What is received of this peer: mic and camera in one stream, the screen in another. */
  streams;
  /** @type {Map<Source, MediaStreamTrack>} the tracks that are on */
  tracks = new Map();
  /** @type {RTCPeerConnectionState} */
  connectionState = 'new';

  /**
   * @param {import('./messages.js').PeerInfo} info
   * @param {{readonly main: MediaStream, readonly screen: MediaStream}} streams
   */
  constructor(info, streams) {
    this.#info = info;
    this.streams = streams;
  }

  /** Made by the server; new at each join. */
  get id() {
    return this.#info.id;
  }

  /** The token's `sub`. */
  get identity() {
    return this.#info.identity;
  }

  /** Written by that person: show it as text, never as markup. */
  get name() {
    return this.#info.name;
  }

  get metadata() {
    return this.#info.metadata;
  }

  /** Without a prototype. */
  get attributes() {
    return this.#info.attributes;
  }

  /** What the peer says that it sends. */
  get media() {
    return this.#info.media;
  }

  /** For the SDK. @param {import('./messages.js').PeerInfo} info */
  setInfo(info) {
    this.#info = info;
  }

  /**
   * For the SDK: puts a track in its stream or takes it out.
   * @param {Source} source
   * @param {MediaStreamTrack | null} track
   */
  setTrack(source, track) {
    const stream = source === 'screen' ? this.streams.screen : this.streams.main;
    const old = this.tracks.get(source);
    if (old) stream.removeTrack(old);
    if (track) stream.addTrack(track);
    if (track) this.tracks.set(source, track);
    else this.tracks.delete(source);
  }
}
