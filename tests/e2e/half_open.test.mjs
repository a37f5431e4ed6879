// half_open.test.mjs - scenes of connections that only look alive, of readers that stop, and of a server that was stopped itself.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, describe, test } from 'node:test';
import { setTimeout as asLongAsStopped } from 'node:timers/promises';

import { ChaosProxy } from '../chaos/proxy.mjs';
import { comeBack, connectPeer, gather, mintToken, openPeer, startServer } from './harness.mjs';

let server;
let proxy;
const serve = async (config, more) => (server = await startServer({ config, ...more }));
afterEach(async () => {
  proxy?.close();
  proxy = null;
  await server.stop();
});

const bodiesOf = (messages) => messages.map(({ body }) => body);

/** Joins through a proxy that may be told to let nothing pass. */
async function joinByProxy(room, sub) {
  proxy = new ChaosProxy();
  const port = await proxy.listen(Number(server.address.split(':')[1]));
  const peer = await openPeer({ roomUrl: (name) => `ws://127.0.0.1:${port}/v1/rooms/${name}/ws` }, room);
  await peer.hello(mintToken({ sub, video: { room } }), { receipts: true });
  return peer;
}

describe('a half-open connection (T-31)', () => {
  const QUICK = { 'limits.ping_interval': '1s', 'limits.ping_timeout': '2s' };

  test('is found out by its silence: the peer is away, and gets what it missed over a new one', async () => {
    await serve(QUICK);
    const [ann] = await gather(server, 'half', 'ann');
    const bob = await joinByProxy('half', 'bob');
    await ann.expect('peer-joined');

    proxy.pairs[0].freeze();
    for (let count = 0; count < 5; count++) ann.sendNumbered({ type: 'relay', to: bob.id, body: count });

    assert.deepEqual(await ann.expect('peer-away'), { type: 'peer-away', peer: bob.id });
    assert.equal(bob.socket.readyState, bob.socket.OPEN, 'bob cannot know yet');
    const back = await comeBack(server, bob);
    assert.equal(back.welcome.session, 'resumed');
    assert.deepEqual(bodiesOf(await back.everything()).slice(0, 5), [0, 1, 2, 3, 4]);
    back.receipt();
    assert.equal((await ann.expect('receipt', ({ from }) => from === bob.id)).seq, 5);
    assert.ok(ann.heard.every(({ type }) => type !== 'peer-left'));
  });

  test('has left with the reason timeout where nobody comes back', async () => {
    await serve({ ...QUICK, 'rooms.grace': '1s' });
    const [ann] = await gather(server, 'gone', 'ann');
    const bob = await joinByProxy('gone', 'bob');
    proxy.pairs[0].freeze();
    assert.deepEqual(await ann.expect('peer-left'), { type: 'peer-left', peer: bob.id, reason: 'timeout' });
  });

  test('is taken over at once by who has noticed first, and what was half said to it is said again', async () => {
    await serve();
    const [ann] = await gather(server, 'first', 'ann');
    const bob = await joinByProxy('first', 'bob');
    proxy.pairs[0].cutAfter('down', 40_000);
    for (let count = 0; count < 4; count++) ann.sendNumbered({ type: 'relay', to: bob.id, body: [count, 'x'.repeat(15_000)] });
    await bob.closed();
    const back = await comeBack(server, bob);
    const heard = [...bob.heard, ...(await back.everything())].filter(({ type }) => type === 'relay');
    assert.deepEqual(heard.map(({ body }) => body[0]), [0, 1, 2, 3]);
  });
});

describe('a server that was stopped for a while and goes on (T-61)', () => {
  test('takes nobody for gone: it was the server that was silent', async () => {
    await serve({ 'limits.ping_interval': '1s', 'limits.ping_timeout': '3s', 'rooms.grace': '2s' });
    const [ann, bob] = await gather(server, 'zombie', 'ann', 'bob');

    process.kill(server.pid, 'SIGSTOP');
    ann.sendNumbered({ type: 'relay', to: bob.id, body: 'said to a stopped server' });
    await asLongAsStopped(7000);
    process.kill(server.pid, 'SIGCONT');

    assert.equal((await bob.expect('relay')).body, 'said to a stopped server');
    await asLongAsStopped(3000); // in which the dead would have been found, and the grace time be over
    for (const peer of [ann, bob]) {
      assert.equal((await peer.request({ type: 'ping' })).type, 'pong');
      assert.ok(peer.heard.every(({ type }) => type !== 'peer-away' && type !== 'peer-left' && type !== 'bye'));
    }
  });
});

describe('a slow reader under broadcasts (T-32)', () => {
  const OUTBOX = { 'limits.outbox_bytes': '256KiB', 'limits.mailbox_bytes': '12MiB' };
  const UNLIMITED = { 'limits.messages_burst': 100_000, 'limits.bytes_burst': '1GiB' };
  const GROWTH_MAX_KIB = 32 * 1024;
  const residentKib = () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]);
  /** Under the address sanitizer, memory that was freed is kept for a while: not for long here. */
  const ASAN_OPTIONS = [process.env.ASAN_OPTIONS, 'quarantine_size_mb=1'].filter(Boolean).join(':');

  test('is closed with 4001, costs no more than its mailbox, and gets over a new connection all that was not refused', async () => {
    await serve({ ...OUTBOX, ...UNLIMITED }, { env: { ASAN_OPTIONS } });
    const [ann, bob] = await gather(server, 'slow', 'ann', 'bob');
    const before = residentKib();
    bob.stopReading();
    let most = before;
    for (let count = 0; count < 400; count++) {
      ann.sendNumbered({ type: 'broadcast', body: [count, 'x'.repeat(60_000)] });
      await ann.expect('ok');
      ann.receipt();
      most = Math.max(most, residentKib());
    }
    assert.ok(most - before < GROWTH_MAX_KIB, `it grew by ${most - before} KiB`);
    await ann.expect('peer-away');

    bob.goOnReading();
    assert.deepEqual(await bob.refusal(), { error: 'slow_consumer', close: 4001 });
    assert.equal((await bob.expect('bye')).action, 'resume');
    const back = await comeBack(server, bob);

    const undelivered = (await ann.everything()).filter(({ type }) => type === 'undelivered');
    assert.ok(undelivered.length > 0 && undelivered.every(({ reason, peer }) => reason === 'outbox-full' && peer === bob.id));
    const refused = new Set(undelivered.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, index) => first + index)));
    await back.everything();
    const heard = [...bob.heard, ...back.heard].filter(({ type }) => type === 'broadcast').map(({ seq }) => seq);
    assert.deepEqual(heard, Array.from({ length: 400 }, (_, index) => index + 1).filter((seq) => !refused.has(seq)));
    assert.ok(heard.length >= 4);
  });

  test('does not slow down the others', async () => {
    await serve({ ...OUTBOX, ...UNLIMITED });
    const [ann, , cyd] = await gather(server, 'others', 'ann', 'bob', 'cyd').then((peers) => (peers[1].stopReading(), peers));
    for (let count = 0; count < 100; count++) {
      ann.send({ type: 'broadcast', body: [count, 'x'.repeat(60_000)] });
      assert.equal((await cyd.expect('broadcast')).body[0], count);
      cyd.receipt();
    }
    const dan = await connectPeer(server, 'others', { sub: 'dan' });
    assert.equal(dan.welcome.peers.length, 3);
  });
});
