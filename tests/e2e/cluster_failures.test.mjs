// cluster_failures.test.mjs - scenes of nodes that die or freeze, and of a Redis that is gone: calls go on, nobody is said to have left.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';

import { comeBack, connectPeer, skipWithoutRedis, startCluster } from './harness.mjs';
import { follow, heardNothingTwice, nobodyLeft, say, settled, spread, talk } from './support/talk.mjs';

const statusOf = async (url) => (await fetch(url)).status;
const health = ({ adminUrl }) => Promise.all(['livez', 'readyz'].map((path) => statusOf(`${adminUrl}/${path}`)));

let cluster;
beforeEach(async () => (cluster = await startCluster(3)));
afterEach(() => cluster.stop());

describe('a node that dies', { skip: skipWithoutRedis }, () => {
  test('as the home of a room: the others go on over their connections, who was on it comes back elsewhere', async () => {
    const [ann, bob, cyd] = await spread(cluster.nodes);
    await talk([ann, bob, cyd], 'before');

    await cluster.kill(cluster.nodes[0]);
    const back = await comeBack(cluster.nodes[0], ann);
    await talk([back, bob, cyd], 'after');

    assert.equal(bob.socket.readyState, bob.socket.OPEN);
    nobodyLeft([ann, bob, cyd, back]);
    heardNothingTwice([bob, cyd]);
  });

  test('that is not the home: nobody else notices more than that its peer was away', async () => {
    const [ann, bob, cyd] = await spread(cluster.nodes);
    await cluster.kill(cluster.nodes[2]);
    const back = await comeBack(cluster.nodes[1], cyd);
    assert.equal(back.welcome.session, 'resumed');
    await talk([ann, bob, back], 'after');
    nobodyLeft([ann, bob, back]);
  });

  test('each in turn, and another in its place: the call goes on', async () => {
    let peers = await spread(cluster.nodes);
    for (let i = 0; i < 3; i++) {
      await cluster.kill(cluster.nodes[0]);
      await cluster.add();
      const lost = peers.filter((peer) => peer.socket.readyState !== peer.socket.OPEN);
      assert.equal(lost.length, 1);
      const back = await comeBack(cluster.nodes.at(-1), lost[0]);
      peers = [...peers.filter((peer) => peer !== lost[0]), back];
      await talk(peers, `round ${i}`);
    }
    nobodyLeft(peers);
  });
});

describe('a node that stands still', { skip: skipWithoutRedis }, () => {
  test('is fenced: its rooms are taken, and when it goes on it says nothing as their home', async () => {
    const [ann, bob, cyd] = await spread(cluster.nodes);
    const [frozen, second] = cluster.nodes;
    frozen.child.kill('SIGSTOP');
    const back = await comeBack(second, ann);
    await talk([back, bob, cyd], 'while it stands');
    frozen.child.kill('SIGCONT');
    await frozen.logged('loop.stalled');
    await frozen.logged('cluster.rooms_lost');
    const dan = await connectPeer(frozen, 'call', { sub: 'dan' }, { receipts: true });
    assert.deepEqual(dan.welcome.peers.map(({ peer }) => peer.identity).sort(), ['ann', 'bob', 'cyd']);
    await talk([back, bob, cyd, dan], 'after it went on');
    nobodyLeft([back, bob, cyd, dan]);
    heardNothingTwice([bob, cyd, dan]);
  });
});

describe('a Redis', { skip: skipWithoutRedis }, () => {
  test('that dies: nodes stay alive and ready, a room on one node goes on with joins, the rest waits and arrives', async () => {
    const [ann, bob] = await spread(cluster.nodes, ['ann', 'bob']);
    const [first] = cluster.nodes;
    await cluster.redis.kill();
    for (const node of cluster.nodes) {
      await node.logged('bus.down');
      assert.deepEqual(await health(node), [200, 200]);
    }
    const local = [];
    for (const name of ['cyd', 'dan']) local.push(await connectPeer(first, 'local', { sub: name }, { receipts: true }));
    await talk(local, 'without Redis');
    const seq = say(ann, bob, 'said without Redis');

    await cluster.redis.start();
    await bob.expect('relay', ({ body }) => body === 'said without Redis');
    bob.receipt();
    await settled(ann, seq);
    await talk([ann, bob], 'with Redis again');
    const eve = await connectPeer(cluster.nodes[2], 'local', { sub: 'eve' }, { receipts: true });
    assert.deepEqual(eve.welcome.peers.map(({ peer }) => peer.identity), ['cyd', 'dan']);
    nobodyLeft([ann, bob, ...local]);
    heardNothingTwice([ann, bob]);
  });

  test('that is flushed: homes keep their rooms', async () => {
    const peers = await spread(cluster.nodes);
    cluster.redis.command('FLUSHALL');
    await talk(peers, 'after the flush');
    const dan = await connectPeer(cluster.nodes[2], 'call', { sub: 'dan' }, { receipts: true });
    assert.equal(dan.welcome.peers.length, 3);
    nobodyLeft(peers);
  });

  test('that is not there at the start: a node serves alone, and joins when it comes', async () => {
    await cluster.redis.kill();
    await Promise.all(cluster.nodes.map((node) => node.logged('bus.down')));
    const rooms = [];
    for (const node of cluster.nodes) rooms.push(follow(await connectPeer(node, 'parted', { sub: `at ${node.nodeName}` }, { receipts: true })));
    await cluster.redis.start();
    for (const peer of rooms) for (const other of rooms) if (peer !== other) await seen(peer, other);
    await talk(rooms, 'merged');
    nobodyLeft(rooms);
  });

  test('that stands still is as one that is gone, and calls go on after it', async () => {
    const peers = await spread(cluster.nodes);
    cluster.redis.signal('SIGSTOP');
    await cluster.nodes[0].logged('bus.down');
    assert.deepEqual(await health(cluster.nodes[0]), [200, 200]);
    cluster.redis.signal('SIGCONT');
    await talk(peers, 'after it went on');
    nobodyLeft(peers);
  });
});

/** The newest roster that a peer was told of has the other one, or it was told of it since. */
async function seen(peer, other) {
  const has = ({ type, peers, peer: one }) => (type === 'welcome' && peers.some(({ peer: { id } }) => id === other.id)) || (type === 'peer-joined' && one.id === other.id);
  if (!peer.heard.some(has)) await Promise.any([peer.expect('welcome', has), peer.expect('peer-joined', has), peer.expect('peer-back', (event) => (event.peer.id ?? event.peer) === other.id)]);
}
