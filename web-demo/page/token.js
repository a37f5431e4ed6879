// @ts-check
/** token - where the page's token comes from: the invitation, or a server in --dev mode. */
import { ParleyError } from '/sdk/parley.js';
import { claimsOf } from '/sdk/token.js';

const KEY = 'parley.invitation.';

/**
 * @typedef {object} Invitation
 * @property {string} name the name that the token gives, or ''
 * @property {boolean} mayRename
 */

/**
 * Asks a server that runs with --dev for a token.
 * @param {string} room
 * @param {string} name
 * @returns {Promise<string>}
 * @throws {ParleyError} `needs_invitation` where the server is not in --dev mode, `unreachable`
 */
export async function devToken(room, name) {
  const answer = await post('/v1/dev/token', { room, name });
  if (answer.status === 404) throw new ParleyError('needs_invitation', 'This server gives tokens to invited people only.');
  const body = await answer.json().catch(() => ({}));
  if (typeof body?.token === 'string') return body.token;
  throw new ParleyError(typeof body?.code === 'string' ? body.code : 'unreachable', `No token came (${answer.status}).`);
}

/**
 * What an invitation says about its guest. Nothing is trusted because of it: the server verifies.
 * @param {string} token
 * @returns {Invitation}
 */
export function readInvitation(token) {
  const { name, video } = claimsOf(token);
  return { name: typeof name === 'string' ? name : '', mayRename: video === undefined || video?.canUpdateOwnMetadata === true };
}

/**
 * Keeps an invitation through reloads of this tab; the tab's end is its end.
 * @param {string} room
 * @param {string | null} token null forgets it
 */
export function keepInvitation(room, token) {
  try {
    if (token === null) sessionStorage.removeItem(KEY + room);
    else sessionStorage.setItem(KEY + room, token);
  } catch {
    // Storage may be off: a reload then asks for the invitation again.
  }
}

/**
 * @param {string} room
 * @returns {string | null} the invitation that this tab came with
 */
export function recallInvitation(room) {
  try {
    return sessionStorage.getItem(KEY + room);
  } catch {
    return null;
  }
}

/**
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<Response>}
 */
async function post(path, body) {
  try {
    return await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  } catch (cause) {
    throw new ParleyError('unreachable', 'The server did not answer.', { cause });
  }
}
