// server.test - the SDK against the real server: a chat goes on while that is killed, stopped and taken over, and nothing is lost or doubled.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { join } from '../../web-demo/sdk/parley.js';
import { eventually, killAndRestart, mintToken, restart, startServer } from '../e2e/harness.mjs';
import { dataPlatform } from './fakes.mjs';

/** Data only: no media ever flow over the stand-in for RTCPeerConnection. */
const platform = dataPlatform(WebSocket);
const TOLD = ['resumed', 'rejoined', 'ended', 'peer-joined', 'peer-left', 'warning'];

/** @param {() => boolean} holds looked at whenever something may have come */
const until = (holds, what) =>
  eventually(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return holds();
  }, what);

let server;
let rooms = 0;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** Ann, Bob and Cyd in a room of their own; each with what it handled and was told. */
async function gathering() {
  const room = `sdk-${(rooms += 1)}`;
  const people = [];
  for (const sub of ['ann', 'bob', 'cyd']) {
    const token = () => mintToken({ sub, video: { room, roomAdmin: sub === 'ann' } });
    const call = await join({ url: server.url, room, token, platform });
    const person = { name: sub, call, id: call.self.id, handled: [], told: [] };
    call.on('data', ({ peer, data }) => person.handled.push([peer.identity, data]));
    people.push(person);
  }
  await until(() => people.every(({ call }) => call.peers.size === 2), 'everybody to see everybody');
  for (const { call, told } of people) for (const name of TOLD) call.on(name, (event) => told.push([name, event]));
  return people;
}

/** Everyone sends to all, and to each, as often as asked; gives back promises. */
function chatter(people, from, to) {
  const sends = [];
  for (let i = from; i < to; i += 1)
    for (const { name, call } of people) {
      sends.push(call.send(`${name} to all ${i}`));
      for (const other of people) if (other.call !== call) sends.push(call.send(`${name} to ${other.name} ${i}`, { to: other.id }));
    }
  return sends;
}

/** What one of them has to have handled of another, in this order. */
function expected(from, to, count) {
  return Array.from({ length: count }, (_, i) => [`${from.name} to all ${i}`, `${from.name} to ${to.name} ${i}`]).flat();
}

function judge(people, count) {
  for (const to of people)
    for (const from of people) {
      if (from === to) continue;
      const heard = to.handled.filter(([name]) => name === from.name).map(([, data]) => data);
      assert.deepEqual(heard, expected(from, to, count), `${to.name} of ${from.name}`);
    }
  for (const { name, told, call, id } of people) {
    assert.deepEqual(told.filter(([event]) => event !== 'resumed'), [], name);
    assert.equal(call.self.id, id);
    call.leave();
  }
}

const isRebuilt = ({ told }) => told.some(([event, { rebuilt }]) => event === 'resumed' && rebuilt);

test('what is sent arrives once and in order, and is receipted by those who handled it', async () => {
  const people = await gathering();

  const reached = await Promise.all(chatter(people, 0, 10));

  assert.deepEqual([...new Set(reached.map((ids) => ids.length))].sort(), [1, 2]);
  judge(people, 10);
});

/** It comes back where clients look for it. */
const samePlace = () => ({ 'server.listen': server.address });

async function stopAndRestart(former, config) {
  await former.stop();
  return restart(former, config);
}

for (const [what, again] of [['kill -9', killAndRestart], ['SIGTERM', stopAndRestart]])
  test(`${what}: everybody is back as who they were, and what was sent before, during and after it arrives once`, async () => {
    const people = await gathering();
    const sends = chatter(people, 0, 10);

    const starting = again(server, samePlace());
    sends.push(...chatter(people, 10, 15));
    server = await starting;
    sends.push(...chatter(people, 15, 20));
    await Promise.all(sends);
    await until(() => people.every(isRebuilt), 'everybody to be back');

    judge(people, 20);
  });

test('a connection that is taken over while messages are under way loses none, and nobody hears of it', async () => {
  const people = await gathering();
  const sends = [];

  for (let i = 0; i < 5; i += 1) {
    sends.push(...chatter(people, 2 * i, 2 * i + 2));
    people[i % 3].call.reconnect();
  }
  await Promise.all(sends);

  judge(people, 10);
});

test('more than the limits allow at once arrives too, later', async () => {
  const [ann, bob, cyd] = await gathering();

  await Promise.all(Array.from({ length: 300 }, (_, i) => ann.call.send(i, { to: bob.id })));

  assert.deepEqual(bob.handled.map(([, data]) => data), Array.from({ length: 300 }, (_, i) => i));
  for (const { call, told } of [ann, bob, cyd]) {
    assert.deepEqual(told, []);
    call.leave();
  }
});

test('what is sent to one who leaves is told as undelivered', async () => {
  const [ann, bob, cyd] = await gathering();
  bob.call.on('data', () => bob.call.leave());

  const fates = await Promise.allSettled([1, 2, 3].map((i) => ann.call.send(i, { to: bob.id })));

  for (const { status, reason } of fates.slice(1)) {
    assert.equal(status, 'rejected');
    assert.deepEqual([reason.code, reason.reason, reason.peers], ['undelivered', 'peer-left', [bob.id]]);
  }
  for (const { call } of [ann, cyd]) call.leave();
});
