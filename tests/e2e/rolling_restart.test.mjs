// rolling_restart.test.mjs - scenes of a cluster behind HAProxy whose nodes are replaced one after another, while people talk (T-60).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { comeBack, connectPeer, eventually, skipWithoutRedis, startCluster, startRedis } from './harness.mjs';
import { isMissing, startBalancer } from './support/balancer.mjs';
import { Callers, mostWithin } from './support/callers.mjs';
import { Cluster } from './support/cluster.mjs';
import { HaproxyStats } from './support/haproxy_stats.mjs';
import { freePort } from './support/ports.mjs';
import { nobodyLeft, spread, talk } from './support/talk.mjs';

const FILE = 'haproxy/parley-round-robin.cfg';
const NAMES = ['one', 'two', 'three']; // of the servers in the file
const ROOMS = Number(process.env.PARLEY_E2E_ROOMS ?? 40);
/** Nobody is sent away in the first quarter: HAProxy takes two seconds to see that a server drains. */
const CONFIG = { 'server.trusted_proxies': '127.0.0.1/32', 'server.drain_spread': '12s', 'server.drain_timeout': '30s' };
const WINDOW_MS = 100;

const skip = skipWithoutRedis || (isMissing(FILE) && 'HAProxy is not installed');

describe(`a cluster behind ${FILE}, while people talk (T-60)`, { skip }, () => {
  const stats = new HaproxyStats();
  const nodeOf = {};
  let cluster, balancer, callers;

  before(async () => {
    cluster = new Cluster(await startRedis(), CONFIG);
    for (let i = 0; i < NAMES.length; i++) await cluster.add({ 'server.listen': `127.0.0.1:${await freePort()}` });
    NAMES.forEach((name, index) => (nodeOf[name] = cluster.nodes[index]));
    balancer = await startBalancer(FILE, cluster.nodes, [stats.change]);
    callers = new Callers(balancer, ROOMS, ['ann', 'bob', 'cyd']);
    await callers.gather();
    callers.speak();
  });
  after(async () => {
    callers?.leave();
    await balancer?.stop();
    await cluster?.stop();
  });

  /** As an operator does it; gives what was seen of it. */
  async function replace(name) {
    const node = nodeOf[name];
    const begun = performance.now();
    const held = await node.metric('parley_connections');
    process.kill(node.pid, 'SIGTERM');
    await stats.until(name, /DOWN/);
    const seen = { held, down: performance.now(), given: (await stats.of(name)).given };
    const end = await node.exit;
    const stopped = await node.logged('server.stopped');
    await callers.untilBack(seen.held, begun);
    const dials = callers.dialsSince(begun);
    const { given } = await stats.of(name);
    await node.stop();
    cluster.nodes = cluster.nodes.filter((other) => other !== node);
    nodeOf[name] = await cluster.add({ 'server.listen': node.address });
    await stats.until(name, /UP/);
    return { ...seen, end, stopped, dials, givenMeanwhile: given - seen.given, moves: movesSince(begun) };
  }
  const movesSince = (begun) => callers.all.map(({ dials }) => dials.filter((ms) => ms > begun).length);

  test('each node is replaced in turn, and nobody notices', async (t) => {
    for (const name of NAMES) {
      const seen = await replace(name);
      const most = mostWithin(seen.dials, WINDOW_MS);
      t.diagnostic(`${name}: ${seen.held} connections, at most ${most} came back within ${WINDOW_MS} ms`);
      assert.deepEqual(seen.end, { status: 0, signal: null });
      assert.equal(seen.stopped.cut_off, 0, 'it ended before its time was over');
      assert.ok(seen.held >= ROOMS / 2, 'it had much to do');
      assert.equal(seen.dials.length, seen.held, 'each of its clients has opened one connection, and nobody else has');
      assert.ok(Math.max(...seen.moves) <= 1, 'nobody was moved twice');
      assert.ok(seen.dials[0] > seen.down, 'nobody was sent away before HAProxy knew');
      assert.equal(seen.givenMeanwhile, 0, 'nobody was brought to it once HAProxy knew');
      assert.ok(most <= seen.held / 4, `no storm: ${most} of ${seen.held}`);
      assert.deepEqual(callers.ends, []);
    }
    t.diagnostic(`without a connection: p50 ${callers.gap(50)} ms, p99 ${callers.gap(1)} ms`);
  });

  test('a drain that is taken back by SIGUSR1 leaves those who are still there, and others come again', async () => {
    const name = 'two';
    const begun = performance.now();
    const node = nodeOf[name];
    const held = await node.metric('parley_connections');
    process.kill(node.pid, 'SIGTERM');
    await stats.until(name, /DOWN/);
    await eventually(async () => (await node.metric('parley_connections')) < (held * 2) / 3, 'a third to be sent away');
    process.kill(node.pid, 'SIGUSR1');
    await node.logged('server.reopened');
    assert.equal((await fetch(`${node.adminUrl}/readyz`)).status, 200);
    // Whoever had been told to go before the doors opened has heard it once a message of his is receipted.
    await Promise.all(callers.all.map((caller) => caller.say()));
    const told = callers.byesSince(begun).length;
    await stats.until(name, /UP/);

    const { given } = await stats.of(name);
    const guests = [];
    for (let i = 0; i < NAMES.length; i++) guests.push(await connectPeer(balancer, 'guests', { sub: `guest-${i}` }, { receipts: true }, { ca: balancer.ca }));
    await callers.untilBack(told, begun);

    assert.ok(told < held, 'some are still there');
    assert.equal(callers.byesSince(begun).length, told, 'nobody is sent away any more');
    assert.ok((await stats.of(name)).given > given, 'HAProxy gives it connections again');
    assert.equal(callers.dialsSince(begun).length, told, 'who was not sent away stays');
    assert.deepEqual(callers.ends, []);
    for (const guest of guests) guest.vanish();
  });

  test('each message has reached each other one of its room, once and in order', async (t) => {
    t.diagnostic(`${await callers.judgeTalk()} messages, each to two`);
    assert.deepEqual(callers.ends, []);
  });
});

describe('a node that drains while Redis stands still', { skip: skipWithoutRedis }, () => {
  let cluster;
  before(async () => (cluster = await startCluster(2, { 'server.drain_timeout': '2s' })));
  after(() => cluster.stop());

  test('ends all the same, and its room goes on at another node', async () => {
    const [home, other] = cluster.nodes;
    const [ann, bob] = await spread(cluster.nodes, ['ann', 'bob']);
    await talk([ann, bob], 'before');

    cluster.redis.signal('SIGSTOP');
    process.kill(home.pid, 'SIGTERM');
    const bye = await ann.expect('bye');
    const end = await home.exit;
    cluster.redis.signal('SIGCONT');
    const back = await comeBack(other, ann);
    await talk([back, bob], 'afterwards');

    assert.equal(bye.action, 'resume');
    assert.deepEqual(end, { status: 0, signal: null });
    assert.equal(back.id, ann.id);
    nobodyLeft([ann, bob, back]);
  });
});
