// @ts-check
/**
 * restarts - when ICE of one link is restarted, and by which side.
 *
 * When ICE has failed (or is disconnected for 4 s) the impolite side restarts
 * it at once, the polite side only 4 s later, if nothing came of that. When
 * only TURN credentials are about to expire nothing is broken yet: then the
 * impolite side alone restarts, and the polite side asks it to. So two restarts
 * hardly ever cross; where they do, perfect negotiation settles it.
 */

/** Short drop-outs mend themselves (RFC 8445 consent checks run every 5 s). */
const DISCONNECTED_MS = 4000;
const POLITE_WAIT_MS = 4000;
/** A restart that did not help is tried again. */
const AGAIN_MS = 15_000;
/** Who joined together gets fresh credentials at nearly the same time: one restart serves both. */
const TOGETHER_MS = 3000;

/** The one place that calls restartIce(). */
export class Restarts {
  #pc;
  #polite;
  #platform;
  #ask;
  /** @type {any} */
  #failureTimer;
  /** @type {any} */
  #renewalTimer;
  /** @type {string | undefined | null} the ICE generation that was told to make way for the next; null: none was */
  #outgoing = null;

  /**
   * @param {RTCPeerConnection} pc
   * @param {boolean} polite whether we are the polite side
   * @param {import('./platform.js').Platform} platform
   * @param {() => void} ask asks the other side to restart
   */
  constructor(pc, polite, platform, ask) {
    this.#pc = pc;
    this.#polite = polite;
    this.#platform = platform;
    this.#ask = ask;
  }

  /** @param {RTCPeerConnectionState} state */
  onState(state) {
    this.#platform.clearTimeout(this.#failureTimer);
    const patience = this.#polite ? POLITE_WAIT_MS : 0;
    if (state === 'failed') this.#restartIn(patience);
    if (state === 'disconnected') this.#restartIn(DISCONNECTED_MS + patience);
  }

  /** Our TURN credentials are about to expire. */
  onDue() {
    if (this.#polite) this.#ask();
    else this.#renew();
  }

  /** The other side asks for a restart; from the impolite side that is no request to make. */
  onAsked() {
    if (!this.#polite) this.#renew();
  }

  /** Whoever began it: candidates are gathered anew, and nothing is left to renew. */
  onGathering() {
    this.#platform.clearTimeout(this.#renewalTimer);
    this.#renewalTimer = undefined;
  }

  close() {
    this.#platform.clearTimeout(this.#failureTimer);
    this.#platform.clearTimeout(this.#renewalTimer);
  }

  #renew() {
    this.#renewalTimer ??= this.#platform.setTimeout(() => {
      this.#renewalTimer = undefined;
      this.#restart();
    }, TOGETHER_MS);
  }

  /** @param {number} ms */
  #restartIn(ms) {
    this.#failureTimer = this.#platform.setTimeout(() => {
      this.#restart();
      this.#restartIn(AGAIN_MS);
    }, ms);
  }

  /** One at a time: a second one before the first is answered would follow it for nothing. */
  #restart() {
    const generation = ufragOf(this.#pc.currentLocalDescription);
    if (this.#outgoing === generation) return;
    this.#outgoing = generation;
    this.#pc.restartIce();
  }
}

/**
 * What names an ICE generation (RFC 8839, 5.4).
 * @param {RTCSessionDescription | null} description
 * @returns {string | undefined}
 */
function ufragOf(description) {
  return /^a=ice-ufrag:(\S+)/m.exec(description?.sdp ?? '')?.[1];
}
