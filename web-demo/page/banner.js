// @ts-check
/** banner - the one line that says how the call is doing; screen readers hear it. */
import { find } from './dom.js';

const NOTE_MS = 4000;

/** Shows a passing note before the standing state. */
export class Banner {
  #element = find('#banner', HTMLElement);
  #standing = '';
  #note = '';
  /** @type {number | undefined} */
  #timer;

  /** What is so until it changes. @param {string} text empty when all is well */
  set(text) {
    this.#standing = text;
    this.#show();
  }

  /** What was just done; goes away by itself. @param {string} text */
  note(text) {
    this.#note = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#note = '';
      this.#show();
    }, NOTE_MS);
    this.#show();
  }

  #show() {
    const text = this.#note || this.#standing;
    if (this.#element.textContent !== text) this.#element.textContent = text;
    this.#element.hidden = text === '';
    this.#element.classList.toggle('calm', this.#note !== '');
  }
}
