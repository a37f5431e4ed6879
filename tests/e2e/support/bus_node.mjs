// bus_node.mjs - a node of a cluster that is not the binary: it speaks docs/bus.md as it is told to, as an older or a newer node would.
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { connect } from 'node:net';

import { Inbox } from './wait.mjs';

const TAG_BYTES = 32;
const HEARTBEAT = 1;
const LINK = 2;
const BEAT_MS = 1000;
const FRAME_HEAD_BYTES = 2 + 1 + 1 + 8 + 8;

export const byte = (value) => Buffer.from([value]);
const count = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
export const number = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)));
  return bytes;
};
export const text = (value) => Buffer.concat([count(Buffer.byteLength(value)), Buffer.from(value)]);

/** The elements of one array of bulk strings and numbers, and where it ends; null as long as it is not all there. */
function readArray(bytes) {
  let at = 0;
  const line = () => {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return null;
    const read = bytes.toString('latin1', at, end);
    at = end + 2;
    return read;
  };
  const head = line();
  if (head === null) return null;
  const items = [];
  while (items.length < Number(head.slice(1))) {
    const mark = line();
    if (mark === null) return null;
    const length = mark.startsWith('$') ? Number(mark.slice(1)) : 0;
    if (mark.startsWith('$') && bytes.length < at + length + 2) return null;
    items.push(bytes.subarray(at, at + length));
    if (mark.startsWith('$')) at += length + 2;
  }
  return { items, end: at };
}

function readFrame(bytes) {
  const fields = bytes.subarray(FRAME_HEAD_BYTES, bytes.length - TAG_BYTES);
  const frame = { version: bytes[2], type: bytes[3], from: bytes.readBigUInt64BE(4), to: bytes.readBigUInt64BE(12) };
  if (frame.type !== LINK) return frame;
  const [stream, sent, heardStream, heard] = [0, 8, 16, 24].map((at) => fields.readBigUInt64BE(at));
  return { ...frame, stream, sent, heardStream, heard, payload: fields.subarray(36, 36 + fields.readUInt32BE(32)) };
}

/** One node, that hears all and what is for it. */
export class BusNode {
  #id = BigInt.asUintN(64, (BigInt(`0x${randomBytes(7).toString('hex')}`) | 1n) << 8n);
  #stream = BigInt(`0x${randomBytes(7).toString('hex')}`) | 1n;
  #inbox = new Inbox();
  #key;
  #beats = 0;
  #said = 0;

  /**
   * @param {string} url of Redis @param {string} secret the cluster's key
   * @param {{name: string, version: number, later?: Buffer}} self the highest version that it reads, and what its heartbeats end with
   */
  constructor(url, secret, self) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'parley bus 1', 32));
    this.self = self;
    const { hostname, port } = new URL(url);
    this.hears = connect(Number(port), hostname);
    this.says = connect(Number(port), hostname);
    this.says.resume();
    this.hears.write(`SUBSCRIBE parley:all parley:n:${this.#id.toString(16).padStart(16, '0')}\r\n`);
    let bytes = Buffer.alloc(0);
    this.hears.on('data', (data) => {
      bytes = Buffer.concat([bytes, data]);
      for (let read; (read = readArray(bytes)); bytes = bytes.subarray(read.end)) this.#take(read.items);
    });
    this.timer = setInterval(() => this.#beat(), BEAT_MS);
  }

  #take([kind, , bytes]) {
    if (String(kind) === 'subscribe') this.#beat();
    else this.#inbox.push(readFrame(Buffer.from(bytes)));
  }

  /** The first frame that fits, of another node. @param {(frame: any) => boolean} fits */
  expect(fits, what) {
    return this.#inbox.find((frame) => frame.from !== this.#id && fits(frame), what);
  }

  #publish(type, to, fields) {
    const said = Buffer.concat([Buffer.from('PB'), byte(1), byte(type), number(this.#id), number(to), ...fields]);
    const frame = Buffer.concat([said, createHmac('sha256', this.#key).update(said).digest()]);
    const channel = to ? `parley:n:${to.toString(16).padStart(16, '0')}` : 'parley:all';
    const head = `*3\r\n$7\r\nPUBLISH\r\n$${channel.length}\r\n${channel}\r\n$${frame.length}\r\n`;
    this.says.write(Buffer.concat([Buffer.from(head), frame, Buffer.from('\r\n')]));
  }

  #beat() {
    const { name, version, later = Buffer.alloc(0) } = this.self;
    const counts = [number(0), number(0), number(0)]; // rooms, sessions, connections
    this.#publish(HEARTBEAT, 0n, [text(name), text('another'), byte(1), byte(version), number(++this.#beats), number(0), byte(0), ...counts, later]);
  }

  /** Binds its stream to that of the only other node. */
  async bind() {
    const { from } = await this.expect(({ type }) => type === HEARTBEAT, 'a heartbeat of the other node');
    this.peer = from;
    this.#publish(LINK, from, [number(this.#stream), number(0), number(0), number(0), text('')]);
    this.bound = await this.#linked(() => true, 'a frame that is bound to our stream');
  }

  /** Says something over the link. @param {Buffer} payload */
  say(payload) {
    this.#publish(LINK, this.peer, [number(this.#stream), number(++this.#said), number(this.bound.stream), number(0), count(payload.length), payload]);
  }

  /** The first payload that fits. @param {(payload: Buffer) => boolean} fits */
  hear(fits, what) {
    return this.#linked(({ payload }) => payload.length > 0 && fits(payload), what);
  }

  #linked(fits, what) {
    return this.expect((frame) => frame.type === LINK && frame.from === this.peer && frame.heardStream === this.#stream && fits(frame), what);
  }

  close() {
    clearInterval(this.timer);
    this.hears.destroy();
    this.says.destroy();
  }
}
