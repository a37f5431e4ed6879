// client - one scripted client: joins with the real SDK, sends, handles, comes and goes, and writes down what happens to it.
import { ParleyError, join } from '../../web-demo/sdk/parley.js';
import { mintToken } from '../e2e/support/token.mjs';
import { dataPlatform } from '../sdk/fakes.mjs';
import { Roster } from './roster.mjs';
import { watchedSocketClass } from './watched_socket.mjs';

/** What is said about a session that is over for good. */
const ENDING = new Set(['session_ended', 'ticket_invalid', 'kicked', 'replaced', 'auth_expired', 'identity_taken']);
const JOIN_AGAIN_MS = 500;

/**
 * @typedef {object} Setting
 * @property {string} url
 * @property {string} ca
 * @property {string} room
 * @property {import('./history.mjs').HistoryPart} history
 * @property {import('./random.mjs').Random} random
 * @property {(text: string) => string | null} [distort] see watchedSocketClass()
 */

/** An application; it may have one session after another. */
export class Client {
  #name;
  #setting;
  #roster = new Roster();
  /** @type {import('../../web-demo/sdk/parley.js').Call | null} */
  #call = null;
  /** Sessions so far; the present one has this number. */
  #session = 0;
  #isLive = false;
  /** Whether the SDK is about to take the roster of another session. */
  #isReplaced = false;
  #wantsToStay = true;
  #nextMessage = 1;
  #heardMs = 0;
  /** @type {{vanish: () => void} | null} */
  #socket = null;
  /** Timers of a browser that was killed do not fire. */
  #lives = { isOver: false };
  /** Messages that are neither settled nor given up. @type {Map<string, {session: number, taken: string[] | null}>} */
  #outstanding = new Map();
  /** Broadcasts that were not answered by `ok` yet, by `seq`. @type {Map<number, {id: string, to?: string[]}>} */
  #unanswered = new Map();

  counts = { sent: 0, settled: 0, handled: 0, undelivered: {}, refused: {}, unsettled: 0, ended: {}, resumed: 0, rebuilt: 0 };

  /** @param {string} name @param {Setting} setting */
  constructor(name, setting) {
    this.#name = name;
    this.#setting = setting;
  }

  get isLive() {
    return this.#isLive;
  }

  get isConnected() {
    return this.#isLive && this.#call?.state === 'joined';
  }

  get outstanding() {
    return this.#outstanding.size;
  }

  /** Joins, however often it takes. */
  async start() {
    this.#wantsToStay = true;
    while (this.#wantsToStay && !this.#call) {
      const call = await this.#join().catch(passOver);
      if (!call) await new Promise((resolve) => setTimeout(resolve, JOIN_AGAIN_MS * (1 + this.#setting.random.unit())));
      else if (this.#wantsToStay) this.#take(call);
      else call.leave();
    }
  }

  /** Leaves for good, or until start(). */
  leave() {
    this.#wantsToStay = false;
    this.#endSession('left');
    this.#call?.leave();
    this.#call = null;
  }

  /** Is gone without a word, as when a browser is killed. */
  vanish() {
    this.#wantsToStay = false;
    this.#endSession('closed');
    this.#socket?.vanish();
    this.#lives.isOver = true;
    this.#call = null;
    for (const id of this.#outstanding.keys()) this.#giveUp(id);
  }

  /** Its network has changed, as far as it can tell. */
  roam() {
    this.#call?.reconnect();
  }

  /** Sends one message to a peer or to all, with as much text as is asked for. @param {number} length */
  send(length) {
    const call = this.#call;
    if (!call || !this.#isLive) return;
    const { random } = this.#setting;
    const peers = [...call.peers.keys()];
    const to = peers.length > 0 && random.happens(0.7) ? random.pick(peers) : undefined;
    const id = `${this.#name}.${this.#nextMessage++}`;
    this.#outstanding.set(id, { session: this.#session, taken: null });
    this.counts.sent += 1;
    this.#note(to === undefined ? `send ${id} all` : `send ${id} to ${to}`);
    call.send({ id, text: 'x'.repeat(length) }, { to }).then(
      (reached) => this.#onSettled(id, to === undefined ? reached : null),
      (error) => this.#onRejected(id, error),
    );
  }

  /** Writes down whom it sees. */
  look() {
    if (!this.#isLive || !this.#call) return;
    const peers = [...this.#call.peers.values()].map((peer) => (peer.isAway ? `${peer.id}~` : peer.id));
    this.#note(['sees', ...peers].join(' '));
  }

  #join() {
    const { url, ca, room, random, distort } = this.#setting;
    const life = { isOver: false };
    this.#lives = life;
    const platform = dataPlatform(watchedSocketClass(this.#watcher, ca, distort), {
      setTimeout: (run, ms) => setTimeout(() => life.isOver || run(), ms),
      random: () => random.unit(),
    });
    const token = () => mintToken({ sub: this.#name, video: { room } });
    return join({ url, room, token, platform });
  }

  #take(call) {
    this.#call = call;
    call.on('data', ({ peer, data }) => {
      this.counts.handled += 1;
      this.#note(`handled ${data.id} ${peer.id}`);
    });
    call.on('state', (state) => state === 'reconnecting' && this.#note(`down ${this.#heardMs}`));
    call.on('peer-joined', (peer) => this.#note(`joined ${peer.id}`));
    call.on('peer-back', (peer) => this.#note(`back ${peer.id}`));
    call.on('peer-away', (peer) => this.#note(`away ${peer.id}`));
    // Of a roster that is replaced nobody has said who left; all of it is told at once, after `rejoined`.
    call.on('peer-left', ({ peer, reason }) => this.#isReplaced || this.#note(`left ${peer.id} ${reason}`));
    call.on('rejoined', () => queueMicrotask(() => (this.#isReplaced = false)));
    call.on('ended', ({ code }) => this.#onEnded(call, code));
  }

  #onEnded(call, code) {
    if (this.#call !== call) return;
    this.#call = null;
    this.#endSession(code);
    if (this.#wantsToStay) void this.start();
  }

  /** What the WebSocket sees, before the SDK does. @type {import('./watched_socket.mjs').Watcher} */
  #watcher = {
    onDial: (socket) => {
      this.#socket = socket;
      this.#setting.history.write(this.#name, 'dial');
    },
    onBroadcast: ({ seq, body, to }) => this.#unanswered.set(seq, { id: body.id, to }),
    onHeard: (type, message) => this.#onHeard(type, message),
  };

  #onHeard(type, message) {
    this.#heardMs = this.#setting.history.nowMs;
    if (type === 'welcome') this.#onWelcome(message);
    else if (type === 'ok' && message.seq !== undefined) this.#onTaken(message.seq);
    else if ((type === 'error' || type === 'bye') && ENDING.has(message.code)) this.#endSession(message.code);
    else if (message) this.#roster.take(type, message);
  }

  #onWelcome(message) {
    this.#roster.welcome(message);
    if (message.session !== 'new') {
      this.counts[message.session] += 1;
      this.#note(message.session);
      return;
    }
    this.#endSession('unexplained');
    this.#isReplaced = this.#call !== null;
    this.#session += 1;
    this.#isLive = true;
    this.#unanswered.clear();
    this.#note(`begin ${message.self.id} ${this.#setting.room}`);
  }

  #onTaken(seq) {
    const { id = '', to } = this.#unanswered.get(seq) ?? {};
    const message = this.#outstanding.get(id);
    this.#unanswered.delete(seq);
    if (!message || message.taken) return;
    message.taken = this.#roster.ids.filter((peer) => !to || to.includes(peer));
    this.#note(['taken', id, ...message.taken].join(' '));
  }

  #endSession(reason) {
    if (!this.#isLive) return;
    this.#note(`end ${reason}`);
    add(this.counts.ended, reason);
    this.#isLive = false;
  }

  /** @param {string} id @param {string[] | null} reached by a broadcast */
  #onSettled(id, reached) {
    const { taken } = this.#outstanding.get(id);
    this.#outstanding.delete(id);
    this.counts.settled += 1;
    if (!reached) this.#note(`settled ${id}`);
    // Who joined after it was taken may have receipted later ones.
    else for (const peer of reached) if (taken?.includes(peer)) this.#note(`settled ${id} ${peer}`);
  }

  /** @param {string} id @param {unknown} error */
  #onRejected(id, error) {
    if (!(error instanceof ParleyError)) throw error;
    const { session, taken } = this.#outstanding.get(id);
    if (session !== this.#session || !this.#isLive) {
      this.#giveUp(id);
      return;
    }
    this.#outstanding.delete(id);
    if (error.code === 'undelivered') this.#onUndelivered(id, taken, error);
    else {
      add(this.counts.refused, error.code);
      this.#note(`refused ${id} ${error.code}`);
    }
  }

  /** Its session is over, and nothing is known of the message. */
  #giveUp(id) {
    this.#outstanding.delete(id);
    this.counts.unsettled += 1;
    this.#setting.history.write(this.#name, `unsettled ${id}`);
  }

  #onUndelivered(id, taken, { reason, peers = [] }) {
    add(this.counts.undelivered, reason);
    if (!taken) {
      this.#note(`undelivered ${id} ${reason}`);
      return;
    }
    for (const peer of taken) this.#note(peers.includes(peer) ? `undelivered ${id} ${reason} ${peer}` : `settled ${id} ${peer}`);
  }

  /** @param {string} event */
  #note(event) {
    if (this.#isLive) this.#setting.history.write(this.#name, event);
  }
}

/** Why a join may fail here; anything else is a fault of the run itself. @param {unknown} error */
function passOver(error) {
  if (!(error instanceof ParleyError) || error.code.startsWith('auth')) throw error;
  return null;
}

function add(counts, name) {
  counts[name] = (counts[name] ?? 0) + 1;
}
