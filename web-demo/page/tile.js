// @ts-check
/** tile - one picture in the call: somebody's camera or screen, with a name. */
import { cloneTemplate, find } from './dom.js';

const HUES = 6;

/** @typedef {{name: string, identity: string}} Person */

/** Lives as long as its peer is in the call, or its screen is shared. */
export class Tile {
  /** @readonly */
  element = cloneTemplate('#tile-template');
  #video = find('video', HTMLVideoElement, this.element);
  #avatar = find('.avatar', HTMLElement, this.element);
  #name = find('.name', HTMLElement, this.element);
  #micOff = find('.icon-mic-off', HTMLElement, this.element);
  #state = find('.tile-state', HTMLElement, this.element);

  /**
   * @param {string} id of the peer, for tests and for people with developer tools
   * @param {'camera' | 'screen'} kind
   * @param {MediaStream} stream
   * @param {boolean} isSelf one's own tile is silent, and mirrored unless it is a screen
   */
  constructor(id, kind, stream, isSelf) {
    this.element.dataset.peer = id;
    this.element.dataset.kind = kind;
    this.element.classList.toggle('screen', kind === 'screen');
    this.element.classList.toggle('self', isSelf);
    this.#video.classList.toggle('mirrored', isSelf && kind === 'camera');
    this.#video.muted = isSelf;
    this.#video.srcObject = stream;
  }

  /**
   * @param {Person} person
   * @param {string} label what is written on the tile: text, whatever it looks like
   */
  setPerson(person, label) {
    this.#name.textContent = label;
    showAvatar(this.#avatar, person);
  }

  /** @param {boolean} isOn */
  setVideo(isOn) {
    this.#video.hidden = !isOn;
    this.#avatar.hidden = isOn;
  }

  /** @param {boolean} isOff */
  setMicOff(isOff) {
    this.#micOff.hidden = !isOff;
  }

  /**
   * @param {Person} person who shares
   * @param {string} label
   */
  setScreenOf(person, label) {
    this.setPerson(person, label);
    this.setVideo(true);
  }

  /** A line over the picture, which goes on. @param {string} text empty when all is well */
  setState(text) {
    this.#state.textContent = text;
    this.#state.hidden = text === '';
  }

  /** Starts what the browser held back until the person did something. */
  play() {
    this.#video.play().catch(() => {});
  }

  remove() {
    this.#video.srcObject = null;
    this.element.remove();
  }
}

/**
 * The first letter of the name, on a colour that stays with the person.
 * @param {HTMLElement} element
 * @param {Person} person
 */
export function showAvatar(element, { name, identity }) {
  const first = [...name.trim()][0] ?? '';
  element.textContent = first.toLocaleUpperCase();
  element.classList.toggle('nobody', first === '');
  let hash = 0;
  for (const char of identity || name) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 9973;
  element.dataset.hue = String(hash % HUES);
}
