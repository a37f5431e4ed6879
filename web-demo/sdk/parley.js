// @ts-check
/**
 * parley - joins a call.
 *
 *     import { join } from '/sdk/parley.js';
 *     const call = await join({ url: 'wss://call.example.org', token, media: { mic: true, camera: true } });
 *     call.on('track', ({ peer, stream }) => { videoOf(peer).srcObject = stream; });
 */
import { isOrigin, roomOfToken, socketUrl } from './address.js';
import { Call } from './call.js';
import { ParleyError } from './errors.js';
import { browserPlatform } from './platform.js';
import { Tokens } from './token.js';

export { Call } from './call.js';
export { ParleyError } from './errors.js';
export { capture, captureTogether } from './local_media.js';
export { Peer } from './peer.js';

/** @typedef {import('./local_media.js').Wish} Wish */
/** @typedef {Partial<Record<'mic' | 'camera' | 'screen', Wish>>} Wishes */

/**
 * @typedef {object} JoinOptions
 * @property {string} url `wss://HOST`, or the whole `wss://HOST/v1/rooms/ROOM/ws`; https: and http: are understood
 * @property {string} [room] where it is absent and the url is `wss://HOST` alone, the room is the one that the token names (`video.room`)
 * @property {string | (() => string | Promise<string>)} token a JWT, or a function that is asked for one when one is needed: to
 *   join, to join anew after the session was lost, and shortly before the present one expires; coming back needs none
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
 *   `insecure_context`, `protocol`, `aborted`; `bad_message` with the option's name in `field` where an option makes no sense
 */
export async function join({ url, room, token, media = {}, signal, platform = browserPlatform(), ...options }) {
  const tokens = new Tokens(token);
  const where = room === undefined && isOrigin(url) ? roomOfToken(await tokens.peek()) : room;
  const call = new Call(socketUrl(url, where), { ...options, tokens }, platform);
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
