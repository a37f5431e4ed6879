// moved.test - a welcome that nobody asked for: the room's home has moved, and our connection has not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Delivery } from '../../web-demo/sdk/delivery.js';
import { platform } from './call_scene.mjs';
import { FakePeerConnection, FakeWebSocket, peerOf, settle, welcomeOf } from './fakes.mjs';
import { BOB, CYD, answerPings, fateOf, numbered, quietly, scene, seqs } from './receipts_scene.mjs';

/** The welcome, and what is sent from then on. */
async function move(session, { peers = [BOB, CYD], ...more } = {}) {
  const socket = FakeWebSocket.last;
  socket.sent = [];
  socket.deliver(welcomeOf('ann', peers, { session, ticket: 'second', re: undefined, ...(session === 'resumed' ? { accepted: 0 } : {}), ...more }));
  await settle();
  answerPings();
  await settle();
  return socket;
}

test('resumed: the application sees nothing of it, and no link is touched', async () => {
  const { call, events } = await scene();
  const links = [...FakePeerConnection.all];

  await move('resumed');

  assert.deepEqual(events, []);
  assert.equal(call.state, 'joined');
  assert.equal(FakeWebSocket.all.length, 1);
  assert.deepEqual(FakePeerConnection.all, links);
  assert.deepEqual(links.map(({ signalingState, restarts }) => [signalingState, restarts]), [['stable', 0], ['stable', 0]]);
});

test('rebuilt: it is told, and who is not there yet is away; nobody has left, and the state is as it was', async () => {
  const { call, events } = await scene();
  const links = [...FakePeerConnection.all];

  await move('rebuilt', { peers: [BOB] });

  assert.deepEqual(events.map(([name]) => name), ['resumed', 'peer-away']);
  assert.deepEqual(events[0][1], { rebuilt: true });
  assert.equal(call.peers.get('cyd').isAway, true);
  assert.deepEqual(FakePeerConnection.all, links);
});

test('it is answered before anything else is said, with the count of the welcomes', async () => {
  const { call, home } = await scene();
  home.say({ type: 'peer-away', peer: 'bob' });
  quietly(call.send('x', { to: 'bob' }));
  await settle();

  const first = (await move('resumed')).sent[0];
  const second = (await move('rebuilt')).sent[0];

  assert.deepEqual(first, { type: 'receipt', got: 1, welcome: 2 });
  assert.deepEqual(second, { type: 'receipt', got: 0, welcome: 3 });
});

test('resumed: only what was not taken is sent again; what was handled and comes again is passed over', async () => {
  const { call, named } = await scene();
  for (let i = 1; i <= 3; i += 1) quietly(call.send(i, { to: 'bob' }));
  const hi = { n: 1, type: 'relay', from: 'bob', kind: 'data', body: 'hi', seq: 1 };
  FakeWebSocket.last.deliver(hi);
  await settle();

  const socket = await move('resumed', { accepted: 2 });
  socket.deliver(hi);
  socket.deliver({ ...hi, n: 2, body: 'there', seq: 2 });

  assert.deepEqual(seqs(), [3]);
  assert.deepEqual(named('data').map(({ data }) => data), ['hi', 'there']);
});

for (const [name, kinds] of [['rebuilt', ['rebuilt']], ['rebuilt twice', ['rebuilt', 'rebuilt']], ['rebuilt right after resumed', ['resumed', 'rebuilt']]])
  test(`${name}: everything without a receipt is sent again, and numbers begin anew`, async () => {
    const { call, home, named } = await scene();
    home.say({ type: 'peer-away', peer: 'bob' });
    const sends = ['bob', undefined].map((to) => call.send('x', { to }));
    await settle();

    for (const kind of kinds) await move(kind);
    home.restart();
    home.say({ type: 'relay', from: 'bob', kind: 'data', body: 'hi', seq: 1 });
    home.ok(2);
    home.receipt('bob', 2);
    home.receipt('cyd', 2);

    assert.deepEqual(numbered().map(({ seq, to }) => [seq, to]), [[1, 'bob'], [2, ['bob', 'cyd']]]);
    assert.deepEqual(await Promise.all(sends), [['bob'], ['bob', 'cyd']]);
    assert.deepEqual(named('data').map(({ data }) => data), ['hi']);
  });

test('an offer that is under way is sent again, and its link goes on', async () => {
  await scene();
  const [link] = FakePeerConnection.all;
  link.onnegotiationneeded();
  await settle();

  const socket = await move('rebuilt');

  assert.deepEqual(numbered(socket).map(({ to, kind }) => [to, kind]), [['bob', 'offer']]);
  assert.equal(link.signalingState, 'have-local-offer');
});

test('what the former home said too early to be handled is dropped: it comes again, by other numbers', async () => {
  const handled = [];
  const outlet = { post: () => true, ping: async () => {}, selfId: () => 'ann', ids: () => ['bob'], isRebuilding: () => false };
  const delivery = new Delivery(platform, outlet, (message) => handled.push(message.body));
  const said = (n, body, seq) => ({ n, type: 'relay', from: 'bob', kind: 'data', body, seq });

  delivery.begin(welcomeOf('ann'), () => {}, 1);
  delivery.take(said(1, 'first', 1));
  delivery.take(said(2, 'second', 2));
  delivery.begin(welcomeOf('ann', [], { session: 'rebuilt' }), () => {}, 2);
  delivery.take(said(1, 'first', 1));
  await platform.clock.advance(0);

  assert.deepEqual(handled, ['first']);
  assert.equal(delivery.got, 1);
});

test('the new ticket is the one to come back with', async () => {
  await scene();
  await move('resumed');

  FakeWebSocket.last.drop(1006);
  await platform.clock.advance(500);
  FakeWebSocket.last.open();
  await settle();

  assert.equal(FakeWebSocket.last.sent[0].ticket, 'second');
});

test('a request that has no answer by then is made again', async () => {
  const { call } = await scene();
  const updating = call.update({ name: 'Ann' });
  const fate = fateOf(updating);

  const socket = await move('resumed');
  await platform.clock.advance(1);
  const [update] = socket.sentOf('update');
  socket.deliver({ n: 1, type: 'ok', re: update.id });

  assert.equal(update.name, 'Ann');
  assert.equal(await fate, 'waits');
  await updating;
  assert.equal(call.self.name, 'Ann');
});

test('a request that the server puts off is made again when it says, and rejects after half a minute', async () => {
  const { call } = await scene();
  const fate = assert.rejects(call.update({ name: 'Ann' }), { code: 'rate_limited' });
  let times = 0;

  for (let second = 0; second < 40; second += 1) {
    const socket = FakeWebSocket.last;
    for (const { id } of socket.sentOf('update')) socket.deliver({ type: 'error', re: id, code: 'rate_limited', message: 'Later.', retryAfterMs: 1000 });
    times += socket.sentOf('update').length;
    answerPings();
    socket.sent = [];
    await platform.clock.advance(1000);
  }

  await fate;
  assert.equal(times, 30);
});

test('rebuilt from an old ticket: what we have become since is told', async () => {
  const { call } = await scene();
  const updating = call.update({ name: 'Ann', attributes: { seat: '3' } });
  await settle();
  FakeWebSocket.last.deliver({ n: 1, type: 'ok', re: FakeWebSocket.last.sentOf('update')[0].id });
  await updating;

  const socket = await move('rebuilt', { self: { ...peerOf('ann'), attributes: { hand: 'up' } } });

  const [{ name, attributes, media }] = socket.sentOf('update');
  assert.deepEqual([name, attributes, media], ['Ann', { hand: '', seat: '3' }, undefined]);
  assert.equal(call.self.name, 'Ann');
});
