// liveness.test.mjs - scenes of silence, floods and the end: dead peers are found, loud ones bounded, and all are told of a stop.
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';

import { OPCODE, connectPeer, frame, meet, mintToken, openPeer, rawUpgrade, startServer } from './harness.mjs';

let server;
const serve = async (config) => (server = await startServer({ config }));
afterEach(() => server.stop());

const helloFrame = (room, sub) => frame(JSON.stringify({ type: 'hello', token: mintToken({ sub, video: { room } }) }));

describe('pings', () => {
  test('who answers no ping is closed with 4002, and the others hear of a timeout; who answers stays', async () => {
    await serve({ 'limits.ping_interval': '1s', 'limits.ping_timeout': '3s', 'rooms.grace': '0s' });
    const [ann] = await meet(server, 'silent', 'ann');
    const mute = await rawUpgrade(server, 'silent');
    await mute.head();
    mute.write(helloFrame('silent', 'bob'));
    const bob = await mute.expect('welcome');

    const ping = await mute.frames.take(({ opcode }) => opcode === OPCODE.PING, 'a ping');

    assert.ok(ping.payload.length > 0, 'the ping carries a payload, so that its pong can be seen');
    assert.deepEqual(await ann.expect('peer-left'), { type: 'peer-left', peer: bob.self.id, reason: 'timeout' });
    assert.equal(await mute.closeCode(), 4002);
    assert.equal(mute.messages.find(({ type }) => type === 'bye').action, 'rejoin');
    assert.equal((await ann.request({ type: 'ping' })).type, 'pong');
  });

  test('who hangs without reading a close frame is let go as well', async () => {
    await serve({ 'limits.ping_interval': '1s', 'limits.ping_timeout': '3s', 'rooms.grace': '0s' });
    const [ann] = await meet(server, 'frozen', 'ann');
    const frozen = await connectPeer(server, 'frozen', { sub: 'bob' });
    await ann.expect('peer-joined');
    frozen.stopReading();
    assert.equal((await ann.expect('peer-left')).reason, 'timeout');
    frozen.vanish();
  });

  test("a client's WebSocket ping is answered with the same payload", async () => {
    await serve();
    const polite = await rawUpgrade(server, 'pong');
    await polite.head();
    polite.write(frame('are you there', { opcode: OPCODE.PING }));
    const pong = await polite.frames.take(({ opcode }) => opcode === OPCODE.PONG, 'a pong');
    assert.equal(String(pong.payload), 'are you there');
    polite.hangUp();
  });
});

describe('crowds', () => {
  /** Ten round trips between ann and bob: that they come to their end is what is promised. */
  async function talk(ann, bob) {
    for (let turn = 0; turn < 10; turn++) {
      ann.send({ type: 'relay', to: bob.id, body: turn });
      assert.equal((await bob.expect('relay')).body, turn);
    }
  }

  test('T-30: three hundred clients that say nothing are closed with 4508, and ann and bob talk on', async () => {
    await serve({ 'limits.hello_timeout': '2s' });
    const [ann, bob] = await meet(server, 'talk', 'ann', 'bob');

    const silent = await Promise.all(Array.from({ length: 300 }, () => openPeer(server, 'talk')));
    await talk(ann, bob);

    const ends = await Promise.all(silent.map((peer) => peer.refusal()));
    for (const end of ends) assert.deepEqual(end, { error: 'hello_timeout', close: 4508 });
    await talk(ann, bob);
  });

  test('T-33: twenty thousand pings and pongs of one client harm nobody', async () => {
    await serve({ 'rooms.grace': '0s' });
    const [ann, bob] = await meet(server, 'talk', 'ann', 'bob');
    const rude = await rawUpgrade(server, 'talk');
    await rude.head();
    rude.write(helloFrame('talk', 'eve'));
    await rude.expect('welcome');
    await Promise.all([ann.expect('peer-joined'), bob.expect('peer-joined')]);

    const hundred = Buffer.concat(
      Array.from({ length: 100 }, (_, index) => frame('p', { opcode: index % 2 ? OPCODE.PING : OPCODE.PONG })),
    );
    for (let time = 0; time < 200; time++) rude.write(hundred);
    await talk(ann, bob);

    rude.hangUp();
    await Promise.all([ann.expect('peer-left'), bob.expect('peer-left')]);
    await talk(ann, bob);
  });

  test('T-34: a flood of five thousand messages ends with 4003, and ann and bob talk on', async () => {
    await serve();
    const [ann, bob] = await meet(server, 'talk', 'ann', 'bob');
    const eve = await connectPeer(server, 'elsewhere', { sub: 'eve' });
    for (let time = 0; time < 5000; time++) eve.send({ type: 'broadcast', body: time });
    await talk(ann, bob);
    assert.equal((await eve.closed()).code, 4003);
    await talk(ann, bob);
  });

  test('T-63: room names and identities crafted alike neither collide nor slow down', async () => {
    await serve({ 'rooms.max': 5000 });
    const rooms = Array.from(
      { length: 300 },
      (_, index) => `${'x'.repeat(100)}${String.fromCharCode(65 + (index % 26))}${'y'.repeat(20)}${index}`,
    );
    const peers = await Promise.all(rooms.map((room) => connectPeer(server, room, { sub: 'ann' })));
    peers.forEach((peer, index) => assert.deepEqual([peer.welcome.room, peer.welcome.peers], [rooms[index], []]));
    assert.equal(new Set(peers.map(({ id }) => id)).size, 300);
  });
});

describe('the end', () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    test(`on ${signal} all clients get bye and 1012, and the server ends with status 0`, async () => {
      await serve();
      const peers = [...(await meet(server, 'one', 'ann', 'bob')), ...(await meet(server, 'two', 'cyd'))];
      const early = await openPeer(server, 'three');

      process.kill(server.pid, signal);

      for (const peer of [...peers, early]) {
        const bye = await peer.expect('bye');
        assert.deepEqual([bye.code, bye.action], ['shutting_down', peer === early ? 'rejoin' : 'resume']);
        assert.ok(Number.isInteger(bye.delayMs) && bye.delayMs >= 0);
        assert.deepEqual(await peer.refusal(), { error: 'shutting_down', close: 1012 });
      }
      // They all come back, and their calls go on meanwhile: nobody is told that another is gone.
      for (const peer of peers) assert.ok(peer.heard.every(({ type }) => type !== 'peer-left'));
      assert.deepEqual(await server.exit, { status: 0, signal: null });
    });
  }

  test('a client that does not read cannot hold up the end', async () => {
    await serve({
      'limits.bytes_burst': '1GiB',
      'limits.messages_burst': 10_000,
      'limits.outbox_bytes': '1GiB',
      'limits.mailbox_bytes': '1GiB',
      'limits.outbox_messages': 100_000,
      'limits.mailbox_messages': 100_000,
    });
    const [ann, bob] = await meet(server, 'stuck', 'ann', 'bob');
    bob.stopReading();
    for (let time = 0; time < 200; time++) await ann.request({ type: 'relay', to: bob.id, body: 'x'.repeat(60_000) });

    process.kill(server.pid, 'SIGTERM');

    assert.deepEqual(await ann.refusal(), { error: 'shutting_down', close: 1012 });
    assert.equal((await server.exit).status, 0);
  });
});
