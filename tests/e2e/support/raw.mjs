// raw.mjs - sockets without manners: HTTP and WebSocket byte by byte, for what no library would send.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

import { SUBPROTOCOL } from './peer.mjs';
import { Inbox, within } from './wait.mjs';

/** Opcodes of RFC 6455, 5.2. */
export const OPCODE = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 };

function lengthBytes(length, maskBit) {
  if (length < 126) return Buffer.from([maskBit | length]);
  const wide = Buffer.alloc(length < 65536 ? 3 : 9);
  wide[0] = maskBit | (length < 65536 ? 126 : 127);
  if (length < 65536) wide.writeUInt16BE(length, 1);
  else wide.writeBigUInt64BE(BigInt(length), 1);
  return wide;
}

/** One client frame. @param {string | Buffer} payload */
export function frame(payload, { opcode = OPCODE.TEXT, fin = true, rsv = 0 } = {}) {
  const data = Buffer.from(payload);
  const mask = randomBytes(4);
  const masked = Buffer.from(data.map((byte, index) => byte ^ mask[index % 4]));
  return Buffer.concat([Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode]), lengthBytes(data.length, 0x80), mask, masked]);
}

/** The first server frame in `bytes`, or null when it is not whole yet. */
function parseFrame(bytes) {
  if (bytes.length < 2) return null;
  const short = bytes[1] & 0x7f;
  const header = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < header) return null;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < header + length) return null;
  return {
    opcode: bytes[0] & 0x0f,
    fin: bytes[0] >= 0x80,
    payload: bytes.subarray(header, header + length),
    size: header + length,
  };
}

function parseHead(text) {
  const [first, ...lines] = text.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => line.split(/:\s*(.*)/s)).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return { status: Number(first.split(' ')[1]), headers };
}

/** A TCP connection that keeps all it read. */
export class RawConnection {
  bytes = Buffer.alloc(0);
  frames = new Inbox();
  #head = new Inbox();
  #closed;

  constructor(socket) {
    this.socket = socket;
    this.#closed = new Promise((resolve) => socket.on('close', () => resolve(undefined)));
    socket.on('data', (data) => this.#read(data));
    socket.on('error', () => {}); // a reset is an answer like any other here
    socket.on('close', () => {
      this.#head.end('the connection closed');
      this.frames.end('the connection closed');
    });
  }

  #read(data) {
    this.bytes = Buffer.concat([this.bytes, data]);
    if (this.#head.seen.length === 0) this.#readHead();
    if (this.#head.seen[0]?.status === 101) this.#readFrames();
  }

  #readHead() {
    const end = this.bytes.indexOf('\r\n\r\n');
    if (end < 0) return;
    this.#head.push(parseHead(String(this.bytes.subarray(0, end))));
    this.bytes = this.bytes.subarray(end + 4);
  }

  #readFrames() {
    for (let found = parseFrame(this.bytes); found; found = parseFrame(this.bytes)) {
      this.bytes = this.bytes.subarray(found.size);
      this.frames.push(found);
    }
  }

  write(bytes) {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** The status and headers of the answer. */
  head() {
    return this.#head.find(() => true, 'an answer to the request');
  }

  closed() {
    return within(this.#closed, 'the server to close the connection');
  }

  /** The close code that the server sent; null when it hung up without one. Hangs up then: nobody is kept waiting. */
  async closeCode() {
    const wants = ({ opcode }) => opcode === OPCODE.CLOSE;
    await Promise.race([this.frames.find(wants, 'a close').catch(() => null), this.closed()]);
    this.hangUp();
    const close = this.frames.seen.find(wants);
    return close && close.payload.length >= 2 ? close.payload.readUInt16BE(0) : null;
  }

  /** The messages that came, as objects. */
  get messages() {
    return this.frames.seen.filter(({ opcode }) => opcode === OPCODE.TEXT).map(({ payload }) => JSON.parse(String(payload)));
  }

  /** The next message of a type. */
  async expect(type) {
    const wants = ({ opcode, payload }) => opcode === OPCODE.TEXT && JSON.parse(String(payload)).type === type;
    return JSON.parse(String((await this.frames.take(wants, `a ${type}`)).payload));
  }

  hangUp() {
    this.socket.destroy();
  }
}

/** Connects to "host:port". */
export function dial(address) {
  const { hostname, port } = new URL(`tcp://${address}`);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const opened = new Promise((resolve, reject) =>
    socket.on('connect', () => resolve(new RawConnection(socket))).on('error', reject),
  );
  return within(opened, `a connection to ${address}`);
}

/** The lines of an upgrade; `headers` replace the usual ones, and null leaves one out. */
export function upgradeRequest(address, path, headers = {}) {
  const usual = {
    Host: address,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Protocol': SUBPROTOCOL,
  };
  const lines = Object.entries({ ...usual, ...headers }).filter(([, value]) => value !== null);
  return `GET ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

/** A WebSocket of which every byte is ours; refused upgrades are for the caller to see in head(). */
export async function rawUpgrade(server, room, { headers = {}, query = '' } = {}) {
  const connection = await dial(server.address);
  connection.write(upgradeRequest(server.address, `/v1/rooms/${room}/ws${query}`, headers));
  return connection;
}

/** Sends one HTTP request as it stands and gives the whole answer: {status, headers, body}. */
export async function rawRequest(address, request) {
  const connection = await dial(address);
  connection.write(request);
  const head = await connection.head();
  await connection.closed();
  return { ...head, body: String(connection.bytes) };
}
