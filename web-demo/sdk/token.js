// @ts-check
/** token - what a token says, read without its key. Nothing is trusted because of it: the server verifies. */
import { ParleyError } from './errors.js';

/**
 * The claims of a JWT.
 * @param {string} token
 * @returns {Record<string, any>} empty where the text is no JWT
 */
export function claimsOf(token) {
  try {
    const bytes = atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'));
    const claims = JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0))));
    return typeof claims === 'object' && claims !== null ? claims : {};
  } catch {
    return {};
  }
}

/**
 * A token that may be sent: what it holds is the server's to judge.
 * @param {unknown} token
 * @returns {string}
 * @throws {ParleyError} `bad_message`
 */
export function checkToken(token) {
  if (typeof token === 'string' && token !== '') return token;
  throw new ParleyError('bad_message', '`token` must be a JWT (a string that is not empty), or a function that gives one.', { field: 'token' });
}
