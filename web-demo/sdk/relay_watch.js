// @ts-check
/**
 * relay_watch - whether one link goes over a relay whose TURN credentials are about to expire.
 *
 * All requests of an allocation carry the username that it was made with
 * (RFC 8656, 5): fresh credentials help only candidates that are gathered anew.
 * So it is kept which credentials the candidates in use were gathered with.
 */
import { readStats } from './stats.js';

/** The server pushes fresh ones at three quarters of their life: those in use are due by then. */
const DUE_SHARE = 2 / 3;
/** setTimeout takes no more: 24 days. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** @typedef {{isDue: boolean, timer: any}} Credentials */

/**
 * @typedef {object} WatchHooks
 * @property {() => void} onDue ICE should be restarted: fresh credentials are at hand, and a relay in use has old ones
 * @property {() => void} onGathering candidates are gathered anew, with the credentials at hand
 */

/** Watches one RTCPeerConnection, from before its first offer to close(). */
export class RelayWatch {
  #pc;
  #platform;
  #hooks;
  /** Those in the configuration. @type {Credentials} */
  #held;
  /** Those that the candidates were gathered with. */
  #used;

  /**
   * @param {RTCPeerConnection} pc
   * @param {number | null} ttlS for how long the credentials of its configuration are good; null: for ever
   * @param {import('./platform.js').Platform} platform
   * @param {WatchHooks} hooks
   */
  constructor(pc, ttlS, platform, hooks) {
    this.#pc = pc;
    this.#platform = platform;
    this.#hooks = hooks;
    this.#held = this.#used = this.#receive(ttlS);
    pc.onicegatheringstatechange = () => {
      if (pc.iceGatheringState === 'gathering') this.#onGathering();
    };
  }

  /** The configuration has fresh credentials. @param {number | null} ttlS */
  renew(ttlS) {
    if (this.#held !== this.#used) this.#platform.clearTimeout(this.#held.timer);
    this.#held = this.#receive(ttlS);
    void this.#check();
  }

  close() {
    this.#pc.onicegatheringstatechange = null;
    for (const { timer } of [this.#held, this.#used]) this.#platform.clearTimeout(timer);
    this.#held = this.#used;
  }

  /**
   * @param {number | null} ttlS
   * @returns {Credentials}
   */
  #receive(ttlS) {
    /** @type {Credentials} */
    const credentials = { isDue: false, timer: undefined };
    if (ttlS === null) return credentials;
    credentials.timer = this.#platform.setTimeout(() => {
      credentials.isDue = true;
      if (credentials === this.#used) void this.#check();
    }, Math.min(ttlS * 1000 * DUE_SHARE, TIMER_MAX_MS));
    return credentials;
  }

  #onGathering() {
    if (this.#used !== this.#held) this.#platform.clearTimeout(this.#used.timer);
    this.#used = this.#held;
    this.#hooks.onGathering();
  }

  async #check() {
    if (!this.#isDue() || !(await isRelayed(this.#pc))) return;
    // It may have been gathered anew, or closed, while the figures were fetched.
    if (this.#isDue()) this.#hooks.onDue();
  }

  #isDue() {
    return this.#used.isDue && this.#used !== this.#held;
  }
}

/**
 * Whether what is sent goes over a relay of ours: one of the peer's is the peer's to look after.
 * @param {RTCPeerConnection} pc
 * @returns {Promise<boolean>}
 */
async function isRelayed(pc) {
  try {
    return (await readStats(pc)).pair?.local === 'relay';
  } catch {
    // Closed meanwhile.
    return false;
  }
}
