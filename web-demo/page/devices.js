// @ts-check
/** devices - this person's microphone and camera: opened on request, kept from the preview into the call. */
import { ParleyError, capture, captureTogether } from '/sdk/parley.js';

/** @typedef {'mic' | 'camera'} Source */

/** @type {readonly Source[]} */
const SOURCES = ['mic', 'camera'];
const PERMISSIONS = { mic: 'microphone', camera: 'camera' };

/** One for the page: the preview and the call share it. */
export class Devices {
  /** What the person wants on, whether or not it could be opened. */
  wanted = { mic: true, camera: true };
  /** @type {Record<Source, MediaStreamTrack | null>} */
  tracks = { mic: null, camera: null };
  /** @type {() => void} */
  onChange = () => {};

  /**
   * Opens what is wanted and not open yet, with one question to the person where that is possible.
   * @returns {Promise<{source: Source, error: ParleyError}[]>} what could not be opened, and is not wanted any more
   */
  async openWanted() {
    const missing = SOURCES.filter((source) => this.wanted[source] && !this.tracks[source]);
    if (missing.length === 2 && (await this.#openBoth())) return [];
    const failures = [];
    for (const source of missing) {
      const error = await this.open(source);
      if (error) failures.push({ source, error });
    }
    return failures;
  }

  /**
   * @param {Source} source
   * @returns {Promise<ParleyError | null>}
   */
  async open(source) {
    try {
      this.wanted[source] = true;
      this.#keep(source, await capture(source));
      return null;
    } catch (error) {
      this.wanted[source] = false;
      this.onChange();
      return error instanceof ParleyError ? error : new ParleyError('media_denied', String(error));
    }
  }

  /** Lets go of the device: its light goes out. @param {Source} source */
  close(source) {
    this.wanted[source] = false;
    this.tracks[source]?.stop();
    this.tracks[source] = null;
    this.onChange();
  }

  /** Lets go of both, and remembers what was wanted. */
  rest() {
    const wanted = { ...this.wanted };
    for (const source of SOURCES) this.close(source);
    this.wanted = wanted;
  }

  /** Whether both were allowed before, so that a preview needs no question. @returns {Promise<boolean>} */
  async areAllowed() {
    const states = await Promise.all(SOURCES.map((source) => permission(PERMISSIONS[source])));
    return states.every((state) => state === 'granted');
  }

  /** @returns {Promise<boolean>} */
  async #openBoth() {
    try {
      const { mic, camera } = await captureTogether();
      this.#keep('mic', mic);
      this.#keep('camera', camera);
      return true;
    } catch {
      // One of the two is at fault: asking for each alone tells which.
      return false;
    }
  }

  /**
   * @param {Source} source
   * @param {MediaStreamTrack} track
   */
  #keep(source, track) {
    this.tracks[source] = track;
    track.addEventListener('ended', () => {
      if (this.tracks[source] === track) this.close(source);
    });
    this.onChange();
  }
}

/**
 * @param {string} name
 * @returns {Promise<PermissionState | 'unknown'>}
 */
async function permission(name) {
  try {
    const status = await navigator.permissions.query({ name: /** @type {PermissionName} */ (name) });
    return status.state;
  } catch {
    return 'unknown';
  }
}
