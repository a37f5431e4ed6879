// delivery.test - whatever happens to connections and server, a message is handled once and in order, or its sender is told: three clients over
// a model of a home, from a seed. DELIVERY_SEED runs one seed, DELIVERY_SEEDS says how many are tried.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join } from '../../web-demo/sdk/parley.js';
import { FakeMediaStream, FakePeerConnection, fakePlatform } from './fakes.mjs';
import { LossyHome } from './lossy_home.mjs';

const SEEDS = Number(process.env.DELIVERY_SEEDS ?? 10);
const FIRST = Number(process.env.DELIVERY_SEED ?? 1);
const STEPS = 200;
const QUIET_MS = 300_000;

/** mulberry32 */
function randomFrom(seed) {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** One run: what was sent, what was handled by whom, and what became of each promise. */
class Run {
  sends = [];
  updates = [];
  /** @type {Map<string, Map<string, number[]>>} by the id of the session that handled: by sender, the places among its sends */
  handled = new Map();
  warnings = [];
  calls = [];

  constructor(seed) {
    this.random = randomFrom(seed);
    this.clock = fakePlatform().clock;
    this.home = new LossyHome(this.clock, this.random);
  }

  async join(name) {
    const platform = {
      ...fakePlatform(), clock: this.clock, setTimeout: this.clock.setTimeout, clearTimeout: this.clock.clearTimeout, now: () => this.clock.now,
      WebSocket: this.home.socketClass(), RTCPeerConnection: FakePeerConnection, MediaStream: FakeMediaStream, random: this.random,
    };
    const joining = join({ url: 'wss://model.example', room: 'tea', token: () => name, platform });
    joining.then((call) => this.#onJoined(call), () => {});
    await this.clock.advance(400);
  }

  #onJoined(call) {
    this.calls.push(call);
    call.on('data', ({ peer, data }) => this.#onData(call, peer, data));
    call.on('warning', (warning) => this.warnings.push(warning));
    call.on('ended', () => this.calls.splice(this.calls.indexOf(call), 1));
  }

  #onData(call, peer, data) {
    const heard = this.handled.get(call.self.id) ?? new Map();
    this.handled.set(call.self.id, heard);
    heard.set(peer.id, [...(heard.get(peer.id) ?? []), data]);
  }

  send() {
    const call = this.calls[Math.floor(this.random() * this.calls.length)];
    const ids = [...(call?.peers.keys() ?? [])];
    if (ids.length === 0) return;
    const to = this.random() < 0.6 ? ids[Math.floor(this.random() * ids.length)] : undefined;
    const send = { from: call.self.id, to, place: this.sends.length, fate: null };
    this.sends.push(send);
    call.send(send.place, { to }).then(
      (reached) => (send.fate = { reached }),
      (error) => (send.fate = { error, code: error.code, peers: error.peers }),
    );
  }

  update() {
    const update = { fate: '' };
    this.updates.push(update);
    this.calls[0]?.update({ name: String(this.updates.length) }).then(() => (update.fate = 'ok'), ({ code }) => (update.fate = code));
  }

  async step() {
    const dice = this.random();
    const { home } = this;
    for (let i = Math.floor(this.random() * 6); i > 0; i -= 1) this.send();
    if (dice < 0.05) home.cut();
    else if (dice < 0.07) home.freeze();
    else if (dice < 0.08 && home.isUp) home.kill();
    else if (dice < 0.1) home.move();
    else if (dice < 0.12) this.calls[0]?.reconnect();
    else if (dice < 0.125) this.calls[0]?.leave();
    else if (dice < 0.2 && this.calls.length < 3) await this.join(['ann', 'bob', 'cyd'].find((name) => !this.calls.some((call) => call.self.id.startsWith(name))));
    if (dice > 0.8 && dice < 0.87) home.reattach();
    if (dice > 0.86 && dice < 0.88) this.update();
    home.refuseShare = dice > 0.9 ? 0.3 : 0;
    if (!home.isUp && this.random() < 0.3) home.start();
    await this.clock.advance(Math.round(400 * this.random()));
  }
}

async function play(seed) {
  const run = new Run(seed);
  for (const name of ['ann', 'bob', 'cyd']) await run.join(name);
  for (let i = 0; i < STEPS; i += 1) await run.step();
  run.home.start();
  run.home.refuseShare = 0;
  await run.clock.advance(QUIET_MS);
  return run;
}

function judge(run, seed) {
  for (const { from, place, fate } of run.sends) {
    assert.ok(fate, `seed ${seed}: message ${place} of ${from} was never settled`);
    assert.ok(fate.reached || fate.code === 'undelivered', `seed ${seed}: message ${place} of ${from}: ${fate.error?.stack}`);
    for (const id of fate.reached ?? []) assert.ok(run.handled.get(id)?.get(from)?.includes(place), `seed ${seed}: ${id} is said to have message ${place} of ${from}`);
    if (fate.peers) assert.ok(fate.peers.length > 0, `seed ${seed}: message ${place} of ${from} was lost to nobody`);
  }
  for (const { fate } of run.updates) assert.ok(fate === 'ok' || fate === 'unreachable' || fate === 'aborted', `seed ${seed}: an update came to ${fate || 'nothing'}`);
  for (const [id, heard] of run.handled)
    for (const [from, places] of heard)
      for (let i = 1; i < places.length; i += 1)
        assert.ok(places[i] > places[i - 1], `seed ${seed}: ${id} handled ${places[i]} of ${from} after ${places[i - 1]}`);
  assert.deepEqual(run.warnings, [], `seed ${seed}`);
}

test(`each message is handled once, in order, by those whom its sender is told of (${SEEDS} seeds)`, async () => {
  const seen = { moves: 0, reattached: 0, updates: 0, kills: 0, cuts: 0, freezes: 0, refused: 0, repeated: 0, resumed: 0, rebuilt: 0, outOfOrder: 0, sends: 0, reached: 0, undelivered: 0 };

  for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) {
    const run = await play(seed);
    judge(run, seed);
    for (const [name, count] of Object.entries(run.home.counts)) seen[name] += count;
    seen.sends += run.sends.length;
    seen.updates += run.updates.length;
    seen.reached += run.sends.filter(({ fate }) => fate.reached).length;
    seen.undelivered += run.sends.filter(({ fate }) => fate.code).length;
  }

  if (process.env.DELIVERY_SEEDS) console.log(seen);
  for (const [name, count] of Object.entries(seen)) assert.ok(count > 0 || SEEDS < 10, `${name} never happened: the runs try too little`);
});
