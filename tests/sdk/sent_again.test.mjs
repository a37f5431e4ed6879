// sent_again.test - what becomes of messages when the connection, the server or the session is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comeBack, platform } from './call_scene.mjs';
import { FakePeerConnection, FakeWebSocket, peerOf, settle, welcomeOf } from './fakes.mjs';
import { BOB, CYD, fateOf, quietly, scene, comeBackTo, answerPings, numbered, seqs } from './receipts_scene.mjs';

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

test('whoever came after it, unknown to us, is no addressee of a broadcast that was sent before the server died', async () => {
  const { call, home } = await scene();
  const before = call.send('before');
  await settle();
  FakeWebSocket.last.drop(1006);
  quietly(call.send('while there is no connection'));

  await platform.clock.advance(500);
  await comeBack(welcomeOf('ann', [BOB, CYD, { peer: peerOf('dan'), polite: true }], { session: 'rebuilt', accepted: 0, re: undefined }));
  home.restart();
  home.ok(1);
  home.receipt('dan', 1); /* it has handled a later one */
  home.receipt('bob', 1);
  home.receipt('cyd', 1);
  await settle();
  answerPings();
  await settle();

  assert.deepEqual(numbered(FakeWebSocket.last).map(({ to }) => to), [['bob', 'cyd'], undefined]);
  assert.deepEqual(await fateOf(before), ['bob', 'cyd']);
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

test('when the call ends, everything without a receipt is undelivered', async () => {
  for (const [end, reason] of [[({ call }) => call.leave(), 'expired'], [() => FakeWebSocket.last.drop(4504), 'kicked']]) {
    const it = await scene();
    const sending = quietly(it.call.send('x', { to: 'bob' }));
    await settle();

    end(it);

    assert.deepEqual(await fateOf(sending), { code: 'undelivered', reason, peers: ['bob'] });
  }
});

test('who left and sends is told that they left', async () => {
  const { call } = await scene();

  call.leave();

  for (const to of [undefined, 'bob']) await assert.rejects(call.send('x', { to }), { code: 'aborted', message: 'You left the call.' });
});

test('after any other end what is sent is undelivered, for the session is over', async () => {
  const { call } = await scene();

  FakeWebSocket.last.drop(4504);

  for (const to of [undefined, 'bob']) await assert.rejects(call.send('x', { to }), { code: 'undelivered', reason: 'expired', message: /a session.* was over/ });
});

test('negotiation that is under way when the call is left warns of nothing', async () => {
  const { call, named } = await scene();
  FakePeerConnection.all[0].onnegotiationneeded();

  call.leave();
  await settle();

  assert.deepEqual(named('warning'), []);
});
