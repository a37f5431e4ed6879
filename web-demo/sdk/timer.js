// @ts-check
/** timer - one wait at a time. */

/** A wait that is replaced by the next. */
export class Timer {
  #platform;
  /** @type {any} */
  #id;

  /** @param {import('./platform.js').Platform} platform */
  constructor(platform) {
    this.#platform = platform;
  }

  get isSet() {
    return this.#id !== undefined;
  }

  /**
   * @param {number} ms
   * @param {(lateMs: number) => void} run is told how much too late it is: the machine may have slept
   */
  in(ms, run) {
    const now = () => this.#platform.now?.() ?? Date.now();
    const due = now() + ms;
    this.clear();
    this.#id = this.#platform.setTimeout(() => {
      this.#id = undefined;
      run(now() - due);
    }, ms);
  }

  clear() {
    this.#platform.clearTimeout(this.#id);
    this.#id = undefined;
  }
}
