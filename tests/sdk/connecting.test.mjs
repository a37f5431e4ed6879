// connecting.test - connections that hang, and signs that it is time for a new one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comeBack, joined, lost, platform } from './call_scene.mjs';
import { FakeWebSocket, peerOf, settle, welcomeOf } from './fakes.mjs';

const BOB = { peer: peerOf('bob'), polite: true };
const resumed = (more = {}) => welcomeOf('ann', [BOB], { session: 'resumed', accepted: 0, ticket: 'second', re: undefined, ...more });

test('an attempt that hangs is given up after 4 s, and the next is begun', async () => {
  const { call } = await joined();
  FakeWebSocket.last.drop(1006);
  await platform.clock.advance(500);
  const hanging = FakeWebSocket.last;

  await platform.clock.advance(4000 + 1000);

  assert.equal(hanging.closedWith, 4002);
  assert.notEqual(FakeWebSocket.last, hanging);
  await comeBack(resumed());
  assert.equal(call.state, 'joined');
});

test('a server that opens and does not answer the ticket is given up too', async () => {
  const { socket } = await lost();

  await platform.clock.advance(4000 + 1000);

  assert.equal(socket.closedWith, 4002);
  assert.notEqual(FakeWebSocket.last, socket);
});

test('reconnect() takes the session over while the old socket seems alive, and keeps that until it is done', async () => {
  const { call, named } = await joined({ peers: [BOB] });
  const old = FakeWebSocket.last;

  call.reconnect();
  await settle();
  assert.notEqual(FakeWebSocket.last, old);
  assert.equal(old.closedWith, null);
  FakeWebSocket.last.open();
  await settle();
  old.deliver({ n: 1, type: 'broadcast', from: 'bob', body: 'heard twice?', seq: 1 });
  FakeWebSocket.last.deliver(resumed());
  FakeWebSocket.last.deliver({ n: 1, type: 'broadcast', from: 'bob', body: 'heard twice?', seq: 1 });
  old.drop(4510);

  assert.equal(old.closedWith, 4002);
  assert.equal(call.state, 'joined');
  assert.equal(named('data').length, 1);
  assert.equal(FakeWebSocket.all.length, 2);
});

test('where the network comes back, an attempt is made at once', async () => {
  let hooks;
  platform.watch = (given) => ((hooks = given), () => {});
  await joined();
  FakeWebSocket.last.drop(1006);
  for (let i = 0; i < 4; i += 1) {
    await platform.clock.advance(15_000);
    FakeWebSocket.last.drop(1006);
  }
  const before = FakeWebSocket.all.length;

  hooks.onNetwork();
  await settle();

  assert.equal(FakeWebSocket.all.length, before + 1);
});

test('a page that comes back asks the server for a sign of life, and waits for it only 3 s', async () => {
  let hooks;
  platform.watch = (given) => ((hooks = given), () => {});
  const { call } = await joined();

  hooks.onWake();
  assert.equal(FakeWebSocket.last.sentOf('ping').length, 1);
  await platform.clock.advance(3000);

  assert.equal(call.state, 'reconnecting');
});

test('a page that was suspended notices a dead socket quickly, and gives a living one the time to be heard', async () => {
  const { call } = await joined();
  const { clock } = platform;
  await clock.advance(15_000);
  assert.equal(FakeWebSocket.last.sentOf('ping').length, 1);

  // The answer would have been due while the page slept: its timer is late.
  clock.sleep(60_000);
  await clock.advance(0);
  assert.equal(call.state, 'joined');
  assert.equal(FakeWebSocket.last.sentOf('ping').length, 2);
  await clock.advance(3000);

  assert.equal(call.state, 'reconnecting');
});

test('a ping that is refused for its rate is a sign of life', async () => {
  const { call } = await joined();
  await platform.clock.advance(15_000);
  const [ping] = FakeWebSocket.last.sentOf('ping');

  FakeWebSocket.last.deliver({ type: 'error', re: ping.id, code: 'rate_limited', message: 'Slow down.', retryAfterMs: 5 });
  await platform.clock.advance(15_000);

  assert.equal(call.state, 'joined');
  assert.equal(FakeWebSocket.last.sentOf('ping').length, 2);
});

test('the answer to a request of a former connection is not taken for that of another', async () => {
  const { call } = await joined({ peers: [BOB] });
  const updating = call.update({ name: 'Ann' });
  const former = FakeWebSocket.last.sentOf('update')[0].id;
  FakeWebSocket.last.drop(1006);
  await assert.rejects(updating, { code: 'unreachable' });
  await platform.clock.advance(500);
  FakeWebSocket.last.open();
  await settle();

  assert.ok(FakeWebSocket.last.sent[0].id > former);
});
