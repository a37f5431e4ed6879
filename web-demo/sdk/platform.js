// @ts-check
/** platform - what the SDK needs of its surroundings, passed in so that tests can stand in for a browser. */

/**
 * @typedef {object} Platform
 * @property {typeof WebSocket} WebSocket
 * @property {typeof RTCPeerConnection} RTCPeerConnection
 * @property {typeof MediaStream} MediaStream
 * @property {MediaDevices | undefined} mediaDevices undefined in an insecure context
 * @property {(run: () => void, ms: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} random from [0, 1)
 */

/**
 * The platform of the page that this runs in.
 * @returns {Platform}
 */
export function browserPlatform() {
  return {
    WebSocket: globalThis.WebSocket,
    RTCPeerConnection: globalThis.RTCPeerConnection,
    MediaStream: globalThis.MediaStream,
    mediaDevices: globalThis.navigator?.mediaDevices,
    setTimeout: (run, ms) => globalThis.setTimeout(run, ms),
    clearTimeout: (timer) => globalThis.clearTimeout(timer),
    random: Math.random,
  };
}
