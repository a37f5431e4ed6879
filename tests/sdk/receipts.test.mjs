// receipts.test - what is promised about messages, on both sides: the SDK against a scripted server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comeBack, joined, platform } from './call_scene.mjs';
import { FakePeerConnection, FakeWebSocket, peerOf, settle, welcomeOf } from './fakes.mjs';

const BOB = { peer: peerOf('bob'), polite: true };
const CYD = { peer: peerOf('cyd'), polite: true };

/** What a promise has come to: 'waits', its value, or code, reason and peers of its error. */
async function fateOf(promise) {
  let fate = 'waits';
  promise.then(
    (reached) => (fate = reached),
    ({ code, reason, peers }) => (fate = { code, reason, peers }),
  );
  await settle();
  return fate;
}

/** Sends of which some reject without anybody looking. */
function quietly(promise) {
  promise.catch(() => {});
  return promise;
}

function server() {
  let n = 0;
  return {
    say: (message) => FakeWebSocket.last.deliver({ n: (n += 1), ...message }),
    receipt: (from, seq) => FakeWebSocket.last.deliver({ n: (n += 1), type: 'receipt', from, seq }),
    ok: (seq) => FakeWebSocket.last.deliver({ n: (n += 1), type: 'ok', seq }),
    refuse: (seq, code, more = {}) => FakeWebSocket.last.deliver({ type: 'error', seq, code, message: 'No.', ...more }),
    restart: () => (n = 0),
  };
}

/** Ann with Bob and Cyd, and a server that numbers what it says. */
async function scene(options = {}) {
  return { ...(await joined({ peers: [BOB, CYD], ...options })), home: server() };
}

async function comeBackTo(session, { peers = [BOB, CYD], ...more } = {}) {
  FakeWebSocket.last.drop(1006);
  await platform.clock.advance(500);
  await comeBack(welcomeOf('ann', peers, { session, accepted: 0, re: undefined, ...more }));
  answerPings();
  await settle();
  return FakeWebSocket.last;
}

function answerPings() {
  const socket = FakeWebSocket.last;
  for (const { id } of socket.sentOf('ping')) socket.deliver({ type: 'pong', re: id });
}

const numbered = (socket = FakeWebSocket.last) => socket.sent.filter(({ seq }) => seq !== undefined);
const seqs = (socket) => numbered(socket).map(({ seq }) => seq);

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

test('while there is no connection messages wait, and are sent when it is back', async () => {
  const { call, home } = await scene();
  FakeWebSocket.last.drop(1006);
  const sending = call.send('x', { to: 'bob' });
  assert.equal(await fateOf(sending), 'waits');

  await platform.clock.advance(500);
  await comeBack(welcomeOf('ann', [BOB, CYD], { session: 'resumed', accepted: 0, re: undefined }));
  home.receipt('bob', 1);

  assert.deepEqual(seqs(), [1]);
  assert.deepEqual(await fateOf(sending), ['bob']);
});

test('after a resume only what was not taken is sent again, with the same numbers', async () => {
  const { call } = await scene();
  for (let i = 1; i <= 4; i += 1) quietly(call.send(i, { to: 'bob' }));
  await settle();

  const socket = await comeBackTo('resumed', { accepted: 2 });

  assert.deepEqual(numbered(socket).map(({ seq, body }) => [seq, body]), [[3, 3], [4, 4]]);
});

test('after the death of a server everything without a receipt is sent again, in order, with its number', async () => {
  const { call, home } = await scene();
  for (let i = 1; i <= 4; i += 1) quietly(call.send(i, { to: 'bob' }));
  await settle();
  home.receipt('bob', 2);

  const socket = await comeBackTo('rebuilt');

  assert.deepEqual(numbered(socket).map(({ seq, body }) => [seq, body]), [[3, 3], [4, 4]]);
});

test('numbers that are settled meanwhile are used up by a broadcast that nobody hears', async () => {
  const { call, home } = await scene();
  for (const to of ['bob', 'cyd', 'bob']) quietly(call.send(to, { to }));
  await settle();
  home.receipt('cyd', 2);

  const socket = await comeBackTo('rebuilt');

  assert.deepEqual(numbered(socket).map(({ seq, type, to }) => [seq, type, to]), [[1, 'relay', 'bob'], [2, 'broadcast', ['ann']], [3, 'relay', 'bob']]);
});

test('after the death of a server the first goes alone: were it refused for its rate, the home would take the second for the first', async () => {
  const { call, home } = await scene();
  for (let i = 1; i <= 3; i += 1) quietly(call.send(i, { to: 'bob' }));
  await settle();
  FakeWebSocket.last.drop(1006);
  await platform.clock.advance(500);
  await comeBack(welcomeOf('ann', [BOB, CYD], { session: 'rebuilt', re: undefined }));
  assert.deepEqual(seqs(), [1]);

  home.refuse(1, 'rate_limited', { retryAfterMs: 20 });
  answerPings();
  await platform.clock.advance(30);
  assert.deepEqual(seqs(), [1, 1]);
  FakeWebSocket.last.sent = FakeWebSocket.last.sent.filter(({ id }) => id !== FakeWebSocket.last.sentOf('ping')[0].id);
  answerPings();
  await platform.clock.advance(200);

  assert.deepEqual(seqs(), [1, 1, 2, 3]);
});

test('a broadcast is sent again to those who have not receipted it', async () => {
  const { call, home } = await scene();
  const sending = call.send('x');
  await settle();
  home.ok(1);
  home.receipt('bob', 1);

  const socket = await comeBackTo('rebuilt');
  home.restart();
  home.ok(1);
  home.receipt('cyd', 1);

  assert.deepEqual(numbered(socket).map(({ type, to, body }) => [type, to, body]), [['broadcast', ['cyd'], 'x']]);
  assert.deepEqual(await fateOf(sending), ['bob', 'cyd']);
});

test('while peers are missing a broadcast names everyone who is known, for the home cannot', async () => {
  const { call, home } = await scene();
  const socket = await comeBackTo('rebuilt', { peers: [BOB] });
  home.restart();

  quietly(call.send('to both'));
  await settle();
  home.say({ type: 'roster', peers: ['bob'] });
  quietly(call.send('to those who are there'));
  await settle();
  answerPings();
  await settle();

  assert.deepEqual(numbered(socket).map(({ to }) => to), [['bob', 'cyd'], undefined]);
});

test('a broadcast that was not known to be taken is for all who are known, after the death of the server', async () => {
  const { call, home } = await scene();
  const sending = call.send('x');
  await settle();

  const socket = await comeBackTo('rebuilt', { peers: [BOB] });
  home.restart();
  home.ok(1);
  home.receipt('bob', 1);
  assert.equal(await fateOf(sending), 'waits');
  home.say({ type: 'peer-back', peer: peerOf('cyd'), polite: true });
  home.receipt('cyd', 1);

  assert.deepEqual(numbered(socket)[0].to, ['bob', 'cyd']);
  assert.deepEqual((await fateOf(sending)).sort(), ['bob', 'cyd']);
});

test('when the session is lost, everything without a receipt is expired before the application hears that it joined anew', async () => {
  const { call, home, named } = await scene();
  const sends = ['bob', undefined].map((to) => quietly(call.send('x', { to })));
  await settle();
  home.ok(2);
  let rejections = 0;
  for (const one of sends) one.catch(() => (rejections += 1));

  FakeWebSocket.last.drop(1006);
  await platform.clock.advance(500);
  await comeBack(welcomeOf('ann2', [BOB, CYD], { re: undefined }));
  quietly(call.send('new'));
  await settle();

  assert.deepEqual(await fateOf(sends[0]), { code: 'undelivered', reason: 'expired', peers: ['bob'] });
  assert.deepEqual(await fateOf(sends[1]), { code: 'undelivered', reason: 'expired', peers: ['bob', 'cyd'] });
  assert.equal(rejections, 2);
  assert.equal(named('rejoined').length, 1);
  assert.deepEqual(seqs(), [1]);
});

test('when the call ends, everything without a receipt is undelivered, and so is what comes later', async () => {
  for (const [end, reason] of [[({ call }) => call.leave(), 'expired'], [() => FakeWebSocket.last.drop(4504), 'kicked']]) {
    const it = await scene();
    const sending = quietly(it.call.send('x', { to: 'bob' }));
    await settle();

    end(it);

    assert.deepEqual(await fateOf(sending), { code: 'undelivered', reason, peers: ['bob'] });
    assert.equal((await fateOf(it.call.send('y'))).code, 'undelivered');
  }
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

// The addressee

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
