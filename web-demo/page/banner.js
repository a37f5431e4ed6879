// @ts-check
/** banner - the one line that says how the call is doing; screen readers hear it. */
import { find } from './dom.js';

/** What is over before it can be read need not be told. */
const PATIENCE_MS = 1000;
const NOTE_MS = 4000;
/** A warning takes longer to read, and comes when nobody expects it. */
const WARNING_MS = 12_000;

/** @typedef {'busy' | 'good' | 'warning' | 'calm'} Mood how it looks: something goes on, ended well, is worth knowing, or just happened */

/** Shows a passing note before the standing state. */
export class Banner {
  #element = find('#banner', HTMLElement);
  #text = find('#banner-text', HTMLElement);
  #standing = '';
  /** The standing text has stood for long enough. */
  #isDue = false;
  /** @type {{text: string, mood: Mood} | null} */
  #note = null;
  /** @type {number | undefined} */
  #standingTimer;
  /** @type {number | undefined} */
  #noteTimer;

  /** Whether there is something that has been so for a while. */
  get isStanding() {
    return this.#isDue;
  }

  /** What is so until it changes. @param {string} text empty when all is well */
  set(text) {
    if (text === this.#standing) return;
    const isFirst = this.#standing === '';
    this.#standing = text;
    if (isFirst) this.#standingTimer = setTimeout(() => this.#onDue(), PATIENCE_MS);
    if (text === '') {
      clearTimeout(this.#standingTimer);
      this.#isDue = false;
    }
    this.#show();
  }

  /**
   * What was just done; goes away by itself. No trifle takes the place of a warning.
   * @param {string} text
   * @param {Mood} [mood]
   */
  note(text, mood = 'calm') {
    if (this.#note?.mood === 'warning' && mood === 'calm') return;
    this.#note = { text, mood };
    clearTimeout(this.#noteTimer);
    this.#noteTimer = setTimeout(() => this.#dropNote(), mood === 'warning' ? WARNING_MS : NOTE_MS);
    this.#show();
  }

  /** All that was said belongs to a call that is over. */
  clear() {
    clearTimeout(this.#noteTimer);
    this.#note = null;
    this.set('');
    this.#show();
  }

  #onDue() {
    this.#isDue = true;
    this.#show();
  }

  #dropNote() {
    this.#note = null;
    this.#show();
  }

  #show() {
    const { text, mood } = this.#note ?? { text: this.#isDue ? this.#standing : '', mood: 'busy' };
    if (this.#text.textContent !== text) this.#text.textContent = text;
    this.#element.hidden = text === '';
    this.#element.dataset.mood = mood;
  }
}
