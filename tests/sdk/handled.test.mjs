// handled.test - when an addressee says how far it has got, and what it passes over.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { platform } from './call_scene.mjs';
import { FakeWebSocket, peerOf, settle } from './fakes.mjs';
import { quietly, scene, comeBackTo, numbered } from './receipts_scene.mjs';

test('what a sender waits for is receipted 100 ms after it was handled', async () => {
  const { home, named } = await scene();

  home.say({ type: 'relay', from: 'bob', kind: 'data', body: 1, seq: 1 });
  await platform.clock.advance(99);
  assert.deepEqual(FakeWebSocket.last.sentOf('receipt'), []);
  await platform.clock.advance(1);

  assert.equal(named('data').length, 1);
  assert.deepEqual(FakeWebSocket.last.sentOf('receipt'), [{ type: 'receipt', got: 1 }]);
});

test('after 16 messages it is receipted at once', async () => {
  const { home } = await scene();

  for (let i = 1; i <= 16; i += 1) home.say({ type: 'broadcast', from: 'bob', body: i, seq: i });

  assert.deepEqual(FakeWebSocket.last.sentOf('receipt'), [{ type: 'receipt', got: 16 }]);
});

test('a receipt rides on whatever is sent, and is told once', async () => {
  const { call, home } = await scene();
  home.say({ type: 'relay', from: 'bob', kind: 'data', body: 1, seq: 1 });

  quietly(call.send('x', { to: 'bob' }));
  quietly(call.send('y', { to: 'bob' }));
  await platform.clock.advance(200);

  assert.deepEqual(numbered().map(({ got }) => got), [1, undefined]);
  assert.deepEqual(FakeWebSocket.last.sentOf('receipt'), []);
});

test('receipts and roster cost no receipt of their own: the next ping tells', async () => {
  const { home } = await scene();
  home.say({ type: 'peer-joined', peer: peerOf('dan'), polite: false });
  home.say({ type: 'receipt', from: 'bob', seq: 1 });

  await platform.clock.advance(14_999);
  assert.deepEqual(FakeWebSocket.last.sentOf('receipt'), []);
  await platform.clock.advance(1);

  assert.equal(FakeWebSocket.last.sentOf('ping')[0].got, 2);
});

test('a message counts as handled only after the handlers have run', async () => {
  const { call, home } = await scene();
  call.on('data', () => quietly(call.send('answer', { to: 'bob' })));

  home.say({ type: 'relay', from: 'bob', kind: 'data', body: 1, seq: 1 });
  await settle();
  quietly(call.send('later', { to: 'bob' }));
  await settle();

  assert.deepEqual(numbered().map(({ body, got }) => [body, got]), [['answer', undefined], ['later', 1]]);
});

test('what a dead server had delivered is not handled again, and is receipted all the same', async () => {
  const { home, named } = await scene();
  for (const seq of [1, 2]) home.say({ type: 'relay', from: 'bob', kind: 'data', body: seq, seq });
  home.say({ type: 'relay', from: 'cyd', kind: 'data', body: 'c', seq: 1 });

  const socket = await comeBackTo('rebuilt');
  home.restart();
  for (const seq of [2, 3]) home.say({ type: 'relay', from: 'bob', kind: 'data', body: seq, seq });
  await platform.clock.advance(100);

  assert.deepEqual(named('data').map(({ data }) => data), [1, 2, 'c', 3]);
  assert.deepEqual(socket.sentOf('receipt').at(-1), { type: 'receipt', got: 2 });
});

test('what is delivered again with a number that was handled is passed over', async () => {
  const { home, named } = await scene();
  home.say({ type: 'broadcast', from: 'bob', body: 1 });

  const socket = await comeBackTo('resumed');
  FakeWebSocket.last.deliver({ n: 1, type: 'broadcast', from: 'bob', body: 1 });
  FakeWebSocket.last.deliver({ n: 2, type: 'broadcast', from: 'bob', body: 2 });

  assert.equal(socket.sent[0].got, 1);
  assert.deepEqual(named('data').map(({ data }) => data), [1, 2]);
});

test('a numbered message of a later version is counted, too', async () => {
  const { home } = await scene();

  home.say({ type: 'room-locked', by: 'bob' });
  home.say({ type: 'broadcast', from: 'bob', body: 1, seq: 1 });
  await platform.clock.advance(100);

  assert.deepEqual(FakeWebSocket.last.sentOf('receipt'), [{ type: 'receipt', got: 2 }]);
});

test('a message that cannot be read is dropped, told, and not handed out again', async () => {
  const { home, named } = await scene();

  FakeWebSocket.last.deliver('{"n":1,"type":"broadcast","from":"bob","body":{"__proto__":1},"seq":1}');
  home.say({ n: 2, type: 'broadcast', from: 'bob', body: 2, seq: 2 });
  await platform.clock.advance(100);

  assert.deepEqual(named('warning').map(({ code }) => code), ['protocol']);
  assert.deepEqual(named('data').map(({ data }) => data), [2]);
  assert.deepEqual(FakeWebSocket.last.sentOf('receipt'), [{ type: 'receipt', got: 2 }]);
});
