// @ts-check
/** local_media - one's own microphone, camera and screen: captured or handed in, switched on and off. */
import { ParleyError, errorOfMedia } from './errors.js';

/** @typedef {'mic' | 'camera' | 'screen'} Source */
/** @typedef {boolean | MediaStreamTrack | MediaTrackConstraints} Wish true captures with defaults; a track stays its owner's to stop */

/** @type {readonly Source[]} in the order of the m-lines */
export const SOURCES = Object.freeze(/** @type {const} */ (['mic', 'camera', 'screen']));

/** @type {Record<Source, MediaTrackConstraints>} */
const DEFAULTS = {
  mic: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  camera: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
  screen: { frameRate: { ideal: 15 } },
};

/**
 * Asks the browser for a microphone, a camera or a screen.
 * @param {Source} source
 * @param {MediaTrackConstraints} [constraints]
 * @param {MediaDevices | undefined} [devices]
 * @returns {Promise<MediaStreamTrack>}
 * @throws {ParleyError} `media_denied`, `media_missing`, `media_busy`, `insecure_context`
 */
export async function capture(source, constraints = DEFAULTS[source], devices = globalThis.navigator?.mediaDevices) {
  if (!devices) throw new ParleyError('insecure_context', 'Browsers give cameras and microphones to https pages only.');
  try {
    const stream = await ask(source, constraints, devices);
    return stream.getTracks()[0];
  } catch (cause) {
    throw errorOfMedia(cause);
  }
}

/**
 * Asks for microphone and camera with one question to the person.
 * @param {MediaDevices | undefined} [devices]
 * @returns {Promise<{mic: MediaStreamTrack, camera: MediaStreamTrack}>}
 * @throws {ParleyError} as capture(); it does not say which of the two is at fault
 */
export async function captureTogether(devices = globalThis.navigator?.mediaDevices) {
  if (!devices) throw new ParleyError('insecure_context', 'Browsers give cameras and microphones to https pages only.');
  try {
    const stream = await devices.getUserMedia({ audio: DEFAULTS.mic, video: DEFAULTS.camera });
    return { mic: stream.getAudioTracks()[0], camera: stream.getVideoTracks()[0] };
  } catch (cause) {
    throw errorOfMedia(cause);
  }
}

/**
 * @param {Source} source
 * @param {MediaTrackConstraints} constraints
 * @param {MediaDevices} devices
 * @returns {Promise<MediaStream>}
 */
function ask(source, constraints, devices) {
  if (source === 'screen') return devices.getDisplayMedia({ video: constraints });
  return devices.getUserMedia(source === 'mic' ? { audio: constraints } : { video: constraints });
}

/** The up to three tracks that are sent to everybody. */
export class LocalMedia {
  /** What is sent: mic and camera in one stream, the screen in another. */
  streams;
  #platform;
  #onChange;
  /** @type {Map<Source, {track: MediaStreamTrack, isOurs: boolean}>} */
  #entries = new Map();
  /** @type {Map<Source, Promise<void>>} one switch at a time for each source */
  #queues = new Map();

  /**
   * @param {import('./platform.js').Platform} platform
   * @param {(source: Source) => void} onChange a source was switched, or its device went away
   */
  constructor(platform, onChange) {
    this.#platform = platform;
    this.#onChange = onChange;
    this.streams = Object.freeze({ main: new platform.MediaStream(), screen: new platform.MediaStream() });
  }

  /**
   * The track to send, or null.
   * @param {Source} source
   * @returns {MediaStreamTrack | null}
   */
  track(source) {
    return this.#entries.get(source)?.track ?? null;
  }

  /** What is on, as the others are told. */
  get state() {
    return { mic: this.#isOn('mic'), camera: this.#isOn('camera'), screen: this.#isOn('screen') };
  }

  /**
   * @param {Source} source
   * @param {Wish} wish
   * @returns {Promise<void>}
   */
  set(source, wish) {
    const before = this.#queues.get(source) ?? Promise.resolve();
    const done = before.catch(() => {}).then(() => this.#set(source, wish));
    this.#queues.set(source, done);
    return done;
  }

  /** Lets go of every device that was opened here. */
  close() {
    for (const source of SOURCES) this.#take(source, null, false);
  }

  /** @param {Source} source */
  #isOn(source) {
    const track = this.track(source);
    return track !== null && track.enabled && track.readyState === 'live';
  }

  /**
   * @param {Source} source
   * @param {Wish} wish
   */
  async #set(source, wish) {
    const current = this.track(source);
    if (source === 'mic' && typeof wish === 'boolean' && current?.readyState === 'live') current.enabled = wish;
    else if (wish === false) this.#take(source, null, false);
    else if (wish === true && current?.readyState === 'live') return;
    else if (typeof wish === 'object' && 'readyState' in wish) this.#take(source, wish, false);
    else this.#take(source, await this.#capture(source, wish), true);
    this.#onChange(source);
  }

  /**
   * @param {Source} source
   * @param {true | MediaTrackConstraints} wish
   */
  #capture(source, wish) {
    return capture(source, wish === true ? undefined : wish, this.#platform.mediaDevices);
  }

  /**
   * @param {Source} source
   * @param {MediaStreamTrack | null} track
   * @param {boolean} isOurs
   */
  #take(source, track, isOurs) {
    const stream = source === 'screen' ? this.streams.screen : this.streams.main;
    const old = this.#entries.get(source);
    if (old?.track === track) return;
    if (old) {
      stream.removeTrack(old.track);
      if (old.isOurs) old.track.stop();
    }
    this.#entries.delete(source);
    if (!track) return;
    this.#entries.set(source, { track, isOurs });
    stream.addTrack(track);
    track.addEventListener('ended', () => this.#onEnded(source, track), { once: true });
  }

  /**
   * @param {Source} source
   * @param {MediaStreamTrack} track
   */
  #onEnded(source, track) {
    if (this.track(source) !== track) return;
    this.#take(source, null, false);
    this.#onChange(source);
  }
}
