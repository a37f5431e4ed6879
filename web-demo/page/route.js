// @ts-check
/** route - what the address says: the room, and an invitation's token. */

/** docs/protocol.md, "The connection". */
const ROOM = /^(?!\.{1,2}$)[A-Za-z0-9\-._~@:=]{1,128}$/;
/** No letters or digits that are easily mixed up when read aloud. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz';

/**
 * @param {string} name
 * @returns {boolean}
 */
export function isRoom(name) {
  return ROOM.test(name);
}

/**
 * The room of `/r/{room}`, null elsewhere, undefined where the name cannot be one.
 * @param {string} path
 * @returns {string | null | undefined}
 */
export function roomOfPath(path) {
  const match = /^\/r\/([^/]*)$/.exec(path);
  if (!match) return null;
  try {
    const room = decodeURIComponent(match[1]);
    return isRoom(room) ? room : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Takes the token out of the address, so that it stays in no history, screenshot or copied link.
 * @returns {string | null}
 */
export function takeToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (location.hash) history.replaceState(history.state, '', location.pathname + location.search);
  return token || null;
}

/**
 * A room name that nobody guesses: xxx-xxxx-xxx, 45 random bits.
 * @returns {string}
 */
export function randomRoom() {
  const letters = [...crypto.getRandomValues(new Uint32Array(10))].map((value) => LETTERS[value % LETTERS.length]).join('');
  return `${letters.slice(0, 3)}-${letters.slice(3, 7)}-${letters.slice(7)}`;
}

/**
 * The address that others may open; it carries no token.
 * @param {string} room
 * @returns {string}
 */
export function inviteLink(room) {
  return `${location.origin}/r/${room}`;
}
