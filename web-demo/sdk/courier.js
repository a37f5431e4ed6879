// @ts-check
/** courier - takes the offers, answers and candidates of the links to their peers. */
import { ParleyError, isClosing } from './errors.js';

/** Until what found the queue to its addressee full is sent again. */
const RESEND_MS = 1000;

/** @typedef {'offer' | 'answer' | 'candidate'} Kind */

/** What it cannot deliver is told only where nothing else tells it. */
export class Courier {
  #platform;
  #delivery;
  #linkOf;
  #warn;

  /**
   * @param {import('./platform.js').Platform} platform
   * @param {{relay: import('./delivery.js').Delivery['relay']}} delivery
   * @param {(id: string) => import('./link.js').Link | undefined} linkOf
   * @param {(error: unknown) => void} warn
   */
  constructor(platform, delivery, linkOf, warn) {
    this.#platform = platform;
    this.#delivery = delivery;
    this.#linkOf = linkOf;
    this.#warn = warn;
  }

  /**
   * @param {string} to
   * @param {Kind} kind
   * @param {unknown} body
   */
  async send(to, kind, body) {
    const link = this.#linkOf(to);
    try {
      await this.#delivery.relay(to, kind, body);
    } catch (error) {
      const { code, reason } = error instanceof ParleyError ? error : { code: '', reason: '' };
      // A peer that is gone is told by peer-left, a lost session by its end; who left knows it.
      if (code !== 'undelivered' && code !== 'aborted' && !isClosing(code)) this.#warn(error);
      if (reason === 'outbox-full') this.#platform.setTimeout(() => this.#sendAgain(link, to, kind, body), RESEND_MS);
    }
  }

  /**
   * @param {import('./link.js').Link | undefined} link as it was when it was first sent
   * @param {string} to
   * @param {Kind} kind
   * @param {unknown} body
   */
  #sendAgain(link, to, kind, body) {
    if (link === undefined || this.#linkOf(to) !== link) return;
    if (kind === 'candidate') void this.send(to, kind, body);
    else link.resend(kind);
  }
}
