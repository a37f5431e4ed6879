// stun.mjs - the least of a TURN client (RFC 8656): enough to ask for an allocation and for permissions.
//
// It never sends to a peer: a permission is between client and server, so the addresses that the tests name get
// no packet from it.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

const COOKIE = 0x2112a442; // RFC 8489 section 5
const UDP = 17;
const METHODS = { binding: 1, allocate: 3, refresh: 4, createPermission: 8 };
const ATTRIBUTES = {
    username: 0x0006, integrity: 0x0008, error: 0x0009, lifetime: 0x000d, peer: 0x0012, realm: 0x0014,
    nonce: 0x0015, relayed: 0x0016, family: 0x0017, transport: 0x0019, software: 0x8022,
};
const RETRANSMIT_MS = 500; // RFC 8489 section 6.2.1, without the doubling
const RETRANSMIT_MAX = 20;

/** @param {string} text @returns {Buffer} 4 or 16 bytes */
export function addressBytes(text) {
    if (!isIPv6(text)) return Buffer.from(text.split('.').map(Number));
    const dotted = text.match(/^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/);
    if (dotted) {
        const [a, b, c, d] = dotted.slice(2).map(Number);
        text = `${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
    }
    const [head, tail] = text.split('::').map((half) => half.split(':').filter(Boolean));
    const groups = tail === undefined ? head : [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail];
    const bytes = Buffer.alloc(16);
    groups.forEach((group, i) => bytes.writeUInt16BE(parseInt(group, 16), 2 * i));
    return bytes;
}

function attribute(type, value) {
    const head = Buffer.alloc(4);
    head.writeUInt16BE(type, 0);
    head.writeUInt16BE(value.length, 2);
    return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

function header(type, length, id) {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt16BE(type, 0);
    bytes.writeUInt16BE(length, 2);
    bytes.writeUInt32BE(COOKIE, 4);
    return Buffer.concat([bytes, id]);
}

function xorAddress(address, port, id) {
    const mask = header(0, 0, id).subarray(4);
    const value = Buffer.concat([Buffer.alloc(4), addressBytes(address)]);
    value[1] = value.length === 8 ? 1 : 2;
    value.writeUInt16BE(port ^ (COOKIE >>> 16), 2);
    for (let i = 4; i < value.length; i++) value[i] ^= mask[i - 4];
    return value;
}

function encode(method, attributes, id, key) {
    const body = Buffer.concat(attributes.map(([type, value]) => attribute(ATTRIBUTES[type], value)));
    if (!key) return Buffer.concat([header(METHODS[method], body.length, id), body]);
    // The HMAC covers the header with the length as it will be, RFC 8489 section 14.5.
    const signed = Buffer.concat([header(METHODS[method], body.length + 24, id), body]);
    return Buffer.concat([signed, attribute(ATTRIBUTES.integrity, createHmac('sha1', key).update(signed).digest())]);
}

function decode(packet) {
    const attributes = new Map();
    for (let at = 20; at + 4 <= packet.length;) {
        const length = packet.readUInt16BE(at + 2);
        attributes.set(packet.readUInt16BE(at), packet.subarray(at + 4, at + 4 + length));
        at += 4 + length + ((4 - (length % 4)) % 4);
    }
    const error = attributes.get(ATTRIBUTES.error);
    return {
        isSuccess: (packet.readUInt16BE(0) & 0x0110) === 0x0100,
        code: error ? error[2] * 100 + error[3] : 0,
        get: (name) => attributes.get(ATTRIBUTES[name]),
    };
}

let clients = 0;

/** A loopback address for each client: a port may be given out again while coturn still holds an allocation for it. */
function nextAddress() {
    clients++;
    return `127.1.${clients >> 8}.${clients & 255}`;
}

/** One 5-tuple, hence at most one allocation. */
export class TurnClient {
    /** @param {number} port @param {{username?: string, password?: string}} [credential] */
    constructor(port, { username = '', password = '' } = {}) {
        this.port = port;
        this.username = username;
        this.password = password;
        this.waiting = new Map();
        this.socket = createSocket('udp4');
        this.socket.bind({ address: nextAddress() });
        this.socket.on('message', (packet) => this.waiting.get(packet.toString('hex', 8, 20))?.(decode(packet)));
    }

    close() {
        this.socket.close();
    }

    /** Gives the allocation back, as its quota counts until then. */
    async release() {
        await this.ask('refresh', [['lifetime', Buffer.alloc(4)]]);
        this.close();
    }

    send(packet, id) {
        return new Promise((resolve, reject) => {
            let sent = 0;
            const finish = (settle, value) => {
                clearInterval(timer);
                this.waiting.delete(id.toString('hex'));
                settle(value);
            };
            const transmit = () => {
                if (sent++ === RETRANSMIT_MAX) return finish(reject, new Error('the TURN server does not answer'));
                this.socket.send(packet, this.port, '127.0.0.1');
            };
            const timer = setInterval(transmit, RETRANSMIT_MS);
            this.waiting.set(id.toString('hex'), (answer) => finish(resolve, answer));
            transmit();
        });
    }

    /** One request; a value may be a function of the transaction id. Answers 401 and 438 as clients do. */
    async ask(method, attributes = [], tries = 3) {
        const id = randomBytes(12);
        const own = attributes.map(([name, value]) => [name, typeof value === 'function' ? value(id) : value]);
        const request = encode(method, this.nonce ? [...own, ...this.identity()] : own, id, this.key);
        const answer = await this.send(request, id);
        const isChallenge = answer.code === 438 || (answer.code === 401 && !this.nonce);
        if (!isChallenge || tries === 1) return answer;
        this.nonce = answer.get('nonce');
        this.realm = answer.get('realm');
        this.key = createHash('md5').update(`${this.username}:${this.realm}:${this.password}`).digest();
        return this.ask(method, attributes, tries - 1);
    }

    identity() {
        return [['username', Buffer.from(this.username)], ['realm', this.realm], ['nonce', this.nonce]];
    }

    bind() {
        return this.ask('binding');
    }

    /** @param {4 | 6} family of the relayed address */
    allocate(family = 4) {
        const wanted = [['transport', Buffer.from([UDP, 0, 0, 0])]];
        if (family === 6) wanted.push(['family', Buffer.from([2, 0, 0, 0])]);
        return this.ask('allocate', wanted);
    }

    permit(address, port = 53) {
        return this.ask('createPermission', [['peer', (id) => xorAddress(address, port, id)]]);
    }
}
