// proxy - a TCP proxy on loopback that spoils connections on request: this kernel has no netem.
import { connect, createServer } from 'node:net';

import { Pipe } from './pipe.mjs';

/** A connection that is frozen for good is forgotten at last, as a middlebox would. */
const FOREVER_MS = 90_000;

/** libuv refuses to reset what is being shut down, and Node then never closes it. @param {import('node:net').Socket} socket */
function reset(socket) {
  if (socket.connecting || (socket.writableEnded && !socket.writableFinished)) socket.destroy();
  else socket.resetAndDestroy();
}

/** One client's connection and the one to the server that belongs to it. */
export class Pair {
  #client;
  #server;
  #up;
  #down;
  #onGone;
  /** @type {Set<NodeJS.Timeout>} */
  #timers = new Set();
  #isGone = false;
  #isFrozen = false;
  #isLost = false;

  /** In the order of opening, from 1. */
  number;

  /**
   * @param {number} number
   * @param {import('node:net').Socket} client
   * @param {number} port the server's
   * @param {() => void} onGone
   */
  constructor(number, client, port, onGone) {
    this.number = number;
    this.#client = client;
    this.#onGone = onGone;
    this.#server = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.#up = new Pipe(client, this.#server, () => this.cut());
    this.#down = new Pipe(this.#server, client, () => this.cut());
    for (const socket of [client, this.#server]) {
      socket.setNoDelay(true);
      socket.on('error', () => this.#onBroken());
      socket.on('close', () => this.#onClosed());
    }
  }

  get isGone() {
    return this.#isGone;
  }

  get isFrozen() {
    return this.#isFrozen;
  }

  /** Bytes that came through: {up, down}. */
  get passed() {
    return { up: this.#up.passed, down: this.#down.passed };
  }

  /** Ends both sides at once: with a reset, or with a FIN as after a clean shutdown. @param {'rst' | 'fin'} how */
  cut(how = 'rst') {
    if (this.#isGone) return;
    this.#forget();
    for (const socket of [this.#client, this.#server])
      if (how === 'fin') socket.destroySoon();
      else reset(socket);
  }

  /** Cuts in the middle of whatever is being said: after so many bytes more. @param {'up' | 'down'} way @param {number} bytes */
  cutAfter(way, bytes) {
    (way === 'up' ? this.#up : this.#down).cutAfter(Math.max(1, bytes));
  }

  /** Half open: both sides stay connected and nothing passes, not even an end; for good where no time is given. @param {number} [ms] */
  freeze(ms = Infinity) {
    this.#isFrozen = true;
    this.#isLost = ms === Infinity;
    this.#up.freeze();
    this.#down.freeze();
    this.#in(Math.min(ms, FOREVER_MS), () => (ms === Infinity ? this.cut() : this.thaw()));
  }

  thaw() {
    this.#isFrozen = false;
    this.#isLost = false;
    this.#up.thaw();
    this.#down.thaw();
  }

  /** Ends every fault: what was frozen for good is cut, the rest is as good as new. */
  mend() {
    if (this.#isLost) {
      this.cut();
      return;
    }
    for (const pipe of [this.#up, this.#down]) {
      pipe.cutAfter(Infinity);
      pipe.delay(0);
      pipe.throttle(Infinity);
    }
    this.thaw();
  }

  /** Holds each way back by so much, for a time. @param {{up?: number, down?: number}} by @param {number} ms */
  delay({ up = 0, down = 0 }, ms) {
    this.#up.delay(up);
    this.#down.delay(down);
    this.#in(ms, () => {
      this.#up.delay(0);
      this.#down.delay(0);
    });
  }

  /** @param {number} bytesPerS of each way @param {number} ms */
  throttle(bytesPerS, ms) {
    const set = (rate) => [this.#up, this.#down].forEach((pipe) => pipe.throttle(rate));
    set(bytesPerS);
    this.#in(ms, () => set(Infinity));
  }

  #in(ms, run) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#isGone) run();
    }, ms);
    this.#timers.add(timer);
  }

  /** A reset passes at once, unless nothing passes. */
  #onBroken() {
    if (!this.#isFrozen) this.cut();
  }

  #onClosed() {
    if (this.#client.destroyed && this.#server.destroyed) this.#forget();
  }

  #forget() {
    if (this.#isGone) return;
    this.#isGone = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#up.close();
    this.#down.close();
    this.#onGone();
  }
}

/** Listens on a port of its own and passes everything on to `port`, until told otherwise. */
export class ChaosProxy {
  #server;
  /** @type {Map<number, Pair>} */
  #pairs = new Map();
  #opened = 0;
  #refusesUntil = 0;

  /** Where the server listens; it may move. */
  target = 0;
  /** How many connections were turned away. */
  refused = 0;

  constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#onClient(socket));
  }

  /** @param {number} target @returns {Promise<number>} the port to connect to */
  listen(target) {
    this.target = target;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', () => resolve(this.#server.address().port));
    });
  }

  /** What is open now, the oldest first. */
  get pairs() {
    return [...this.#pairs.values()];
  }

  get opened() {
    return this.#opened;
  }

  /** Turns new connections away for a time; those that are open stay. @param {number} ms */
  refuse(ms) {
    this.#refusesUntil = Math.max(this.#refusesUntil, performance.now() + ms);
  }

  /**
   * Lets what was said on one connection overtake what was said before on another.
   * @param {Pair[]} pairs @param {import('./random.mjs').Random} random @param {number} mostMs of delay @param {number} ms how long
   */
  reorder(pairs, random, mostMs, ms) {
    for (const pair of pairs) pair.delay({ up: random.between(0, mostMs), down: random.between(0, mostMs) }, ms);
  }

  /** Ends every fault. */
  mend() {
    this.#refusesUntil = 0;
    for (const pair of this.pairs) pair.mend();
  }

  close() {
    this.#server.close();
    for (const pair of this.pairs) pair.cut();
  }

  /** @param {import('node:net').Socket} socket */
  #onClient(socket) {
    if (performance.now() < this.#refusesUntil) {
      this.refused += 1;
      socket.on('error', () => {});
      socket.resetAndDestroy();
      return;
    }
    const number = ++this.#opened;
    this.#pairs.set(number, new Pair(number, socket, this.target, () => this.#pairs.delete(number)));
  }
}
