// campaign - clients, proxy, server and nemesis together: messages and faults until there were enough of both, then calm, then judgement.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

import { ClusterUnderTest } from './cluster.mjs';
import { HistoryPart, mergeHistory } from './history.mjs';
import { Nemesis, planFaults } from './nemesis.mjs';
import { ChaosProxy } from './proxy.mjs';
import { Random } from './random.mjs';
import { ServerUnderTest } from './server.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const CHECKER = process.env.PARLEY_CHECKER ?? join(HERE, '..', '..', 'build', 'dev', 'check_history');

const LOOK_MS = 100;
/** Faults go on while nothing is sent, as in a long stop. */
const FAULT_AT_LEAST_MS = 3000;
/** What history.md calls calm. */
const CALM_MS = 5000;
/** If it takes longer than this until everybody is back, somebody will never be. */
const PATIENCE_MS = 120_000;

/**
 * @typedef {object} Plan
 * @property {number} seed
 * @property {number} messages at least so many are sent
 * @property {number} faults
 * @property {number} stops how many of the faults are long stops
 * @property {number} least how often each kind comes at least
 * @property {number} perSecond messages, of all clients together
 * @property {number} rooms
 * @property {number} threads
 * @property {number} graceMs
 * @property {number} longStopMs
 * @property {boolean} comesAndGoes whether clients leave, vanish and come anew
 * @property {string | null} distortion see distortions.mjs
 * @property {number} [nodes] of a cluster; 1: one server alone
 * @property {string | null} only the one kind of fault; null: all kinds
 * @property {Record<string, unknown>} limits settings of that section, over SMALL_LIMITS
 * @property {'dev' | 'release'} build of the server
 * @property {boolean} endsCalm whether everybody has to be back, and everything settled, at the end
 */

/** Everything of one run, from start() to end(). */
class Run {
  #plan;
  #random;
  #folder = mkdtempSync(join(tmpdir(), 'parley-histories-'));
  #origin = process.hrtime.bigint();
  #history;
  #server;
  #proxy = new ChaosProxy();
  #nemesis;
  #crowds = [];
  #parts;
  #say;

  /** @param {Plan} plan @param {(text: string) => void} say */
  constructor(plan, say) {
    this.#plan = plan;
    this.#say = say;
    this.#random = new Random(plan.seed);
    this.#parts = Array.from({ length: plan.threads + 1 }, (_, index) => join(this.#folder, `part${index}`));
    this.#history = new HistoryPart(this.#parts[plan.threads], this.#origin);
    const config = { rooms: { grace: `${plan.graceMs}ms` }, limits: { ...SMALL_LIMITS, ...plan.limits } };
    this.#server = plan.nodes > 1 ? new ClusterUnderTest(plan.nodes, config, plan.build) : new ServerUnderTest(config, plan.build);
    this.#nemesis = new Nemesis(this.#server, this.#proxy, this.#random.fork(), this.#history, () => this.#roam(), plan.longStopMs);
  }

  async start() {
    this.#history.write('-', `grace ${this.#plan.graceMs}`);
    await this.#server.start();
    const url = `wss://127.0.0.1:${await this.#proxy.listen(this.#server.port)}`;
    const { threads, rooms, perSecond, comesAndGoes, distortion } = this.#plan;
    const all = Array.from({ length: rooms }, (_, index) => ({ name: `r${index}`, size: 2 + (index % 4) }));
    this.#crowds = Array.from({ length: threads }, (_, index) => {
      const own = { part: this.#parts[index], seed: this.#random.bits(), rooms: all.filter((_, room) => room % threads === index) };
      const common = { origin: this.#origin, url, ca: this.#server.certificate, perSecond: perSecond / threads };
      return new Crowd({ ...own, ...common, comesAndGoes, distortion });
    });
    await this.#until(() => this.#isEverybodyThere, 'everybody to join');
  }

  /** Messages and faults keep pace with each other. */
  async spoil() {
    const { messages, faults } = this.#plan;
    const plan = planFaults(this.#random.fork(), this.#plan);
    this.#tell('send');
    for (let made = 0, last = performance.now(); this.sum('sent') < messages || made < plan.length; await pause(LOOK_MS)) {
      this.#watch();
      const isDue = this.sum('sent') * faults >= (made + 1) * messages || performance.now() - last > FAULT_AT_LEAST_MS;
      if (made === plan.length || !isDue || !(await this.#nemesis.make(plan[made]))) continue;
      made += 1;
      last = performance.now();
      if (made % 50 === 0) this.#say(this.#progress());
    }
    this.#tell('hold');
  }

  /** Waits until all are back and everything is settled, and has everybody look around. */
  async calm() {
    await this.#nemesis.calm();
    let since = performance.now();
    await this.#until(() => {
      if (!this.#isEverybodyThere) since = performance.now();
      return performance.now() - since > CALM_MS;
    }, 'everybody to be back');
    await this.#look('calm');
    await pause(this.#plan.graceMs + CALM_MS);
    await this.#look('quiet');
    const [sessions, away] = await Promise.all(['parley_peers', 'parley_peers_away'].map((name) => this.#server.metric(name)));
    this.#history.write('server', `counts sessions=${sessions} away=${away}`);
  }

  /** Ends all, and writes the history. @param {string} file */
  async end(file) {
    await Promise.all(this.#crowds.map((crowd) => crowd.close()));
    await this.#history.close();
    // The server may be about to be started again.
    await this.#nemesis.calm().catch(() => {});
    this.#proxy.close();
    if (this.#server.isRunning) await this.#server.kill();
    await mergeHistory(this.#parts, file);
    rmSync(this.#folder, { recursive: true });
  }

  /** A figure of all clients; one by reason becomes an object of sums. @param {string} name */
  sum(name) {
    const all = this.#crowds.flatMap((crowd) => crowd.counts.map((counts) => counts[name]));
    if (typeof all[0] !== 'object') return all.reduce((sum, value) => sum + value, 0);
    const sums = {};
    for (const counts of all) for (const [key, value] of Object.entries(counts)) sums[key] = (sums[key] ?? 0) + value;
    return sums;
  }

  get figures() {
    const names = ['sent', 'handled', 'settled', 'undelivered', 'refused', 'unsettled', 'resumed', 'rebuilt', 'ended'];
    return {
      ...Object.fromEntries(names.map((name) => [name, this.sum(name)])),
      faults: this.#nemesis.counts,
      connections: this.#proxy.opened,
      serverStarts: this.#server.starts,
      clientCpuSeconds: Math.round(process.cpuUsage().user / 1e5 + process.cpuUsage().system / 1e5) / 10,
      serverCpuSeconds: Math.round(this.#server.cpuSeconds * 10) / 10,
      seconds: Math.round(Number(process.hrtime.bigint() - this.#origin) / 1e9),
      complaints: Object.fromEntries(this.#server.complaints),
    };
  }

  /** What is wrong whatever the history says. */
  get troubles() {
    const unexpected = Object.keys(this.sum('ended')).filter((reason) => !EXPECTED_ENDS.has(reason));
    return [...this.#server.crashes, ...this.#nemesis.badEnds, ...unexpected.map((reason) => `a session ended: ${reason}`)];
  }

  get #isEverybodyThere() {
    return this.#crowds.every((crowd) => crowd.clients > 0 && crowd.connected === crowd.clients);
  }

  #roam() {
    this.#random.pick(this.#crowds).tell('roam');
  }

  #tell(command) {
    for (const crowd of this.#crowds) crowd.tell(command);
  }

  #watch() {
    if (this.#server.crashes.length > 0) throw new Error(`the server crashed: ${this.#server.crashes[0]}`);
  }

  async #look(event) {
    this.#history.write('-', event);
    this.#tell('look');
    await pause(LOOK_MS);
  }

  async #until(isSo, what) {
    const from = performance.now();
    while (!isSo()) {
      this.#watch();
      if (performance.now() - from > PATIENCE_MS) throw new Error(`waited in vain for ${what}: ${this.#progress()}\n${this.#server.log}`);
      await pause(LOOK_MS);
    }
  }

  #progress() {
    const connected = this.#crowds.reduce((sum, crowd) => sum + crowd.connected, 0);
    const outstanding = this.#crowds.reduce((sum, crowd) => sum + crowd.outstanding, 0);
    const seconds = Math.round(Number(process.hrtime.bigint() - this.#origin) / 1e9);
    return `${seconds} s: ${this.#nemesis.total} faults, ${this.sum('sent')} sent, ${this.sum('handled')} handled, ${outstanding} under way, ${connected} connected`;
  }
}

/** By the client's own will, or after more than the grace time. */
const EXPECTED_ENDS = new Set(['left', 'closed', 'session_ended']);

/** Mailboxes that are full now and then. */
const SMALL_LIMITS = { mailbox_messages: 300, outbox_messages: 256 };

/** One thread of clients, as it last reported. */
class Crowd {
  #worker;
  #closed;
  clients = 0;
  connected = 0;
  outstanding = 0;
  counts = [];

  constructor(workerData) {
    this.#worker = new Worker(new URL('./crowd.mjs', import.meta.url), { workerData });
    this.#closed = new Promise((resolve, reject) => {
      this.#worker.on('error', reject);
      this.#worker.on('message', (message) => (message === 'closed' ? resolve(undefined) : Object.assign(this, message)));
    });
  }

  tell(command) {
    this.#worker.postMessage(command);
  }

  async close() {
    this.tell('close');
    await this.#closed;
    await this.#worker.terminate();
  }
}

/** Judges a history: {isRight, text}. @param {string} file */
export function judge(file) {
  return new Promise((resolve, reject) => {
    execFile(CHECKER, [file], { maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve({ isRight: !error, text: (stdout + stderr).trim() });
    });
  });
}

/**
 * Runs a campaign to its end and leaves its history in `file`.
 * @param {Plan} plan
 * @param {string} file
 * @param {(text: string) => void} [say]
 */
export async function runCampaign(plan, file, say = () => {}) {
  const run = new Run(plan, say);
  try {
    await run.start();
    await run.spoil();
    if (plan.endsCalm) await run.calm();
  } finally {
    await run.end(file);
  }
  return { figures: run.figures, troubles: run.troubles, verdict: await judge(file) };
}
