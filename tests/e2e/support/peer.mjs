// peer.mjs - scripted peers: ann, bob and cyd, as the scenes write them.
import WebSocket from 'ws';

import { plant } from './secrets.mjs';
import { mintToken } from './token.mjs';
import { Inbox, within } from './wait.mjs';

export const SUBPROTOCOL = 'parley.v1';

/** A server that answered something else than 101. */
export class UpgradeRefused extends Error {
  constructor(status, headers, body) {
    super(`the upgrade was answered with ${status}: ${body}`);
    Object.assign(this, { status, headers, body });
  }
}

/** One connection and the peer that it may become. */
export class Peer {
  #inbox = new Inbox();
  #nextId = 1;
  #closed;
  /** The highest number of what it heard from the room's home. */
  n = 0;
  /** The number of the last message that it numbered. */
  seq = 0;
  /** What it can come back with. */
  ticket = null;

  constructor(socket, room) {
    this.socket = socket;
    this.room = room;
    this.welcome = null;
    this.#closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.#inbox.end(`the connection closed with ${code} ${reason}`);
        resolve({ code, reason: String(reason) });
      });
    });
    socket.on('message', (data) => this.#inbox.push(this.#read(String(data))));
    socket.on('error', () => {}); // what matters of it is in the close code
  }

  /** The message; the text it came in is its `raw`, and `n` is its number, which do not show when messages are compared. */
  #read(text) {
    const { n, ...message } = JSON.parse(text);
    if (message.type === 'welcome' && message.session !== 'resumed') this.n = 0;
    if (n !== undefined) this.#count(n, text);
    if (message.ticket) this.ticket = plant('ticket', message.ticket);
    return Object.defineProperties(message, { raw: { value: text }, n: { value: n } });
  }

  /** What the home says is numbered upwards, in every scene. */
  #count(n, text) {
    if (!(Number.isInteger(n) && n > this.n) || !text.startsWith('{"n":')) throw new Error(`${text} came after number ${this.n}`);
    this.n = n;
  }

  get id() {
    return this.welcome.self.id;
  }

  get identity() {
    return this.welcome.self.identity;
  }

  /** Sends an object as JSON, or a text just as it is. */
  send(message) {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Sends a message with a fresh id and gives the one answer to it. */
  async request(message) {
    const id = this.#nextId++;
    this.send({ ...message, id });
    return this.answer(id);
  }

  /** Sends a relay or a broadcast with the next number, and gives that number. */
  sendNumbered(message) {
    this.seq++;
    this.send({ ...message, seq: this.seq });
    return this.seq;
  }

  /** Says that it has handled what it heard. */
  receipt(got = this.n) {
    this.send({ type: 'receipt', got });
  }

  /** The answer to the message with that id. */
  answer(id) {
    return this.#inbox.take(({ re }) => re === id, `the answer to message ${id}`);
  }

  /**
   * The next message of a type that nobody has taken yet.
   * @param {string} type
   * @param {(message: any) => boolean} fits
   */
  expect(type, fits = () => true) {
    return this.#inbox.take((message) => message.type === type && fits(message), `a ${type}`);
  }

  /** As expect('error'), with its code. @param {string} code */
  expectError(code) {
    return this.expect('error', (error) => error.code === code);
  }

  /** Everything that came and was not taken, once all has come that is under way: what is answered after a ping. */
  async everything() {
    await this.request({ type: 'ping' });
    return this.#inbox.drain();
  }

  /** All messages that ever came. */
  get heard() {
    return this.#inbox.seen;
  }

  /** Says hello with a token and keeps the welcome. */
  hello(token, fields = {}) {
    return this.#greet({ token, ...fields });
  }

  /**
   * Says hello with the ticket of `former`, as one who has handled what that one heard, and keeps the welcome.
   * @param {Peer} former
   */
  async resume(former, fields = {}) {
    const { ticket, n: got, welcome, seq } = former;
    Object.assign(this, { n: fields.got ?? got, seq });
    return this.#greet({ ticket, got, receipts: welcome.self.receipts, ...fields });
  }

  async #greet(fields) {
    const answer = await this.request({ type: 'hello', ...fields });
    if (answer.type !== 'welcome') throw Object.assign(new Error(`no welcome but ${JSON.stringify(answer)}`), { answer });
    this.welcome = answer;
    for (const { credential } of answer.iceServers) if (credential) plant('TURN password', credential);
    return answer;
  }

  /** How the connection ended: {code, reason}. */
  closed() {
    return within(this.#closed, `the connection of ${this.welcome?.self.identity ?? 'a peer'} to close`);
  }

  /** How it was refused: the last error's code and the close code. */
  async refusal() {
    const { code } = await this.closed();
    const error = this.heard.filter(({ type }) => type === 'error').at(-1);
    return { error: error?.code, close: code };
  }

  /** Leaves as the protocol says it and waits for the end. */
  async leave() {
    this.send({ type: 'leave' });
    return this.closed();
  }

  /** The connection breaks without a word. */
  vanish() {
    this.socket.terminate();
  }

  /** Stops reading; the kernel's buffers fill up and then the server's. */
  stopReading() {
    this.socket.pause();
  }

  goOnReading() {
    this.socket.resume();
  }
}

/**
 * Opens a connection to a room without saying anything.
 * @param {{roomUrl: (room: string) => string}} server
 * @param {string} room
 * @param {object} options as the constructor of ws takes them, with `protocols`
 */
export function openPeer(server, room, { protocols = [SUBPROTOCOL], ...options } = {}) {
  const socket = new WebSocket(server.roomUrl(room), protocols, { perMessageDeflate: false, ...options });
  const peer = new Peer(socket, room);
  const opened = new Promise((resolve, reject) => {
    socket.on('open', () => resolve(peer));
    socket.on('error', reject);
    socket.on('unexpected-response', (request, response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => (body += text));
      response.on('close', () => {
        reject(new UpgradeRefused(response.statusCode, response.headers, body));
        socket.terminate();
      });
    });
  });
  return within(opened, `the WebSocket of room ${room} to open`);
}

/**
 * Joins a room and gives the peer with its welcome.
 * @param {object} claims of its token, over those of ann
 * @param {object} fields of its hello
 * @param {object} options of the WebSocket
 */
export async function connectPeer(server, room, claims = {}, fields = {}, options = {}) {
  const peer = await openPeer(server, room, options);
  try {
    await peer.hello(mintToken({ ...claims, video: { room, ...claims.video } }), fields);
  } catch (failure) {
    peer.vanish();
    throw failure;
  }
  return peer;
}

/**
 * Lets people join one after another, and gives them back once each has been told of those after it.
 * @param {string} room
 * @param {(string | object)[]} people names, or claims
 */
export async function meet(server, room, ...people) {
  const peers = [];
  for (const person of people) {
    const claims = typeof person === 'string' ? { sub: person } : person;
    const peer = await connectPeer(server, room, claims);
    if (!claims.video?.hidden) for (const other of peers) await other.expect('peer-joined', (event) => event.peer.id === peer.id);
    peers.push(peer);
  }
  return peers;
}
