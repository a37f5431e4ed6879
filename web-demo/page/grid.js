// @ts-check
/** grid - tiles side by side, kept as large as their part of the window lets them be. */
import { bestGrid } from './layout.js';
import { Tile } from './tile.js';

const GAP_PX = 12;

/** @typedef {{id: string, streams: {readonly main: MediaStream, readonly screen: MediaStream}}} Source */

/** The people, or the shared screens. */
export class Grid {
  #element;
  #kind;
  /** @type {Map<string, Tile>} by peer, or `self` */
  #tiles = new Map();

  /**
   * @param {HTMLElement} element
   * @param {'camera' | 'screen'} kind what its tiles show
   */
  constructor(element, kind) {
    this.#element = element;
    this.#kind = kind;
    new ResizeObserver(() => this.#arrange()).observe(element);
  }

  /**
   * The tile of a peer; made when it is not there.
   * @param {Source} peer
   * @param {boolean} isSelf
   * @returns {Tile}
   */
  tile(peer, isSelf) {
    const key = isSelf ? 'self' : peer.id;
    const known = this.#tiles.get(key);
    if (known) return known;
    const stream = this.#kind === 'screen' ? peer.streams.screen : peer.streams.main;
    const tile = new Tile(peer.id, this.#kind, stream, isSelf);
    this.#tiles.set(key, tile);
    this.#element.append(tile.element);
    this.#arrange();
    return tile;
  }

  /** @param {string} id of the peer, or `self` */
  remove(id) {
    this.#tiles.get(id)?.remove();
    this.#tiles.delete(id);
    this.#arrange();
  }

  clear() {
    for (const id of [...this.#tiles.keys()]) this.remove(id);
  }

  #arrange() {
    this.#element.hidden = this.#tiles.size === 0;
    const { clientWidth, clientHeight } = this.#element;
    if (this.#tiles.size === 0 || clientWidth === 0) return;
    const { width, height } = bestGrid(this.#tiles.size, clientWidth, clientHeight, GAP_PX);
    this.#element.style.setProperty('--tile-width', `${width}px`);
    this.#element.style.setProperty('--tile-height', `${height}px`);
  }
}
