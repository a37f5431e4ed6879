// receipts.test - what is promised about messages that are sent: the SDK against a scripted server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comeBack, joined, platform } from './call_scene.mjs';
import { FakePeerConnection, FakeWebSocket, peerOf, settle, welcomeOf } from './fakes.mjs';
import { BOB, CYD, fateOf, quietly, scene, comeBackTo, numbered, seqs } from './receipts_scene.mjs';

test('what is sent to peers is numbered from 1, one sequence for all', async () => {
  const { call } = await scene();

  for (const to of ['bob', 'cyd', undefined]) quietly(call.send('x', { to }));
  FakePeerConnection.all[0].onnegotiationneeded();
  await settle();

  assert.deepEqual(numbered().map(({ seq, type, kind, to }) => [seq, type, kind, to]), [
    [1, 'relay', 'data', 'bob'],
    [2, 'relay', 'data', 'cyd'],
    [3, 'broadcast', undefined, undefined],
    [4, 'relay', 'offer', 'bob'],
  ]);
});

test('send() resolves when the handler of the addressee has run', async () => {
  const { call, home } = await scene();
  const first = call.send('x', { to: 'bob' });
  const second = call.send('y', { to: call.peers.get('bob') });
  const third = call.send('z', { to: 'cyd' });

  home.receipt('bob', 2);

  assert.deepEqual(await fateOf(first), ['bob']);
  assert.deepEqual(await fateOf(second), ['bob']);
  assert.equal(await fateOf(third), 'waits');
});

test('a broadcast is for those in the roster when the server took it, and waits for all of them', async () => {
  const { call, home } = await scene();
  const sending = call.send('x');
  home.say({ type: 'peer-left', peer: 'bob', reason: 'left' });
  home.say({ type: 'peer-joined', peer: peerOf('dan'), polite: false });
  home.ok(1);
  home.say({ type: 'peer-joined', peer: peerOf('eve'), polite: false });

  home.receipt('cyd', 1);
  assert.equal(await fateOf(sending), 'waits');
  home.receipt('dan', 1);

  assert.deepEqual(await fateOf(sending), ['cyd', 'dan']);
});

test('a broadcast into an empty room has reached all', async () => {
  const { call, home } = await scene({ peers: [] });
  const sending = call.send('x');
  await settle();

  home.ok(1);

  assert.deepEqual(await fateOf(sending), []);
});

for (const reason of ['peer-left', 'expired', 'outbox-full', 'kicked'])
  test(`send() rejects with undelivered when the server says so, and why: ${reason}`, async () => {
    const { call, home } = await scene();
    const sends = [1, 2, 3].map(() => quietly(call.send('x', { to: 'bob' })));
    await settle();

    home.say({ type: 'undelivered', peer: 'bob', first: 1, last: 2, reason });

    for (const one of sends.slice(0, 2)) assert.deepEqual(await fateOf(one), { code: 'undelivered', reason, peers: ['bob'] });
    assert.equal(await fateOf(sends[2]), 'waits');
  });

test('a broadcast that did not reach one rejects when all others are settled, and names that one', async () => {
  const { call, home } = await scene();
  const sending = quietly(call.send('x'));
  await settle();
  home.ok(1);
  home.say({ type: 'undelivered', peer: 'bob', first: 1, last: 1, reason: 'outbox-full' });
  assert.equal(await fateOf(sending), 'waits');

  home.receipt('cyd', 1);

  assert.deepEqual(await fateOf(sending), { code: 'undelivered', reason: 'outbox-full', peers: ['bob'] });
});

for (const [leave, reason] of [['left', 'peer-left'], ['kicked', 'kicked'], ['lost', 'expired'], ['replaced', 'peer-left']])
  test(`what has no receipt of a peer that is gone (${leave}) never will have one: ${reason}`, async () => {
    const { call, home } = await scene();
    const sending = quietly(call.send('x', { to: 'bob' }));

    home.say({ type: 'peer-left', peer: 'bob', reason: leave });

    assert.deepEqual(await fateOf(sending), { code: 'undelivered', reason, peers: ['bob'] });
  });

test('a peer that is not there is undelivered at once, and takes no number', async () => {
  const { call } = await scene();

  await assert.rejects(call.send('x', { to: 'nobody' }), { code: 'undelivered', reason: 'peer-left', peers: ['nobody'] });

  assert.deepEqual(numbered(), []);
});

for (const to of [['bob'], null, 7, { id: 'bob' }])
  test(`${JSON.stringify(to)} is no addressee, and takes no number`, async () => {
    const { call } = await scene();

    await assert.rejects(call.send('x', { to }), { code: 'bad_message', field: 'to' });

    assert.deepEqual(numbered(), []);
  });

let deep = 1;
for (let i = 0; i < 8; i += 1) deep = [deep];
const cycle = {};
cycle.self = cycle;
for (const [what, data, code] of [
  ['nothing', undefined, 'bad_message'],
  ['a function', () => 1, 'bad_message'],
  ['a number that JSON does not know', 1n, 'bad_message'],
  ['a cycle', cycle, 'bad_message'],
  ['more than 8 levels, the message counted', deep, 'bad_message'],
  ['half a surrogate pair', '\ud800', 'bad_message'],
  ['a name that reaches a prototype (T-48)', JSON.parse('{"__proto__":1}'), 'bad_message'],
  ['more than the server takes', 'x'.repeat(5000), 'message_too_large'],
])
  test(`${what} is refused here, and takes no number`, async () => {
    const { call } = await joined({ peers: [BOB] });
    FakeWebSocket.last.drop(1006);
    await platform.clock.advance(500);
    await comeBack(welcomeOf('ann', [BOB], { session: 'resumed', messageBytes: 4096, re: undefined }));

    await assert.rejects(call.send(data), { code });
    quietly(call.send('fine'));
    await settle();

    assert.deepEqual(numbered().map(({ seq, body }) => [seq, body]), [[1, 'fine']]);
  });

test('7 levels of lists are what fits into a message', async () => {
  const { call, home } = await scene();
  const sending = call.send(deep[0], { to: 'bob' });
  await settle();

  home.receipt('bob', 1);

  assert.deepEqual(await fateOf(sending), ['bob']);
});

test('a full queue rejects at once: messages', async () => {
  const { call } = await scene();
  FakeWebSocket.last.drop(1006);
  for (let i = 0; i < 2048; i += 1) quietly(call.send(i));

  assert.deepEqual(await fateOf(call.send('one more')), { code: 'undelivered', reason: 'outbox-full', peers: ['bob', 'cyd'] });
});

test('a full queue rejects at once: bytes; negotiation still fits', async () => {
  const { call } = await scene();
  FakeWebSocket.last.drop(1006);
  for (let i = 0; i < 64; i += 1) quietly(call.send('x'.repeat(65_000)));
  await settle();

  assert.equal((await fateOf(call.send('x'.repeat(65_000)))).reason, 'outbox-full');
  FakePeerConnection.all[0].onnegotiationneeded();
  await settle();
  await platform.clock.advance(500);
  await comeBack(welcomeOf('ann', [BOB, CYD], { session: 'resumed', accepted: 64, re: undefined }));

  assert.deepEqual(numbered().map(({ kind }) => kind), ['offer']);
});

test('rate_limited: it waits as long as the server says, and begins with the first that was not taken', async () => {
  const { call, home, named } = await scene();
  for (let i = 1; i <= 5; i += 1) quietly(call.send(i, { to: 'bob' }));
  await settle();

  home.refuse(3, 'rate_limited', { retryAfterMs: 400 });
  home.refuse(4, 'rate_limited', { retryAfterMs: 400 });
  home.say({ type: 'error', seq: 5, code: 'out_of_order', message: 'No.' });
  await platform.clock.advance(599);
  assert.deepEqual(seqs(), [1, 2, 3, 4, 5]);
  await platform.clock.advance(1);
  assert.deepEqual(seqs(), [1, 2, 3, 4, 5, 3]);
  await platform.clock.advance(1000);

  assert.deepEqual(seqs(), [1, 2, 3, 4, 5, 3, 4, 5]);
  assert.deepEqual(named('warning'), []);
});

test('after rate_limited messages go out one by one at first, so that refusals do not pile up to a flood', async () => {
  const { call, home } = await scene();
  for (let i = 1; i <= 40; i += 1) quietly(call.send(i, { to: 'bob' }));
  await settle();
  const before = seqs().length;

  home.refuse(1, 'rate_limited', { retryAfterMs: 100 });
  await platform.clock.advance(150);
  const first = seqs().length - before;
  await platform.clock.advance(300);
  const more = seqs().length - before;

  assert.equal(first, 1);
  assert.equal(more, 1 + 2 + 3 + 4);
});

test('no more than 64 messages are under way unread', async () => {
  const { call } = await scene();
  for (let i = 1; i <= 200; i += 1) quietly(call.send(i, { to: 'bob' }));
  await settle();
  assert.equal(seqs().length, 64);

  const [ping] = FakeWebSocket.last.sentOf('ping');
  FakeWebSocket.last.deliver({ type: 'pong', re: ping.id });
  await settle();

  assert.equal(seqs().length, 96);
});

test('a message that is out of order for no known reason is gone back for, further the second time', async () => {
  const { call, home } = await scene();
  for (let i = 1; i <= 3; i += 1) quietly(call.send(i, { to: 'bob' }));
  await settle();

  home.say({ type: 'error', seq: 3, code: 'out_of_order', message: 'No.' });
  await platform.clock.advance(100);
  home.say({ type: 'error', seq: 3, code: 'out_of_order', message: 'No.' });
  await platform.clock.advance(100);

  assert.deepEqual(seqs(), [1, 2, 3, 3, 1, 2, 3]);
});

test('a refusal by the home uses the number up', async () => {
  const { call, home } = await scene();
  const sending = quietly(call.send('x'));
  await settle();

  home.say({ type: 'error', seq: 1, code: 'not_permitted', message: 'No.' });
  quietly(call.send('y'));
  await settle();

  assert.equal((await fateOf(sending)).code, 'not_permitted');
  assert.deepEqual(seqs(), [1, 2]);
});

test('a refusal before the home leaves the number to be used again, and what was refused because of it is sent again', async () => {
  const { call, home } = await scene();
  const sends = ['bob', 'cyd'].map((to) => quietly(call.send(to, { to })));
  await settle();

  home.refuse(1, 'bad_message', { field: 'body' });
  home.say({ type: 'error', seq: 2, code: 'out_of_order', message: 'No.' });
  await settle();
  await platform.clock.advance(200);

  assert.equal((await fateOf(sends[0])).code, 'bad_message');
  assert.equal(await fateOf(sends[1]), 'waits');
  assert.deepEqual(numbered().slice(2).map(({ seq, to }) => [seq, to]).slice(0, 2), [[1, ['ann']], [2, 'cyd']]);
});

test('what a restarted server would find too large is reported, and the rest goes on', async () => {
  const { call } = await scene();
  const large = quietly(call.send('x'.repeat(3000), { to: 'bob' }));
  quietly(call.send('small', { to: 'bob' }));
  await settle();

  const socket = await comeBackTo('rebuilt', { messageBytes: 2048 });

  assert.equal((await fateOf(large)).code, 'message_too_large');
  assert.deepEqual(numbered(socket).map(({ body }) => body), ['small']);
});
