// wait.mjs - waiting for what must happen: for an event and with a bound, never by sleeping.

/** The bound of one wait. It only turns a hang into a failure; nothing is measured by it. */
export const WAIT_MS = Number(process.env.PARLEY_E2E_WAIT_MS ?? 30_000);

/**
 * Rejects when `promise` has not settled in time; `what` completes the sentence "waited in vain for ...".
 * @template T
 * @param {Promise<T>} promise
 * @param {string | (() => string)} what
 * @returns {Promise<T>}
 */
export async function within(promise, what, ms = WAIT_MS) {
  let timer;
  const bound = new Promise((_, reject) => {
    const giveUp = () => reject(new Error(`waited in vain for ${typeof what === 'function' ? what() : what}`));
    timer = setTimeout(giveUp, ms);
  });
  try {
    return await Promise.race([promise, bound]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks again until `probe` gives something true. Each question is a round trip to the server, which is pause enough.
 * @template T
 * @param {() => Promise<T>} probe
 * @param {string} what
 */
export async function eventually(probe, what, ms = WAIT_MS) {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
  }
}

/** Things that arrive one after another; whoever waits for one gets it, the others stay for those who ask later. */
export class Inbox {
  #seen = [];
  #untaken = [];
  #waiters = [];
  #end = null;

  /** Everything that ever arrived. */
  get seen() {
    return [...this.#seen];
  }

  /** What nobody has taken yet. */
  get untaken() {
    return [...this.#untaken];
  }

  push(item) {
    this.#seen.push(item);
    for (const peek of this.#waiters.filter((waiter) => !waiter.takes && waiter.wants(item))) this.#settle(peek, item);
    const taker = this.#waiters.find((waiter) => waiter.takes && waiter.wants(item));
    if (taker) this.#settle(taker, item);
    else this.#untaken.push(item);
  }

  /** Nothing more will come: who still waits is told `why`. */
  end(why) {
    this.#end = why;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#failure(waiter.what));
  }

  /** Removes and gives the first item that `wants` accepts, now or when it arrives. */
  take(wants, what) {
    const index = this.#untaken.findIndex(wants);
    if (index >= 0) return Promise.resolve(this.#untaken.splice(index, 1)[0]);
    return this.#wait({ takes: true, wants, what });
  }

  /** As take(), but leaves the item for others and looks at everything that ever arrived. */
  find(wants, what) {
    const item = this.#seen.find(wants);
    if (item !== undefined) return Promise.resolve(item);
    return this.#wait({ takes: false, wants, what });
  }

  /** Forgets what nobody took, and gives it. */
  drain() {
    return this.#untaken.splice(0);
  }

  #wait(waiter) {
    if (this.#end) return Promise.reject(this.#failure(waiter.what));
    const promise = new Promise((resolve, reject) => Object.assign(waiter, { resolve, reject }));
    this.#waiters.push(waiter);
    return within(promise, () => `${waiter.what}; untaken: ${this.#summary()}`).finally(() => this.#forget(waiter));
  }

  #settle(waiter, item) {
    this.#forget(waiter);
    waiter.resolve(item);
  }

  #forget(waiter) {
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
  }

  #failure(what) {
    return new Error(`no more ${what}: ${this.#end}; untaken: ${this.#summary()}`);
  }

  #summary() {
    return JSON.stringify(this.#untaken.slice(-8)).slice(0, 2000);
  }
}
