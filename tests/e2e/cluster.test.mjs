// cluster.test.mjs - scenes of rooms whose peers are on different nodes of a cluster, over a real Redis.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';

import { comeBack, connectPeer, skipWithoutRedis, startCluster } from './harness.mjs';
import { spread, talk } from './support/talk.mjs';

const identities = ({ welcome }) => welcome.peers.map(({ peer }) => peer.identity);

describe('a room whose peers are on three nodes', { skip: skipWithoutRedis }, () => {
  let cluster;
  beforeEach(async () => (cluster = await startCluster(3)));
  afterEach(() => cluster.stop());

  test('has one roster, and relays, broadcasts and receipts pass', async () => {
    const [ann, bob, cyd] = await spread(cluster.nodes);
    assert.deepEqual(identities(cyd), ['ann', 'bob']);
    await talk([ann, bob, cyd], 'first');

    const seq = cyd.sendNumbered({ type: 'broadcast', body: 'to all' });
    for (const peer of [ann, bob]) {
      await peer.expect('broadcast', ({ body }) => body === 'to all');
      peer.receipt();
    }
    await cyd.expect('receipt', (event) => event.seq >= seq);

    await bob.leave();
    for (const peer of [ann, cyd]) assert.equal((await peer.expect('peer-left')).peer, bob.id);
  });

  test('counts them all: the room is full for whoever comes to any node', async () => {
    const full = await cluster.add({ 'rooms.capacity': 2 });
    await connectPeer(full, 'small', { sub: 'ann' });
    await connectPeer(cluster.nodes[0], 'small', { sub: 'bob' });
    await assert.rejects(connectPeer(cluster.nodes[1], 'small', { sub: 'cyd' }), /room_full/);
  });

  test('hears that a peer on another node is away, and back', async () => {
    const [ann, bob, cyd] = await spread(cluster.nodes);
    bob.vanish();
    for (const peer of [ann, cyd]) await peer.expect('peer-away', (event) => event.peer === bob.id);
    const back = await comeBack(cluster.nodes[2], bob);
    assert.equal(back.welcome.session, 'resumed');
    for (const peer of [ann, cyd]) await peer.expect('peer-back', (event) => (event.peer.id ?? event.peer) === bob.id);
    await talk([ann, back, cyd], 'again');
  });

  test('T-14: a kick reaches a peer on another node', async () => {
    const [ann, bob, cyd] = await spread(cluster.nodes);
    ann.send({ type: 'kick', peer: bob.id });
    assert.equal((await bob.refusal()).error, 'kicked');
    assert.equal((await cyd.expect('peer-left')).reason, 'kicked');
  });
});
