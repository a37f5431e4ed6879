// @ts-check
/** emitter - typed events, without the DOM. */

/**
 * What call.on() and call.off() come from.
 * @template {Record<string, any>} Events name of each event, and what its handlers are given
 */
export class Emitter {
  /** @type {Map<keyof Events, Set<(event: any) => void>>} */
  #handlers = new Map();
  /** @type {(() => void)[]} */
  #held = [];
  #isHolding = false;

  /**
   * @template {keyof Events} K
   * @param {K} name
   * @param {(event: Events[K]) => void} handler
   * @returns {() => void} takes the handler off again
   */
  on(name, handler) {
    const handlers = this.#handlers.get(name) ?? new Set();
    this.#handlers.set(name, handlers.add(handler));
    return () => this.off(name, handler);
  }

  /**
   * @template {keyof Events} K
   * @param {K} name
   * @param {(event: Events[K]) => void} handler
   */
  off(name, handler) {
    this.#handlers.get(name)?.delete(handler);
  }

  /**
   * Calls the handlers. One that throws is reported and does not keep the others from running.
   * @template {keyof Events} K
   * @param {K} name
   * @param {Events[K]} event
   */
  emit(name, event) {
    if (this.#isHolding) this.#held.push(() => this.emit(name, event));
    else this.#tell(name, event);
  }

  /** For the SDK: events wait until what they tell of is complete. */
  hold() {
    this.#isHolding = true;
  }

  /** For the SDK: tells what waited, in the order in which it came. */
  release() {
    this.#isHolding = false;
    for (let tell = this.#held.shift(); tell; tell = this.#held.shift()) tell();
  }

  /** For the SDK: what waited is of no interest any more. */
  forget() {
    this.#isHolding = false;
    this.#held = [];
  }

  /**
   * @template {keyof Events} K
   * @param {K} name
   * @param {Events[K]} event
   */
  #tell(name, event) {
    for (const handler of [...(this.#handlers.get(name) ?? [])]) {
      try {
        handler(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
