// @ts-check
/**
 * session - a stay in a room across connections: joins, and comes back when the connection is lost.
 *
 * It comes back with its ticket, as the same peer. Only where there is no
 * such session any more it joins anew, with a token.
 */
import { Backoff, wayBack } from './backoff.js';
import { Connection } from './connection.js';
import { ParleyError } from './errors.js';
import { Greeting } from './greeting.js';
import { Timer } from './timer.js';

/** A connection that held this long was a good one: the next wait starts small again. */
const SETTLED_MS = 10_000;
/** For the application's token, when there was one before. */
const TOKEN_PATIENCE_MS = 30_000;

/** @typedef {'connecting' | 'joined' | 'reconnecting' | 'ended'} State */
/** @typedef {import('./messages.js').Welcome} Welcome */

/**
 * @typedef {object} SessionHooks
 * @property {(ticket: string | null) => Promise<Record<string, unknown>>} hello its fields: with this ticket, or with a token
 * @property {(welcome: Welcome, count: number, reason: string) => void} onWelcome after the state is `joined`; `count`: of this connection, more than 1 where the room's home has moved; `reason`: why there is a new session where there was one before
 * @property {(message: import('./messages.js').Message) => void} onMessage
 * @property {(error: ParleyError) => void} onInvalid
 * @property {(state: State) => void} onState
 * @property {(error: ParleyError) => void} onEnd the session is over and will not come back
 * @property {() => string} stamp what is added to each message after the welcome
 * @property {boolean} mayRenew whether another token can be had when one has expired
 */

/** Holds one connection at a time, and makes the next when that is lost. */
export class Session {
  #url;
  #platform;
  #hooks;
  #backoff;
  /** @type {Connection | null} */
  #connection = null;
  /** @type {Connection | null} what the present one is to take over from */
  #former = null;
  /** @type {Greeting | null} */
  #greeting = null;
  /** @type {State} */
  #state = 'connecting';
  /** Whether the present connection has been welcomed. */
  #isLive = false;
  #hasJoined = false;
  /** A secret, in memory only. @type {string | null} */
  #ticket = null;
  #reason = '';
  #attempt = 0;
  #lastId = 0;
  #timer;

  /**
   * @param {string} url
   * @param {import('./platform.js').Platform} platform
   * @param {SessionHooks} hooks
   */
  constructor(url, platform, hooks) {
    this.#url = url;
    this.#platform = platform;
    this.#hooks = hooks;
    this.#backoff = new Backoff(platform.random, platform.now);
    this.#timer = new Timer(platform);
  }

  get state() {
    return this.#state;
  }

  /** Connects. What becomes of it is told through the hooks. */
  async start() {
    const attempt = ++this.#attempt;
    this.#timer.clear();
    if (this.#hasJoined) this.#timer.in(TOKEN_PATIENCE_MS, () => this.#comeBack());
    let fields;
    try {
      fields = await this.#hooks.hello(this.#ticket);
    } catch (error) {
      if (attempt === this.#attempt) this.#onNoToken(error);
      return;
    }
    if (attempt === this.#attempt) this.#open(fields);
  }

  /** Goes over to a new connection, for the present one may be dead. It is kept meanwhile, so that others do not see us go. */
  reconnect() {
    if (!this.#hasJoined || this.#state === 'ended') return;
    if (this.#isLive) {
      this.#connection?.mute();
      this.#former = this.#connection;
    } else this.#connection?.abandon();
    this.#lose('reconnecting');
    void this.start();
  }

  /** There may be reason to doubt the connection, or to hope for one. */
  wake() {
    if (this.#isLive) this.#connection?.probe();
    else if (this.#state === 'reconnecting' && this.#connection === null) void this.start();
  }

  /**
   * @param {string} text a JSON object that nothing answers
   * @returns {boolean} false if there is no connection
   */
  post(text) {
    return this.#isLive && this.#connection !== null && this.#connection.post(text);
  }

  /** @type {Connection['request']} */
  async request(message) {
    if (!this.#connection || !this.#isLive) throw new ParleyError('unreachable', 'There is no connection to the server at the moment.');
    return this.#connection.request(message);
  }

  /** Leaves the room for good. */
  leave() {
    this.#connection?.leave();
    this.#former?.abandon();
    this.#lose('ended');
  }

  /** @param {Record<string, unknown>} fields */
  #open(fields) {
    this.#timer.clear();
    try {
      this.#connection = new Connection(this.#url, this.#platform, this.#backoff.patienceMs, {
        onOpen: () => this.#greet(fields),
        onMessage: (message) => this.#onMessage(message),
        onInvalid: (error) => this.#onInvalid(error),
        onClose: (closed) => this.#onClose(closed),
        stamp: () => (this.#isLive ? this.#hooks.stamp() : ''),
        nextId: () => ++this.#lastId,
      });
    } catch (cause) {
      this.#end(new ParleyError('unreachable', 'This address cannot be connected to.', { cause }));
    }
  }

  /** @param {Record<string, unknown>} fields */
  #greet(fields) {
    const connection = /** @type {Connection} */ (this.#connection);
    this.#greeting = new Greeting(this.#platform, this.#backoff.patienceMs, {
      request: (message) => connection.request(message),
      helloWithToken: () => this.#hooks.hello(null),
      onTicketRefused: (error) => {
        this.#ticket = null;
        this.#reason = error.code;
      },
      onNoToken: (error) => this.#onNoToken(error),
      // The server closes after refusing a token; what it leaves open (say, a name too long) ends here.
      onRefused: (error) => (this.#hasJoined && error.code !== 'bad_message' ? undefined : this.#end(error)),
      onSilence: (error) => this.#drop(error),
    });
    this.#greeting.say(fields);
  }

  /** @type {SessionHooks['onMessage']} */
  #onMessage(message) {
    if (message.type === 'welcome') this.#onWelcome(message);
    else if (message.type === 'ticket') this.#ticket = message.ticket;
    else if (this.#isLive) this.#hooks.onMessage(message);
  }

  /** @param {Welcome} welcome */
  #onWelcome(welcome) {
    if (this.#isLive && welcome.session === 'new') return;
    this.#greeting?.close();
    this.#former?.abandon();
    this.#former = null;
    this.#ticket = welcome.ticket;
    this.#backoff.onWelcome(welcome.grace);
    this.#timer.in(SETTLED_MS, () => this.#backoff.reset());
    this.#connection?.keepAlive(welcome.pingInterval);
    this.#isLive = this.#hasJoined = true;
    this.#setState('joined');
    this.#hooks.onWelcome(welcome, this.#connection?.welcomes ?? 1, this.#reason);
    this.#reason = '';
  }

  /** It is dropped; without a welcome there is nothing to go on with. @param {ParleyError} error */
  #onInvalid(error) {
    if (this.#isLive) this.#hooks.onInvalid(error);
    else this.#end(error);
  }

  /** @param {import('./connection.js').Closed} closed */
  #onClose({ code, error, bye }) {
    this.#connection = null;
    // A server that stops before it has welcomed us does not know that we have a session to come back to.
    const action = !this.#isLive && bye?.action === 'rejoin' ? 'resume' : bye?.action;
    const way = this.#hasJoined ? wayBack(code, action, this.#ticket !== null, this.#hooks.mayRenew) : 'stop';
    if (way === 'rejoin') [this.#ticket, this.#reason] = [null, error.code];
    if (way === 'stop') this.#end(error);
    else this.#comeBack(bye?.delayMs);
  }

  /** @param {number} [leastMs] */
  #comeBack(leastMs) {
    this.#former?.abandon();
    this.#former = null;
    this.#lose('reconnecting');
    this.#timer.in(this.#backoff.next(leastMs), () => void this.start());
  }

  /** @param {State} state */
  #lose(state) {
    this.#attempt += 1;
    this.#greeting?.close();
    this.#timer.clear();
    this.#connection = null;
    this.#isLive = false;
    this.#setState(state);
  }

  /** A token function that fails for good says so by its code; `unreachable` may be the network. @param {any} error */
  #onNoToken(error) {
    if (error.code !== 'unreachable' || !this.#hasJoined) this.#end(error);
    else {
      this.#connection?.abandon();
      this.#comeBack();
    }
  }

  /** Gives up this attempt. @param {ParleyError} error */
  #drop(error) {
    if (this.#hasJoined) this.#connection?.abandon();
    else this.#connection?.leave();
    this.#onClose({ code: 1006, error, bye: null });
  }

  /** @param {ParleyError} error */
  #end(error) {
    if (this.#state === 'ended') return;
    this.leave();
    this.#hooks.onEnd(error);
  }

  /** @param {State} state */
  #setState(state) {
    if (this.#state === state || this.#state === 'ended') return;
    this.#state = state;
    this.#hooks.onState(state);
  }
}
