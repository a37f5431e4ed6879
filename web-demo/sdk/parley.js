// @ts-check
/**
 * parley - joins a call.
 *
 *     import { join } from '/sdk/parley.js';
 *     const call = await join({ url: 'wss://call.example.org', room: 'daily', token, media: { mic: true, camera: true } });
 *     call.on('track', ({ peer, stream }) => { videoOf(peer).srcObject = stream; });
 */
import { Call } from './call.js';
import { ParleyError } from './errors.js';
import { browserPlatform } from './platform.js';

export { Call } from './call.js';
export { ParleyError } from './errors.js';
export { capture, captureTogether } from './local_media.js';
export { Peer } from './peer.js';

/** docs/protocol.md, "The connection". */
const ROOM = /^(?!\.{1,2}$)[A-Za-z0-9\-._~@:=]{1,128}$/;

/** @typedef {import('./local_media.js').Wish} Wish */
/** @typedef {Partial<Record<'mic' | 'camera' | 'screen', Wish>>} Wishes */

/**
 * @typedef {object} JoinOptions
 * @property {string} url `wss://HOST` together with `room`, or the whole `wss://HOST/v1/rooms/ROOM/ws`; https: and http: are understood
 * @property {string} [room]
 * @property {string | (() => string | Promise<string>)} token a JWT, or a function that is asked for one at each connection
 * @property {MediaStream | Wishes | {audio?: Wish, video?: Wish}} [media] what to send: a stream, `{ mic, camera, screen }`, or what
 *   getUserMedia takes; nothing by default. Tracks that are handed in stay yours to stop.
 * @property {string} [name] if the token allows it
 * @property {Record<string, string>} [attributes] if the token allows it
 * @property {string} [region] ICE servers of this region come first
 * @property {RTCIceTransportPolicy} [iceTransportPolicy] `relay` sends all media through TURN
 * @property {AbortSignal} [signal] gives up joining, or leaves
 * @property {import('./platform.js').Platform} [platform] for tests, and for places that are not a browser
 */

/**
 * Joins a room and resolves when the server has welcomed us. Who is there already is in `call.peers`.
 * @param {JoinOptions} options
 * @returns {Promise<Call>}
 * @throws {ParleyError} the server's codes, or `unreachable`, `media_denied`, `media_missing`, `media_busy`,
 *   `insecure_context`, `protocol`, `aborted`
 */
export async function join({ url, room, token, media = {}, signal, platform = browserPlatform(), ...options }) {
  const ask = typeof token === 'function' ? async () => token() : async () => token;
  const call = new Call(socketUrl(url, room), { ...options, token: ask }, platform);
  if (signal?.aborted) throw new ParleyError('aborted', 'Joining was given up.');
  signal?.addEventListener('abort', () => call.leave(), { once: true });
  return call.start(wishesOf(media));
}

/**
 * @param {NonNullable<JoinOptions['media']>} media
 * @returns {Wishes}
 */
function wishesOf(media) {
  if ('getTracks' in media) {
    const of = (/** @type {string} */ kind) => media.getTracks().find((track) => track.kind === kind) ?? false;
    return { mic: of('audio'), camera: of('video') };
  }
  /** @type {Wishes & {audio?: Wish, video?: Wish}} */
  const { audio, video, mic = audio, camera = video, screen } = media;
  return { mic, camera, screen };
}

/**
 * @param {string} url
 * @param {string} [room]
 * @returns {string}
 */
function socketUrl(url, room) {
  const parsed = parse(url);
  parsed.protocol = parsed.protocol.replace(/^http/, 'ws');
  if (room !== undefined) {
    if (!ROOM.test(room)) throw new ParleyError('bad_message', 'A room is 1 to 128 of A-Z a-z 0-9 - . _ ~ @ : =');
    parsed.pathname = `/v1/rooms/${room}/ws`;
  }
  parsed.hash = '';
  return parsed.href;
}

/** @param {string} url */
function parse(url) {
  try {
    return new URL(url);
  } catch (cause) {
    throw new ParleyError('bad_message', 'The url is not a URL.', { cause });
  }
}
