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
 * @property {() => number} [now] milliseconds of a clock that goes on while the machine sleeps; Date.now() where absent
 * @property {(hooks: WakeHooks) => () => void} [watch] tells when the network or the page came back; returns what ends that
 */

/**
 * @typedef {object} WakeHooks
 * @property {() => void} onNetwork there is a network again, perhaps another one: what is connected may be dead
 * @property {() => void} onWake the page came back, or the network changed a little: worth looking whether the server is there
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
    now: () => Date.now(),
    watch: watchPage,
  };
}

/**
 * `online`, `pageshow` and `visibilitychange` all reach the global object.
 * @param {WakeHooks} hooks
 */
function watchPage({ onNetwork, onWake }) {
  const network = Reflect.get(globalThis.navigator ?? {}, 'connection');
  const events = /** @type {[EventTarget | undefined, string, () => void][]} */ ([
    [globalThis, 'online', onNetwork],
    [globalThis, 'pageshow', onWake],
    [globalThis, 'visibilitychange', onWake],
    [network, 'change', onWake],
  ]);
  for (const [target, name, run] of events) target?.addEventListener?.(name, run);
  return () => {
    for (const [target, name, run] of events) target?.removeEventListener?.(name, run);
  };
}
