// @ts-check
/** token - where tokens come from, and what one says, read without its key. Nothing is trusted because of it: the server verifies. */
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

/** The tokens of one call; one that was looked at is not asked for again. */
export class Tokens {
  #source;
  /** @type {Promise<string> | null} */
  #next = null;

  /** @param {string | (() => string | Promise<string>)} source */
  constructor(source) {
    this.#source = typeof source === 'function' ? source : checkToken(source);
  }

  /** Whether each take() may give another one. */
  get isRenewable() {
    return typeof this.#source === 'function';
  }

  /** The token that take() will give. */
  peek() {
    return (this.#next ??= this.#ask());
  }

  /**
   * @returns {Promise<string>}
   * @throws {ParleyError} what the application's function threw; `unreachable` where that was no ParleyError
   */
  take() {
    const token = this.peek();
    this.#next = null;
    return token;
  }

  async #ask() {
    if (typeof this.#source === 'string') return this.#source;
    try {
      return checkToken(await this.#source());
    } catch (cause) {
      throw cause instanceof ParleyError ? cause : new ParleyError('unreachable', 'No token could be had.', { cause });
    }
  }
}
