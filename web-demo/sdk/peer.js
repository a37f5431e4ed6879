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
  /** Its connection to the server is gone, and it may come back. Media may go on; what is sent to it is kept for it. */
  isAway = false;

  /**
   * @param {import('./messages.js').PeerInfo} info
   * @param {{readonly main: MediaStream, readonly screen: MediaStream}} streams
   */
  constructor(info, streams) {
    this.#info = info;
    this.streams = streams;
  }

  /** Made by the server; new at each join, kept when a session resumes. */
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

  /** Whether it tells what it has handled; if not, what is sent to it counts as delivered when its server has sent it. */
  get receipts() {
    return this.#info.receipts;
  }

  /**
   * For the SDK.
   * @param {import('./messages.js').PeerInfo} info
   * @returns {boolean} whether that changes anything
   */
  setInfo(info) {
    const isNews = JSON.stringify(info) !== JSON.stringify(this.#info);
    this.#info = info;
    return isNews;
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
