// drain.test.mjs - scenes of a server that is told to stop: all are told when to come back, and nothing is lost (T-60).
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';

import { UpgradeRefused, comeBack, connectPeer, eventually, frame, gather, mintToken, openPeer, rawUpgrade, restart, startServer } from './harness.mjs';

let server;
const serve = async (config) => (server = await startServer({ config }));
afterEach(() => server.stop());

const sigterm = () => process.kill(server.pid, 'SIGTERM');
const sigusr1 = () => process.kill(server.pid, 'SIGUSR1');
const statusOf = async (url) => (await fetch(url)).status;

/** How many connections were still there when the server had ended. */
async function cutOffCount() {
  assert.deepEqual(await server.exit, { status: 0, signal: null });
  return (await server.logged('server.stopped')).cut_off;
}

/** Somebody in a room who reads nothing and answers no close: the server has to end without him. */
async function joinAsStone(room) {
  const stone = await rawUpgrade(server, room);
  await stone.head();
  stone.write(frame(JSON.stringify({ type: 'hello', token: mintToken({ sub: 'stone', video: { room } }) })));
  await stone.expect('welcome');
  stone.socket.pause();
  return stone;
}

/** Fills the way to a stone until the server itself holds something for it, so that it cannot end early. */
async function fillUp(room) {
  const ann = await connectPeer(server, room, { sub: 'ann' });
  for (let time = 0; time < 100; time++) await ann.request({ type: 'broadcast', body: 'x'.repeat(60_000) });
  return ann;
}
const PATIENT = { 'limits.bytes_burst': '1GiB', 'limits.outbox_bytes': '64MiB', 'limits.mailbox_bytes': '64MiB' };

describe('while a server drains (T-60)', () => {
  test('it is alive and not ready, and takes nobody any more', async () => {
    await serve({ ...PATIENT, 'server.drain_timeout': '1h' });
    const stone = await joinAsStone('drain');
    const ann = await fillUp('drain');

    sigterm();
    assert.equal((await ann.expect('bye')).action, 'resume');

    await eventually(async () => (await statusOf(`${server.adminUrl}/readyz`)) === 503, 'readyz to be 503');
    assert.equal(await statusOf(`${server.adminUrl}/livez`), 200);
    const health = await (await fetch(`${server.adminUrl}/readyz?verbose`)).json();
    assert.deepEqual(health, { status: 'draining', checks: { loop: 'ok', accepting: 'draining' } });
    const late = await openPeer(server, 'drain').catch((error) => error);
    assert.ok(late instanceof UpgradeRefused, `${late}`);
    assert.deepEqual([late.status, JSON.parse(late.body).code], [503, 'shutting_down']);
    stone.hangUp();
    assert.equal(await cutOffCount(), 0);
  });

  test('server.drain_timeout is its end, whoever does not close', async () => {
    await serve({ ...PATIENT, 'server.drain_timeout': '1s' });
    const stone = await joinAsStone('bound');
    await fillUp('bound');
    sigterm();
    assert.equal(await cutOffCount(), 1, 'the stone');
    stone.hangUp();
  });

  test('a second SIGTERM ends it at once', async () => {
    await serve({ ...PATIENT, 'server.drain_timeout': '1h' });
    const stone = await joinAsStone('second');
    const ann = await fillUp('second');
    sigterm();
    await ann.expect('bye');
    await ann.closed();
    await eventually(async () => (await statusOf(`${server.adminUrl}/readyz`)) === 503, 'readyz to be 503');
    sigterm();
    assert.equal(await cutOffCount(), 1, 'the stone');
    const stops = server.lines.filter(({ event }) => event?.event === 'server.stopping').map(({ event }) => event.forced);
    assert.deepEqual(stops, [undefined, 'true']);
    stone.hangUp();
  });

  test('what it had accepted is sent to who reads slowly', async () => {
    await serve(PATIENT);
    const [ann, bob] = await gather(server, 'flush', 'ann', 'bob');
    bob.stopReading();
    for (let count = 0; count < 100; count++) await ann.request({ type: 'relay', to: bob.id, body: [count, 'x'.repeat(50_000)] });

    sigterm();
    await ann.expect('bye');
    bob.goOnReading();

    await bob.closed();
    const heard = bob.heard.filter(({ type }) => type === 'relay').map(({ body }) => body[0]);
    assert.deepEqual(heard, Array.from({ length: 100 }, (_, index) => index));
    assert.equal(bob.heard.at(-1).type, 'bye');
  });
});

const isReady = (status) => async () => (await statusOf(`${server.adminUrl}/readyz`)) === status;

describe('a drain that is taken back with SIGUSR1', () => {
  test('opens the doors again: who was sent away comes back, and no timeout ends the server', async () => {
    await serve({ ...PATIENT, 'server.drain_timeout': '1s' });
    const stone = await joinAsStone('again');
    const ann = await fillUp('again');
    sigterm();
    await ann.expect('bye');
    sigusr1();
    await server.logged('server.reopened');

    const back = await comeBack(server, ann);
    const cyd = await connectPeer(server, 'again', { sub: 'cyd' });
    // The stone was told to go, and its time for that is longer than the drain's.
    await eventually(async () => (await server.metric('parley_connections')) === 2, 'the stone to be hung up');

    assert.deepEqual([back.id, back.welcome.session], [ann.id, 'resumed']);
    assert.ok(cyd.welcome.peers.some(({ peer }) => peer.id === ann.id));
    assert.equal(await statusOf(`${server.adminUrl}/readyz`), 200);
    assert.equal(await server.metric('parley_draining'), 0);
    sigterm();
    await cyd.expect('bye');
    assert.equal(await cutOffCount(), 0, 'the next drain is a gentle one again');
    stone.hangUp();
  });

  test('who was not sent away yet never hears of it', async () => {
    await serve({ 'server.drain_spread': '30m', 'server.drain_timeout': '1h' });
    const rooms = await Promise.all(Array.from({ length: 8 }, (_, index) => gather(server, `stay-${index}`, 'ann', 'bob')));
    sigterm();
    await eventually(isReady(503), 'readyz to be 503');
    const late = await openPeer(server, 'stay-0').catch((error) => error);
    sigusr1();
    await eventually(isReady(200), 'readyz to be 200');

    assert.equal(late.status, 503);
    const kept = rooms.filter((pair) => pair.every(({ heard }) => !heard.some(({ type }) => type === 'bye')));
    assert.ok(kept.length >= 6, 'of half an hour little has passed');
    for (const [ann, bob] of kept) {
      ann.sendNumbered({ type: 'relay', to: bob.id, body: 'still here' });
      assert.equal((await bob.expect('relay')).body, 'still here');
    }
    const cyd = await connectPeer(server, 'stay-0', { sub: 'cyd' });
    for (const peer of [...rooms.flat(), cyd]) peer.vanish();
  });

  test('without a drain it changes nothing', async () => {
    await serve();
    const [ann] = await gather(server, 'calm', 'ann');
    sigusr1();
    await server.logged('server.reopening');
    assert.deepEqual(await ann.everything(), []);
  });
});

describe('with server.drain_spread', () => {
  test('all are sent away room by room, to come back at once', async () => {
    await serve({ 'server.drain_spread': '1s' });
    const rooms = await Promise.all(Array.from({ length: 40 }, (_, index) => gather(server, `step-${index}`, 'ann', 'bob')));
    sigterm();
    const byes = await Promise.all(rooms.flat().map((peer) => peer.expect('bye')));
    assert.ok(byes.every(({ action, delayMs }) => action === 'resume' && delayMs < 100));
    assert.equal(await cutOffCount(), 0);
    for (const peer of rooms.flat()) assert.ok(!peer.heard.some(({ type }) => type === 'peer-away' || type === 'peer-left'));
  });
});

/** As the SDK does it: what was not receipted is sent again, and what was handled is passed over. */
class Sender {
  #receipted = 0;
  constructor(peer, to, count) {
    Object.assign(this, { peer, to, count });
  }
  speak() {
    for (let seq = this.#receipted + 1; seq <= this.count; seq++) this.peer.send({ type: 'relay', to: this.to, body: seq, seq });
  }
  noteReceipts() {
    for (const { type, seq } of this.peer.heard) if (type === 'receipt') this.#receipted = Math.max(this.#receipted, seq);
  }
}

describe('a crowd (T-60)', () => {
  const PAIRS = 150;
  const MESSAGES = 20;

  test('of three hundred clients is sent away with a delay for each, and comes back to the next server without a loss', async () => {
    await serve();
    const pairs = await Promise.all(Array.from({ length: PAIRS }, (_, index) => gather(server, `crowd-${index}`, 'ann', 'bob')));
    const senders = pairs.map(([ann, bob]) => new Sender(ann, bob.id, MESSAGES));
    for (const sender of senders) sender.speak();
    // Half of them have receipted something when the end comes.
    await Promise.all(pairs.slice(0, PAIRS / 2).map(async ([ann, bob]) => {
      await bob.expect('relay');
      bob.receipt();
      await ann.expect('receipt');
    }));

    sigterm();
    const byes = await Promise.all(pairs.flat().map((peer) => peer.expect('bye')));
    await Promise.all(pairs.flat().map((peer) => peer.closed()));
    assert.deepEqual(await server.exit, { status: 0, signal: null });
    server = await restart(server);
    const back = await Promise.all(pairs.map((pair) => Promise.all(pair.map((peer) => comeBack(server, peer)))));

    assert.ok(byes.every(({ code, action }) => code === 'shutting_down' && action === 'resume'));
    assert.ok(new Set(byes.map(({ delayMs }) => delayMs)).size > 50, 'they do not come all at once');
    await Promise.all(back.map(async ([ann, bob], index) => {
      const [former] = [pairs[index][1]];
      const sender = senders[index];
      sender.noteReceipts();
      Object.assign(sender, { peer: ann }).speak();
      for (const peer of [ann, bob]) await peer.everything();
      const handled = [];
      for (const { type, seq } of [...former.heard, ...bob.heard]) if (type === 'relay' && seq > (handled.at(-1) ?? 0)) handled.push(seq);
      assert.deepEqual(handled, Array.from({ length: MESSAGES }, (_, count) => count + 1));
      for (const peer of [ann, bob]) assert.ok(!peer.heard.some(({ type }) => type === 'peer-left'));
    }));
  });
});
