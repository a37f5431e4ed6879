// @ts-check
/** presence - oneself, as the others see it. */
import { ParleyError } from './errors.js';
import { SOURCES } from './local_media.js';
import { Peer } from './peer.js';

/**
 * @typedef {object} PresenceHooks
 * @property {(message: Record<string, unknown>) => Promise<unknown>} request
 * @property {(self: Peer) => void} onChange
 * @property {(error: ParleyError) => void} onError
 */

/** Name, attributes and what is on; told at hello, and when it changes. */
export class Presence {
  #local;
  #hooks;
  #name;
  #attributes;
  /** @type {Peer | null} */
  #self = null;

  /**
   * @param {{name?: string, attributes?: Record<string, string>}} wishes
   * @param {import('./local_media.js').LocalMedia} local
   * @param {PresenceHooks} hooks
   */
  constructor({ name, attributes }, local, hooks) {
    this.#name = name;
    this.#attributes = attributes;
    this.#local = local;
    this.#hooks = hooks;
  }

  /** Null before the first welcome. */
  get self() {
    return this.#self;
  }

  /** What hello says of it. */
  get wishes() {
    return { name: this.#name, attributes: this.#attributes, media: this.#local.state };
  }

  /**
   * Takes what the server made of them.
   * @param {import('./messages.js').PeerInfo} info
   * @param {boolean} isOld it is from a ticket, and no hello has said what is so now: tell() does
   */
  begin(info, isOld) {
    this.#self ??= new Peer(info, this.#local.streams);
    if (!isOld) this.#self.setInfo(info);
  }

  /**
   * @param {{name?: string, attributes?: Record<string, string>}} change
   * @returns {Promise<void>}
   */
  async update({ name, attributes }) {
    await this.#hooks.request({ type: 'update', name, attributes });
    this.#name = name ?? this.#name;
    this.#attributes = { ...this.#attributes, ...attributes };
    const merged = Object.entries({ ...this.#self?.attributes, ...attributes }).filter(([, value]) => value !== '');
    const plain = Object.freeze(Object.assign(Object.create(null), Object.fromEntries(merged)));
    this.#set({ attributes: plain, ...(name === undefined ? {} : { name }) });
  }

  /**
   * Tells what is on, if that is news, and what else of us the home does not know. Without a connection the next hello does.
   * @param {import('./messages.js').PeerInfo | null} known what it knows
   */
  async tell(known = this.#self) {
    const media = this.#local.state;
    const { name, attributes } = this.#self ?? {};
    const change = {
      ...(SOURCES.every((source) => known?.media[source] === media[source]) ? {} : { media }),
      ...(name === known?.name ? {} : { name }),
      ...(isSame(attributes, known?.attributes) ? {} : { attributes: { ...blank(known?.attributes), ...attributes } }),
    };
    if (Object.keys(change).length === 0) return;
    this.#set({ media });
    try {
      await this.#hooks.request({ type: 'update', ...change });
    } catch (error) {
      if (error instanceof ParleyError && error.code !== 'unreachable') this.#hooks.onError(error);
    }
  }

  /** @param {Partial<import('./messages.js').PeerInfo>} change */
  #set(change) {
    if (!this.#self) return;
    const { id, identity, name, metadata, attributes, media, receipts } = this.#self;
    if (this.#self.setInfo({ id, identity, name, metadata, attributes, media, receipts, ...change })) this.#hooks.onChange(this.#self);
  }
}

/** An update that removes them. @param {Record<string, string>} [attributes] */
function blank(attributes = {}) {
  return Object.fromEntries(Object.keys(attributes).map((key) => [key, '']));
}

/** @type {(a?: Record<string, string>, b?: Record<string, string>) => boolean} */
function isSame(a = {}, b = {}) {
  return Object.keys(a).length === Object.keys(b).length && Object.keys(a).every((key) => a[key] === b[key]);
}
