// @ts-check
/** grid - the tiles of a call, kept as large as the window lets them be. */
import { find } from './dom.js';
import { bestGrid } from './layout.js';
import { Tile } from './tile.js';

const GAP_PX = 12;

export class Grid {
  #element = find('#grid', HTMLElement);
  /** @type {Map<string, Tile>} */
  #tiles = new Map();

  constructor() {
    new ResizeObserver(() => this.#arrange()).observe(this.#element);
  }

  /** The number of tiles. */
  get size() {
    return this.#tiles.size;
  }

  /**
   * The tile of a peer's camera or screen; made when it is not there.
   * @param {{id: string, streams: {readonly main: MediaStream, readonly screen: MediaStream}}} peer
   * @param {'camera' | 'screen'} kind
   * @param {boolean} isSelf
   * @returns {Tile}
   */
  tile(peer, kind, isSelf) {
    const key = `${kind} ${isSelf ? 'self' : peer.id}`;
    const known = this.#tiles.get(key);
    if (known) return known;
    const tile = new Tile(peer.id, kind, kind === 'screen' ? peer.streams.screen : peer.streams.main, isSelf);
    this.#tiles.set(key, tile);
    if (kind === 'screen') this.#element.prepend(tile.element);
    else this.#element.append(tile.element);
    this.#arrange();
    return tile;
  }

  /**
   * @param {string} id of the peer, or `self`
   * @param {'camera' | 'screen'} kind
   */
  remove(id, kind) {
    const key = `${kind} ${id}`;
    this.#tiles.get(key)?.remove();
    this.#tiles.delete(key);
    this.#arrange();
  }

  clear() {
    for (const tile of this.#tiles.values()) tile.remove();
    this.#tiles.clear();
  }

  #arrange() {
    const { clientWidth, clientHeight } = this.#element;
    if (this.#tiles.size === 0 || clientWidth === 0) return;
    const { columns, width, height } = bestGrid(this.#tiles.size, clientWidth, clientHeight, GAP_PX);
    this.#element.style.setProperty('--columns', String(columns));
    this.#element.style.setProperty('--tile-width', `${width}px`);
    this.#element.style.setProperty('--tile-height', `${height}px`);
  }
}
