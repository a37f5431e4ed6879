// nemesis - makes faults: to connections through the proxy, to the server through signals; by a plan that follows from a seed.
import { setTimeout as pause } from 'node:timers/promises';

/** Longer than a client's pings and a server's patience; the grace time has to be longer still. */
const LONG_STOP_MS = 30_000;

/** How often each kind comes where the plan is longer than its minimum. */
const WEIGHTS = /** @type {const} */ ([
  ['reset', 16],
  ['fin', 10],
  ['cut', 16],
  ['freeze', 14],
  ['half-open', 8],
  ['delay', 10],
  ['throttle', 8],
  ['reorder', 6],
  ['refuse', 3],
  ['roam', 8],
  ['pause', 4],
  ['kill', 3.5],
  ['restart', 2.5],
]);

export const KINDS = WEIGHTS.map(([kind]) => kind);

/** What else can happen to nodes: see cluster.mjs. */
const CLUSTER_WEIGHTS = /** @type {const} */ ([
  ['bus-cut', 8],
  ['bus-reset', 5],
  ['redis-kill', 3],
  ['redis-stop', 3],
  ['redis-flush', 3],
]);

export const CLUSTER_KINDS = CLUSTER_WEIGHTS.map(([kind]) => kind);

/**
 * Which faults, in which order: each kind at least `least` times, and `stops` long stops; or one kind alone.
 * @param {import('./random.mjs').Random} random
 * @param {{faults: number, least: number, stops: number, nodes: number, only: string | null}} wish
 */
export function planFaults(random, { faults, least, stops, nodes, only }) {
  if (only) return Array(faults).fill(only);
  const weights = nodes > 1 ? [...WEIGHTS, ...CLUSTER_WEIGHTS] : WEIGHTS;
  const plan = [...weights.flatMap(([kind]) => Array(least).fill(kind)), ...Array(stops).fill('stop')];
  while (plan.length < faults) plan.push(random.weighed(weights));
  return random.some(plan, plan.length);
}

/** One fault at a time to the server; those to connections go on meanwhile. */
export class Nemesis {
  #server;
  #proxy;
  #random;
  #history;
  #longStopMs;
  #roam;
  /** @type {Promise<unknown>} */
  #serverFault = Promise.resolve();
  /** Faults so far, by kind. @type {Record<string, number>} */
  counts = {};
  /** What a server did that was told to end. @type {string[]} */
  badEnds = [];

  /**
   * @param {import('./server.mjs').ServerUnderTest | import('./cluster.mjs').ClusterUnderTest} server
   * @param {import('./proxy.mjs').ChaosProxy} proxy
   * @param {import('./random.mjs').Random} random
   * @param {import('./history.mjs').HistoryPart} history
   * @param {() => void} roam has a client change its network: it opens another connection while the former still looks alive
   * @param {number} [longStopMs]
   */
  constructor(server, proxy, random, history, roam, longStopMs = LONG_STOP_MS) {
    this.#server = server;
    this.#proxy = proxy;
    this.#random = random;
    this.#history = history;
    this.#roam = roam;
    this.#longStopMs = longStopMs;
  }

  get total() {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  /**
   * Makes one fault, which may last beyond the end of this call. A second one to the server waits for the first.
   * @param {string} kind
   * @returns {Promise<boolean>} false where there was nothing to hit
   */
  async make(kind) {
    const random = this.#random.fork();
    const isOfServer = kind in this.#serverFaults || CLUSTER_KINDS.includes(kind);
    const hasHit = isOfServer ? await this.#hitServer(kind, random) : this.#hitConnections(kind, random);
    if (hasHit) this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    return hasHit;
  }

  /** Ends all faults; gives back when the server runs and no connection is spoiled. */
  async calm() {
    await this.#serverFault;
    this.#proxy.mend();
  }

  async #hitServer(kind, random) {
    await this.#serverFault;
    this.#serverFault = CLUSTER_KINDS.includes(kind) ? this.#hitBus(kind, random) : this.#serverFaults[kind](random);
    // Whoever waits for it next is told.
    this.#serverFault.catch(() => {});
    return true;
  }

  #hitBus(kind, random) {
    this.#note(kind);
    return this.#server.harm(kind, random);
  }

  #serverFaults = {
    kill: async (random) => {
      const server = this.#server.pick(random);
      this.#note('kill 9');
      await server.kill();
      await this.#startAgain(server, random.between(0, 1500));
    },
    restart: async (random) => {
      const server = this.#server.pick(random);
      const { status, signal } = await server.terminate();
      if (status !== 0) this.badEnds.push(`after SIGTERM it ended with ${signal ?? status}`);
      this.#note('kill 15');
      await this.#startAgain(server, random.between(0, 500));
    },
    pause: (random) => this.#stopFor(random, random.between(200, 4000)),
    stop: (random) => this.#stopFor(random, this.#longStopMs),
  };

  async #startAgain(server, afterMs) {
    await pause(afterMs);
    await server.start();
    this.#proxy.target = this.#server.port;
  }

  async #stopFor(random, ms) {
    const server = this.#server.pick(random);
    this.#note(`stop ${ms}`);
    server.signal('SIGSTOP');
    await pause(ms);
    server.signal('SIGCONT');
  }

  #hitConnections(kind, random) {
    const ms = random.between(1000, 6000);
    if (kind === 'refuse' || kind === 'roam') {
      this.#note(kind);
      if (kind === 'roam') this.#roam();
      else this.#proxy.refuse(ms / 2);
      return true;
    }
    const whole = this.#proxy.pairs.filter((pair) => !pair.isFrozen);
    const pairs = random.some(whole, ['delay', 'throttle'].includes(kind) ? 4 : kind === 'reorder' ? 12 : 1);
    if (pairs.length === 0) return false;
    this.#note(kind);
    if (kind === 'reorder') this.#proxy.reorder(pairs, random, 400, ms);
    else for (const pair of pairs) this.#spoil(kind, pair, random, ms);
    return true;
  }

  /** @param {import('./proxy.mjs').Pair} pair */
  #spoil(kind, pair, random, ms) {
    if (kind === 'reset') pair.cut('rst');
    else if (kind === 'fin') pair.cut('fin');
    else if (kind === 'cut') pair.cutAfter(random.pick(['up', 'down']), random.between(1, 4000));
    else if (kind === 'freeze') pair.freeze(ms * 2);
    else if (kind === 'half-open') pair.freeze();
    else if (kind === 'delay') pair.delay({ up: random.between(0, 800), down: random.between(0, 800) }, ms);
    else pair.throttle(random.between(1000, 20_000), ms);
  }

  #note(fault) {
    this.#history.write('-', `fault ${fault}`);
  }
}
