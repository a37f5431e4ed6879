// @ts-check
/**
 * negotiator - perfect negotiation over one RTCPeerConnection (W3C webrtc, 10.7).
 *
 * The server says who is polite. When two offers cross, the polite side takes
 * its own back (setRemoteDescription rolls back by itself) and the impolite
 * side ignores the other's, together with the candidates that belong to it.
 */

/** Candidates come in bursts; what a burst brings within this time is one message. */
const BUNDLE_MS = 50;
/** An SDP of a mesh call is some 6 KiB; the server's cap is 64 KiB. */
const SDP_MAX = 64 * 1024;
const CANDIDATES_MAX = 256;
/** The body of a `candidate` that asks the other side to restart ICE. */
export const RESTART = Object.freeze({ restart: true });

/**
 * @typedef {object} NegotiatorHooks
 * @property {(kind: 'offer' | 'answer' | 'candidate', body: unknown) => void} send
 * @property {() => void} onOffer an offer was taken in; what the answer should hold is to be set now
 * @property {() => void} onRestartAsked
 * @property {(error: unknown) => void} onError
 */

/** Makes offers and answers, takes them in, and hands on candidates. */
export class Negotiator {
  #pc;
  #polite;
  #platform;
  #hooks;
  #makingOffer = false;
  #ignoreOffer = false;
  #settingAnswer = false;
  /** What came in is worked off in order. */
  #inbox = Promise.resolve();
  /** @type {RTCIceCandidateInit[]} candidates that overtook their description */
  #early = [];
  /** @type {RTCIceCandidateInit[]} */
  #bundle = [];
  /** @type {any} */
  #bundleTimer;

  /**
   * @param {RTCPeerConnection} pc
   * @param {boolean} polite
   * @param {import('./platform.js').Platform} platform
   * @param {NegotiatorHooks} hooks
   */
  constructor(pc, polite, platform, hooks) {
    this.#pc = pc;
    this.#polite = polite;
    this.#platform = platform;
    this.#hooks = hooks;
    pc.onnegotiationneeded = () => void this.#offer();
    pc.onicecandidate = ({ candidate }) => this.#collect(candidate);
  }

  /**
   * Takes what the other side relayed.
   * @param {'offer' | 'answer' | 'candidate'} kind
   * @param {unknown} body
   * @returns {Promise<void>} when it has been worked off; never rejects
   */
  receive(kind, body) {
    this.#inbox = this.#inbox.then(async () => {
      try {
        if (kind === 'candidate' && asksForRestart(body)) this.#hooks.onRestartAsked();
        else if (kind === 'candidate') await this.#onCandidates(candidatesOf(body));
        else await this.#onDescription({ type: kind, sdp: sdpOf(body) });
      } catch (error) {
        if (this.#pc.signalingState !== 'closed') this.#hooks.onError(error);
      }
    });
    return this.#inbox;
  }

  /** Sends the description again after the server could not deliver it. @param {'offer' | 'answer'} kind */
  resend(kind) {
    const current = this.#pc.localDescription;
    if (current?.type === kind && (kind === 'answer' || this.#pc.signalingState === 'have-local-offer'))
      this.#hooks.send(kind, { type: kind, sdp: current.sdp });
  }

  close() {
    this.#platform.clearTimeout(this.#bundleTimer);
    this.#pc.onnegotiationneeded = null;
    this.#pc.onicecandidate = null;
  }

  async #offer() {
    try {
      this.#makingOffer = true;
      await this.#pc.setLocalDescription();
      this.#sendDescription();
    } catch (error) {
      if (this.#pc.signalingState !== 'closed') this.#hooks.onError(error);
    } finally {
      this.#makingOffer = false;
    }
  }

  #sendDescription() {
    const description = this.#pc.localDescription;
    if (description && (description.type === 'offer' || description.type === 'answer'))
      this.#hooks.send(description.type, { type: description.type, sdp: description.sdp });
  }

  /** @param {{type: 'offer' | 'answer', sdp: string}} description */
  async #onDescription(description) {
    const pc = this.#pc;
    const isReady = !this.#makingOffer && (pc.signalingState === 'stable' || this.#settingAnswer);
    const collides = description.type === 'offer' && !isReady;
    this.#ignoreOffer = collides && !this.#polite;
    if (this.#ignoreOffer) return;
    // The answer to an offer that was taken back has nothing to answer any more.
    if (description.type === 'answer' && pc.signalingState !== 'have-local-offer') return;
    this.#settingAnswer = description.type === 'answer';
    try {
      await pc.setRemoteDescription(description);
    } finally {
      this.#settingAnswer = false;
    }
    await this.#addEarly();
    if (description.type === 'answer') return;
    this.#hooks.onOffer();
    await pc.setLocalDescription();
    this.#sendDescription();
  }

  /** @param {RTCIceCandidateInit[]} candidates */
  async #onCandidates(candidates) {
    if (!this.#pc.remoteDescription) {
      this.#early = [...this.#early, ...candidates].slice(0, CANDIDATES_MAX);
      return;
    }
    for (const candidate of candidates) await this.#add(candidate);
  }

  async #addEarly() {
    const early = this.#early;
    this.#early = [];
    for (const candidate of early) await this.#add(candidate);
  }

  /** @param {RTCIceCandidateInit} candidate */
  async #add(candidate) {
    try {
      await this.#pc.addIceCandidate(candidate);
    } catch (error) {
      if (!this.#ignoreOffer) this.#hooks.onError(error);
    }
  }

  /** @param {RTCIceCandidate | null} candidate */
  #collect(candidate) {
    if (!candidate || candidate.candidate === '') return;
    this.#bundle.push(candidate.toJSON());
    if (this.#bundle.length > 1) return;
    this.#bundleTimer = this.#platform.setTimeout(() => {
      const bundle = this.#bundle;
      this.#bundle = [];
      this.#hooks.send('candidate', bundle);
    }, BUNDLE_MS);
  }
}

/** @param {unknown} body */
function asksForRestart(body) {
  return typeof body === 'object' && body !== null && Reflect.get(body, 'restart') === true;
}

/**
 * The body of an offer or answer is an RTCSessionDescriptionInit.
 * @param {unknown} body
 * @returns {string}
 */
function sdpOf(body) {
  const sdp = typeof body === 'object' && body !== null ? Reflect.get(body, 'sdp') : undefined;
  if (typeof sdp !== 'string' || sdp.length > SDP_MAX) throw new TypeError('an offer or answer without an sdp');
  return sdp;
}

/**
 * The body of `candidate` is a list of RTCIceCandidateInit; a single one is understood as well.
 * @param {unknown} body
 * @returns {RTCIceCandidateInit[]}
 */
function candidatesOf(body) {
  const items = Array.isArray(body) ? body.slice(0, CANDIDATES_MAX) : [body];
  return items.flatMap((item) => {
    if (typeof item !== 'object' || item === null || typeof item.candidate !== 'string') return [];
    const { candidate, sdpMid, sdpMLineIndex, usernameFragment } = item;
    return [
      {
        candidate,
        sdpMid: typeof sdpMid === 'string' ? sdpMid : null,
        sdpMLineIndex: Number.isInteger(sdpMLineIndex) ? sdpMLineIndex : null,
        ...(typeof usernameFragment === 'string' ? { usernameFragment } : {}),
      },
    ];
  });
}
