// @ts-check
/** address - where a call is: the URL of its WebSocket, from what the application gave. */
import { ParleyError } from './errors.js';
import { claimsOf } from './token.js';

/** docs/protocol.md, "The connection". */
const ROOM = /^(?!\.{1,2}$)[A-Za-z0-9\-._~@:=]{1,128}$/;
const SCHEME = /^(?:wss?|https?):$/;

/**
 * Whether the url alone does not say which room is meant.
 * @param {string} url
 * @returns {boolean}
 * @throws {ParleyError} `bad_message`
 */
export function isOrigin(url) {
  return parse(url).pathname === '/';
}

/**
 * @param {string} url an origin, or the whole address
 * @param {string} [room] replaces the path of the url
 * @returns {string}
 * @throws {ParleyError} `bad_message`
 */
export function socketUrl(url, room) {
  const parsed = parse(url);
  parsed.protocol = parsed.protocol.replace(/^http/, 'ws');
  if (room !== undefined) {
    if (!ROOM.test(room)) throw new ParleyError('bad_message', 'A room is 1 to 128 of A-Z a-z 0-9 - . _ ~ @ : =', { field: 'room' });
    parsed.pathname = `/v1/rooms/${room}/ws`;
  }
  parsed.hash = '';
  return parsed.href;
}

/**
 * The room that a token is for.
 * @param {string} token
 * @returns {string}
 * @throws {ParleyError} `bad_message` where it names none
 */
export function roomOfToken(token) {
  const room = claimsOf(token).video?.room;
  if (typeof room === 'string' && ROOM.test(room)) return room;
  throw new ParleyError('bad_message', 'Which room? Give `room`, or a token that names one (video.room).', { field: 'room' });
}

/** @param {string} url */
function parse(url) {
  try {
    const parsed = new URL(url);
    if (SCHEME.test(parsed.protocol)) return parsed;
  } catch {
    // Told below, as it is of a url with another scheme.
  }
  throw new ParleyError('bad_message', 'url must begin with wss:, ws:, https: or http:', { field: 'url' });
}
