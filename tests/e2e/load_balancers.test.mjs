// load_balancers.test.mjs - scenes behind HAProxy and nginx with the very files of deploy/, before three servers that share a key.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { connectPeer, eventually, openPeer, plant, restart, skipWithoutRedis, startCluster, startServer } from './harness.mjs';
import { isMissing, startBalancer } from './support/balancer.mjs';
import { talk } from './support/talk.mjs';

const KEY = plant('cluster key', 'a-cluster-key-of-the-tests-behind-load-balancers');
const ADDRESS_CONNECTIONS = 12; // on one server
const CONFIG = { 'server.trusted_proxies': '127.0.0.1/32', 'limits.address_connections': ADDRESS_CONNECTIONS, 'server.drain_spread': '30m', 'server.drain_timeout': '1h' };

const startNode = () => startServer({ config: CONFIG, env: { PARLEY_CLUSTER_KEY: KEY } });

/** Three servers and the balancer; peers come through it, from an address of their own where it is given. */
class Site {
  async start(name) {
    this.nodes = await Promise.all([startNode(), startNode(), startNode()]);
    this.balancer = await startBalancer(name, this.nodes);
  }

  async stop() {
    await this.balancer?.stop();
    for (const node of this.nodes ?? []) {
      if (node.child.exitCode === null && node.child.signalCode === null) process.kill(node.pid, 'SIGTERM');
      await node.stop(); // the second SIGTERM: a drain takes its time
    }
  }

  #options(options) {
    return { ca: this.balancer.ca, ...options };
  }

  join(room, sub, options = {}) {
    return connectPeer(this.balancer, room, { sub }, { receipts: true }, this.#options(options));
  }

  open(room, options = {}) {
    return openPeer(this.balancer, room, this.#options(options));
  }

  /** Tries until it is let in, as a client does. */
  async comeBack(former) {
    const peer = await eventually(() => this.open(former.room).catch(() => null), 'a server that takes it');
    await peer.resume(former);
    return peer;
  }

  /** The nodes that a room's peers are on. */
  nodesOf(room) {
    return this.nodes.filter((node) => node.lines.some(({ event }) => event?.event === 'peer.join' && event.room === room));
  }
}

/** A room with ann and bob, who have met. */
async function meetAt(site, room) {
  const ann = await site.join(room, 'ann');
  const bob = await site.join(room, 'bob');
  await ann.expect('peer-joined', ({ peer }) => peer.id === bob.id);
  return [ann, bob];
}

async function tell(ann, bob, body) {
  ann.sendNumbered({ type: 'relay', to: bob.id, body });
  assert.equal((await bob.expect('relay', (message) => message.body === body)).from, ann.id);
}

const hasHeardOfAnEnd = ({ heard }) => heard.some(({ type }) => type === 'peer-left');

for (const name of ['haproxy/parley.cfg', 'nginx/parley.conf']) {
  describe(`behind ${name}`, { skip: isMissing(name) && 'it is not installed' }, () => {
    const site = new Site();
    before(() => site.start(name));
    after(() => site.stop());

    test('the file is accepted without a warning', () => {
      assert.equal(site.balancer.checked.status, 0);
      assert.doesNotMatch(site.balancer.checked.text, /warn|alert|notice/i);
    });

    test('peers of one room meet, on one server', async () => {
      for (const room of ['red', 'green', 'blue', 'a:b@c=d', 'x~y.z']) {
        const [ann, bob] = await meetAt(site, room);
        await tell(ann, bob, `hello from ${room}`);
        assert.equal(site.nodesOf(room).length, 1);
        for (const peer of [bob, ann]) await peer.leave();
      }
    });

    test('a caller is counted by its address, and cannot hide behind a header of its own', async () => {
      const claim = (n) => ({ localAddress: '127.0.0.31', headers: { 'X-Forwarded-For': `192.0.2.${n}`, Forwarded: `for=192.0.2.${n}` } });
      const held = [];
      for (let n = 0; n < ADDRESS_CONNECTIONS; n++) held.push(await site.open('who', claim(n)));
      const beyond = await site.open('who', claim(99)).catch((error) => error);
      const other = await site.open('who', { localAddress: '127.0.0.32' });
      assert.equal(beyond.status, 429);
      for (const peer of [...held, other]) peer.vanish();
    });

    test('a server that drains gets no new rooms, keeps those that it has, and may go on', async () => {
      const [ann, bob] = await meetAt(site, 'kept');
      const [node] = site.nodesOf('kept');
      process.kill(node.pid, 'SIGTERM');
      await eventually(async () => (await fetch(`${node.adminUrl}/readyz`)).status === 503, 'it to drain');
      const joins = () => node.lines.filter(({ event }) => event?.event === 'peer.join').length;
      const before = joins();

      for (let index = 0; index < 12; index++) await (await site.join(`new-${index}`, 'cyd')).leave();

      assert.equal(joins(), before);
      process.kill(node.pid, 'SIGUSR1');
      await eventually(async () => (await fetch(`${node.adminUrl}/readyz`)).status === 200, 'it to serve again');
      if (!ann.heard.some(({ type }) => type === 'bye')) await tell(ann, bob, 'still here');
      for (const peer of [ann, bob]) peer.vanish();
    });

    test('when a server is killed its rooms go on at another, and stay whole', async () => {
      const [ann, bob] = await meetAt(site, 'moved');
      const [node] = site.nodesOf('moved');
      await node.kill();
      await Promise.all([ann.closed(), bob.closed()]);

      const back = await Promise.all([ann, bob].map((peer) => site.comeBack(peer)));

      assert.deepEqual(back.map(({ id }) => id), [ann.id, bob.id]);
      assert.equal(back[0].welcome.session === 'rebuilt' || back[1].welcome.session === 'rebuilt', true);
      await tell(back[0], back[1], 'as if nothing were');
      const cyd = await site.join('moved', 'cyd');
      assert.deepEqual(new Set(cyd.welcome.peers.map(({ peer }) => peer.id)), new Set([ann.id, bob.id]));
      assert.ok(![ann, bob, ...back].some(hasHeardOfAnEnd));

      site.nodes[site.nodes.indexOf(node)] = await restart(node, { 'server.listen': node.address });
      for (const peer of [...back, cyd]) peer.vanish();
    });
  });
}

describe('behind haproxy/parley.cfg, once a server that was killed is back', { skip: isMissing('haproxy/parley.cfg') && 'it is not installed' }, () => {
  const site = new Site();
  before(() => site.start('haproxy/parley.cfg'));
  after(() => site.stop());

  test('a room that has moved stays where it is, and new rooms come to the server again', async () => {
    const [ann, bob] = await meetAt(site, 'settled');
    const [node] = site.nodesOf('settled');
    await node.kill();
    await Promise.all([ann.closed(), bob.closed()]);
    const back = await Promise.all([ann, bob].map((peer) => site.comeBack(peer)));
    const again = await restart(node, { 'server.listen': node.address });
    site.nodes[site.nodes.indexOf(node)] = again;
    let count = 0;
    await eventually(async () => {
      await (await site.join(`fresh-${count++}`, 'dan')).leave();
      return again.lines.some(({ event }) => event?.event === 'peer.join');
    }, 'new rooms to come to it');

    const cyd = await site.join('settled', 'cyd');

    assert.deepEqual(new Set(cyd.welcome.peers.map(({ peer }) => peer.id)), new Set([ann.id, bob.id]));
    for (const peer of [...back, cyd]) peer.vanish();
  });
});

for (const [name, change] of [
  ['haproxy/parley-round-robin.cfg', []],
  ['nginx/parley.conf', [[/\n  hash .*;/, '']]],
]) {
  describe(`behind ${name}, any connection to any node of a cluster`, { skip: skipWithoutRedis || (isMissing(name) && 'it is not installed') }, () => {
    let cluster, balancer;
    before(async () => {
      cluster = await startCluster(3, { 'server.trusted_proxies': '127.0.0.1/32' });
      balancer = await startBalancer(name, cluster.nodes, change);
    });
    after(async () => {
      await balancer?.stop();
      await cluster.stop();
    });

    test('the file is accepted without a warning', () => {
      assert.equal(balancer.checked.status, 0);
      assert.doesNotMatch(balancer.checked.text, /warn|alert|notice/i);
    });

    test('peers of one room are on all nodes, and talk', async () => {
      const join = (sub) => connectPeer(balancer, 'spread', { sub }, { receipts: true }, { ca: balancer.ca });
      const peers = [];
      for (const sub of ['ann', 'bob', 'cyd', 'dan', 'eve', 'fay']) peers.push(await join(sub));
      const edges = cluster.nodes.filter((node) => node.lines.some(({ event }) => event?.event === 'peer.join'));
      assert.equal(edges.length, 3);
      await talk(peers, 'across');
      assert.equal(peers.at(-1).welcome.peers.length, 5);
    });
  });
}
