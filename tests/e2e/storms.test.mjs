// storms.test.mjs - scenes of thousands who come at once: all get in, each is told when, and the loops turn meanwhile (T-35).
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setTimeout as asLongAsTold } from 'node:timers/promises';

import { comeBack, killAndRestart, mintToken, openPeer, startServer } from './harness.mjs';

const CROWD = 2000;
const PER_ROOM = 10;
const crowd = (act) => Promise.all(Array.from({ length: CROWD }, (_, index) => act(`storm-${Math.floor(index / PER_ROOM)}`, `p${index}`)));

/** Joins as soon as it may; gives the peer, with how often it was told to wait. */
async function join(server, room, sub) {
  const peer = await openPeer(server, room);
  const token = mintToken({ sub, video: { room } });
  for (let waits = 0; ; waits++) {
    const answer = await peer.request({ type: 'hello', token });
    if (answer.type === 'welcome') return Object.assign(peer, { welcome: answer, waits });
    assert.equal(answer.code, 'rate_limited');
    await asLongAsTold(answer.retryAfterMs);
  }
}

let server;
afterEach(() => server.stop());

/** Asks for /livez again and again until told to end; gives how often it was answered, and how. */
function watchLife(server) {
  let isOver = false;
  const statuses = [];
  const watching = (async () => {
    while (!isOver) statuses.push((await fetch(`${server.adminUrl}/livez`)).status);
  })();
  return async () => {
    isOver = true;
    await watching;
    return statuses;
  };
}

test('T-35: two thousand joins at once: all get in, as many a second as may, each told when, and livez answers', async () => {
  server = await startServer({ config: { 'limits.joins_burst': 400, 'limits.joins_per_s': 400, 'limits.hello_timeout': '60s' } });
  const endOfWatch = watchLife(server);

  const peers = await crowd((room, sub) => join(server, room, sub));

  const statuses = await endOfWatch();
  const told = peers.reduce((sum, { waits }) => sum + waits, 0);
  assert.ok(told > 0 && told < 10 * CROWD, `they were told to wait ${told} times`);
  assert.ok(statuses.length > 0 && statuses.every((status) => status === 200), statuses.join());
  assert.equal(new Set(peers.map(({ id }) => id)).size, CROWD);
});

test('T-35: two thousand who come back with tickets after a crash are not held up by the limit of joins', async () => {
  server = await startServer({ config: { 'limits.hello_timeout': '60s' } });
  const peers = await crowd((room, sub) => join(server, room, sub));

  server = await killAndRestart(server, { 'limits.joins_burst': 10, 'limits.joins_per_s': 1 });
  const endOfWatch = watchLife(server);
  const back = await Promise.all(peers.map((peer) => comeBack(server, peer)));

  assert.deepEqual(back.map(({ id }) => id), peers.map(({ id }) => id));
  assert.ok((await endOfWatch()).every((status) => status === 200));
});
