// callers.mjs - applications with the real SDK that number all they say, and remember all that happens to them.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';

import { join } from '../../../web-demo/sdk/parley.js';
import { watchedSocketClass } from '../../chaos/watched_socket.mjs';
import { dataPlatform } from '../../sdk/fakes.mjs';
import { mintToken } from './token.mjs';
import { within } from './wait.mjs';

const EACH_MS = 400;

/** None of these may happen to anybody in a call that goes on. */
const ENDS = /** @type {const} */ (['peer-left', 'rejoined', 'ended']);

/** One peer of a room. */
class Caller {
  #timer;
  #said = [];
  #lostMs = 0;
  /** When its SDK has opened a connection. @type {number[]} */
  dials = [];
  /** When it was sent away. @type {number[]} */
  byes = [];
  /** How long it was without a connection, each time, in ms. @type {number[]} */
  gaps = [];
  /** What must not happen, and did. @type {string[]} */
  ends = [];
  /** The numbers that it has handled, by who said them. @type {Map<string, number[]>} */
  handled = new Map();

  #heard;

  constructor(balancer, room, name, heard) {
    Object.assign(this, { balancer, room, name });
    this.#heard = heard;
  }

  async join() {
    const onDial = () => this.dials.push(performance.now()) && this.#heard.emit('dial');
    const onHeard = (type) => type === 'bye' && this.byes.push(performance.now());
    const watcher = { onDial, onHeard, onBroadcast() {} };
    const platform = dataPlatform(watchedSocketClass(watcher, this.balancer.ca));
    const token = () => mintToken({ sub: this.name, video: { room: this.room } });
    this.call = await join({ url: `wss://${this.balancer.address}`, room: this.room, token, platform });
    for (const name of ENDS) this.call.on(name, ({ code = '', reason = '' } = {}) => this.ends.push(`${this.name} in ${this.room}: ${name} ${code}${reason}`));
    this.call.on('state', (state) => this.#onState(state));
    this.call.on('data', ({ data: [from, number] }) => this.handled.set(from, [...(this.handled.get(from) ?? []), number]));
  }

  #onState(state) {
    if (state === 'reconnecting') this.#lostMs = performance.now();
    if (state === 'joined') this.gaps.push(performance.now() - this.#lostMs);
    this.#heard.emit('state');
  }

  speak() {
    this.#timer = setInterval(() => this.say(), EACH_MS);
  }

  /** Says the next number; gives what became of it: whom it reached, or an error. */
  say() {
    const fate = this.call.send([this.name, this.#said.length + 1]).catch((error) => error);
    this.#said.push(fate);
    return fate;
  }

  /** Says no more, and gives what became of each message: whom it reached, or an error. */
  fallSilent() {
    clearInterval(this.#timer);
    return Promise.all(this.#said);
  }

  get saidCount() {
    return this.#said.length;
  }

  leave() {
    clearInterval(this.#timer);
    this.call?.leave();
  }
}

/** Rooms full of callers. */
export class Callers {
  #heard = new EventEmitter();

  /** @param {{address: string, ca: string}} balancer @param {number} rooms @param {string[]} names of the peers of each */
  constructor(balancer, rooms, names) {
    this.rooms = Array.from({ length: rooms }, (_, index) => names.map((name) => new Caller(balancer, `room-${index}`, name, this.#heard)));
    this.all = this.rooms.flat();
  }

  /** One room after another, and all see each other. */
  async gather() {
    for (const room of this.rooms) {
      await Promise.all(room.map((caller) => caller.join()));
      for (const { call } of room) while (call.peers.size < room.length - 1) await new Promise((resolve) => call.on('peer-joined', resolve));
    }
  }

  speak() {
    for (const caller of this.all) caller.speak();
  }

  leave() {
    for (const caller of this.all) caller.leave();
  }

  /** When connections were opened since then. @param {number} since */
  dialsSince(since) {
    return this.all.flatMap(({ dials }) => dials.filter((ms) => ms > since)).sort((a, b) => a - b);
  }

  /** When people were sent away since then. @param {number} since */
  byesSince(since) {
    return this.all.flatMap(({ byes }) => byes.filter((ms) => ms > since));
  }

  /** So many have dialled since then, and all have a connection that works. @param {number} count @param {number} since */
  async untilBack(count, since) {
    while (this.dialsSince(since).length < count) await within(once(this.#heard, 'dial'), 'them to dial');
    while (this.all.some(({ call }) => call.state !== 'joined')) await within(once(this.#heard, 'state'), 'them to be back');
  }

  /** The longest but so many in a hundred of the times that somebody was without a connection, in ms. @param {number} percent */
  gap(percent) {
    const sorted = this.all.flatMap(({ gaps }) => gaps).sort((a, b) => b - a);
    return Math.round(sorted[Math.floor((sorted.length * percent) / 100)]);
  }

  get ends() {
    return this.all.flatMap(({ ends }) => ends);
  }

  /** Ends the talk, and judges it: each message reached each other one of its room exactly once and in order. */
  async judgeTalk() {
    const fates = (await Promise.all(this.all.map((caller) => caller.fallSilent()))).flat();
    for (const fate of fates) assert.ok(Array.isArray(fate), `${fate}`);
    for (const room of this.rooms) {
      for (const hearer of room) {
        const expected = room.filter((other) => other !== hearer).map(({ name, saidCount }) => [name, Array.from({ length: saidCount }, (_, index) => index + 1)]);
        assert.deepEqual(Object.fromEntries(hearer.handled), Object.fromEntries(expected), `${hearer.name} in ${hearer.room}`);
      }
    }
    return fates.length;
  }
}

/** The most of these times that are within so long. @param {number[]} sorted @param {number} ms */
export function mostWithin(sorted, ms) {
  return Math.max(0, ...sorted.map((start, index) => sorted.slice(index).filter((time) => time < start + ms).length));
}
