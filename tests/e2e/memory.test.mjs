// memory.test.mjs - what a client only claims costs the server nothing (T-21), and what it never finishes ends (T-22).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as asLongAsItTakes } from 'node:timers/promises';

import { OPCODE, frame, meet, mintToken, rawUpgrade, startServer } from './harness.mjs';

const CROWD = 200;
const PER_ROOM = 10;
const GROWTH_MAX_KIB = 10 * 1024;

/** The resident memory of a process, in KiB. */
const residentKib = (pid) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);

/** Joins as somebody of whom every byte is ours. */
async function joinRaw(server, room, sub) {
  const connection = await rawUpgrade(server, room);
  assert.equal((await connection.head()).status, 101);
  connection.write(frame(JSON.stringify({ type: 'hello', token: mintToken({ sub, video: { room } }) })));
  const { self } = await connection.expect('welcome');
  return Object.assign(connection, { id: self.id });
}

/** The first bytes of a text that claims to be `length` bytes long. */
function claim(length, { fin = true, payload = 'twelve bytes' } = {}) {
  const head = Buffer.alloc(14);
  head[0] = fin ? 0x81 : 0x01;
  head[1] = 0xff;
  head.writeBigUInt64BE(length, 2);
  return Buffer.concat([head, Buffer.from(payload)]);
}

describe('what is claimed', () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  /** By how many KiB the server grows while a crowd that has joined does something. */
  async function growthWhile(name, act) {
    const crowd = await Promise.all(Array.from({ length: CROWD }, (_, index) => joinRaw(server, `${name}-${Math.floor(index / PER_ROOM)}`, `p-${index}`)));
    const start = residentKib(server.pid);
    let most = start;
    await Promise.all(crowd.map(async (one) => {
      await act(one);
      most = Math.max(most, residentKib(server.pid));
    }));
    for (const one of crowd) one.hangUp();
    return most - start;
  }

  for (const [name, length, options] of [
    ['2^40 bytes', 1n << 40n],
    ['2^62 bytes', 1n << 62n],
    ['2^40 bytes, as a first fragment', 1n << 40n, { fin: false }],
  ]) {
    test(`T-21: two hundred clients that each claim ${name} cost no memory`, async () => {
      const grown = await growthWhile(`claim-${length}-${options ? 'part' : 'whole'}`, async (eve) => {
        eve.write(claim(length, options));
        assert.equal(await eve.closeCode(), 1009);
      });
      assert.ok(grown < GROWTH_MAX_KIB, `it grew by ${grown} KiB`);
    });
  }

  test('negative control: what is really sent and kept is seen to cost memory', async () => {
    const grown = await growthWhile('kept', async (ann) => {
      ann.write(frame(Buffer.alloc(64_000, 'x'), { fin: false }));
      ann.write(frame('there?', { opcode: OPCODE.PING }));
      await ann.frames.take(({ opcode }) => opcode === OPCODE.PONG, 'a pong');
    });
    assert.ok(grown > GROWTH_MAX_KIB, `it grew by ${grown} KiB`);
  });
});

/** These take as long as the server's patience with a message, so they take it together. */
describe('what is not finished', { concurrency: true }, () => {
  const EVERY_MS = 1000;
  /** Twice the patience: only bounds the scene. */
  const STEPS = 20;
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  /** Sends `start`, and then `step` again and again until the connection ends. */
  async function dribble(connection, start, step) {
    let isOpen = true;
    connection.socket.on('close', () => (isOpen = false));
    connection.write(start);
    for (let count = 0; isOpen && step && count < STEPS; count++) {
      await asLongAsItTakes(EVERY_MS);
      connection.write(step);
    }
  }

  const part = frame(' ', { opcode: OPCODE.CONTINUATION, fin: false });
  for (const [name, start, step] of [
    ['whose fragments go on and on', frame('{', { fin: false }), part],
    ['whose second fragment never comes', frame('{', { fin: false }), null],
    ['of one frame that comes byte by byte', claim(1000n, { payload: '{' }), Buffer.from(' ')],
    ['that is nothing but pings after its first fragment', frame('{', { fin: false }), frame('', { opcode: OPCODE.PING })],
  ]) {
    test(`T-22: a message ${name} ends with 1008 after 10 s, and only for who sent it`, async () => {
      const room = `unfinished-${name.replaceAll(' ', '-')}`;
      const [ann] = await meet(server, room, 'ann');
      const eve = await joinRaw(server, room, 'eve');
      await ann.expect('peer-joined');

      const dribbling = dribble(eve, start, step);

      assert.equal((await eve.expect('error')).code, 'fragmented');
      assert.equal(await eve.closeCode(), 1008);
      assert.deepEqual(await ann.expect('peer-left'), { type: 'peer-left', peer: eve.id, reason: 'refused' });
      assert.deepEqual(await ann.everything(), []);
      await dribbling;
    });
  }

  test('negative control: who takes five seconds for a message is heard', async () => {
    const [ann] = await meet(server, 'slow', 'ann');
    const bob = await joinRaw(server, 'slow', 'bob');
    const text = JSON.stringify({ type: 'broadcast', body: 'at last' });
    bob.write(frame(text.slice(0, 9), { fin: false }));
    for (let step = 0; step < 5; step++) {
      await asLongAsItTakes(EVERY_MS);
      bob.write(frame('', { opcode: OPCODE.CONTINUATION, fin: false }));
    }
    bob.write(frame(text.slice(9), { opcode: OPCODE.CONTINUATION }));
    assert.equal((await ann.expect('broadcast')).body, 'at last');
    bob.hangUp();
  });
});
