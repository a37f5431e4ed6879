// rooms.test.mjs - scenes of a room: who is in it, who comes and goes, and what the others see of that.
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { after, before, describe, test } from 'node:test';

import { OPCODE, connectPeer, frame, meet, mintToken, openPeer, rawUpgrade, startServer } from './harness.mjs';

/** 128 random bits in base64url: 22 characters, of which the last carries 2 bits. */
const PEER_ID = /^[A-Za-z0-9_-]{21}[AQgw]$/;

describe('a room', () => {
  let server;
  before(async () => {
    // Without a grace time a peer is gone with its connection; with one: sessions.test.mjs.
    server = await startServer({ config: { 'rooms.capacity': 4, 'rooms.grace': '0s' } });
  });
  after(() => server.stop());

  test('ann is alone at first, and is told who she is', async () => {
    const ann = await connectPeer(server, 'alone', {
      sub: 'ann',
      name: 'Ann',
      metadata: '{"seat":1}',
      attributes: { role: 'host' },
    });

    const { self } = ann.welcome;
    assert.match(self.id, PEER_ID);
    assert.deepEqual(self, {
      id: self.id,
      identity: 'ann',
      name: 'Ann',
      metadata: '{"seat":1}',
      attributes: { role: 'host' },
      media: { mic: false, camera: false, screen: false },
      receipts: false,
    });
    assert.equal(ann.welcome.room, 'alone');
    assert.equal(ann.welcome.session, 'new');
    assert.equal(ann.welcome.messageBytes, 65536);
    assert.deepEqual(ann.welcome.peers, []);
    assert.equal(ann.welcome.pingInterval, 15);
    assert.equal(typeof ann.welcome.server, 'string');
  });

  test('the roster names those who are there in the order of joining', async () => {
    const [ann, bob] = await meet(server, 'roster', 'ann', 'bob');

    const cyd = await connectPeer(server, 'roster', { sub: 'cyd' });

    assert.deepEqual(
      cyd.welcome.peers.map(({ peer }) => peer.id),
      [ann.id, bob.id],
    );
  });

  test('the others see name, metadata, attributes and media just as the newcomer does', async () => {
    const [ann] = await meet(server, 'seen', 'ann');
    const claims = { sub: 'bob', name: 'Bob Ünïcode 🙂', metadata: 'm', attributes: { a: '1', b: '' } };

    const bob = await connectPeer(server, 'seen', claims, { media: { camera: true } });
    const cyd = await connectPeer(server, 'seen', { sub: 'cyd' });

    const joined = await ann.expect('peer-joined');
    assert.deepEqual(joined.peer, bob.welcome.self);
    assert.deepEqual(joined.peer.media, { mic: false, camera: true, screen: false });
    assert.deepEqual(cyd.welcome.peers[1].peer, bob.welcome.self);
  });

  test('of three peers the later one of each pair is polite, and both are told so', async () => {
    const ann = await connectPeer(server, 'polite', { sub: 'ann' });
    const bob = await connectPeer(server, 'polite', { sub: 'bob' });
    const cyd = await connectPeer(server, 'polite', { sub: 'cyd' });

    assert.deepEqual(
      bob.welcome.peers.map(({ polite }) => polite),
      [true],
    );
    assert.deepEqual(
      cyd.welcome.peers.map(({ polite }) => polite),
      [true, true],
    );
    const heard = [await ann.expect('peer-joined'), await ann.expect('peer-joined'), await bob.expect('peer-joined')];
    assert.deepEqual(
      heard.map(({ peer }) => peer.id),
      [bob.id, cyd.id, cyd.id],
    );
    assert.deepEqual(
      heard.map(({ polite }) => polite),
      [false, false, false],
    );
  });

  test('every join has an id of its own, also of one and the same identity', async () => {
    const ids = new Set();
    for (let time = 0; time < 20; time++) {
      const ann = await connectPeer(server, 'ids', { sub: 'ann' });
      assert.match(ann.id, PEER_ID);
      ids.add(ann.id);
      await ann.leave();
    }
    assert.equal(ids.size, 20);
  });

  test('a room forgets everything once it is empty', async () => {
    const [ann] = await meet(server, 'forgets', { sub: 'ann', video: { canUpdateOwnMetadata: true } });
    await ann.request({ type: 'update', name: 'someone else' });
    await ann.leave();

    const bob = await connectPeer(server, 'forgets', { sub: 'bob' });

    assert.deepEqual(bob.welcome.peers, []);
  });

  test('bob says leave: he is closed with 1000, and ann hears that he left', async () => {
    const [ann, bob] = await meet(server, 'leave', 'ann', 'bob');

    assert.equal((await bob.request({ type: 'leave' })).type, 'ok');

    assert.equal((await bob.closed()).code, 1000);
    const left = await ann.expect('peer-left');
    assert.deepEqual(left, { type: 'peer-left', peer: bob.id, reason: 'left' });
  });

  for (const code of [1000, 1001]) {
    test(`bob closes with ${code}: ann hears that he left`, async () => {
      const [ann, bob] = await meet(server, `close-${code}`, 'ann', 'bob');
      bob.socket.close(code);
      assert.equal((await ann.expect('peer-left')).reason, 'left');
    });
  }

  test("bob's connection breaks: ann hears that he is lost", async () => {
    const [ann, bob] = await meet(server, 'lost', 'ann', 'bob');
    bob.vanish();
    assert.deepEqual(await ann.expect('peer-left'), { type: 'peer-left', peer: bob.id, reason: 'lost' });
  });

  test('bob sends what is not JSON: ann hears that he was refused', async () => {
    const [ann, bob] = await meet(server, 'refused', 'ann', 'bob');
    bob.send('{"type":');
    assert.equal((await ann.expect('peer-left')).reason, 'refused');
    assert.deepEqual(await bob.refusal(), { error: 'bad_json', close: 4500 });
  });

  test('the protocol is broken below the messages: ann hears that the peer is gone', async () => {
    const [ann] = await meet(server, 'broken', 'ann');
    const rude = await rawUpgrade(server, 'broken');
    await rude.head();
    rude.write(frame(JSON.stringify({ type: 'hello', token: mintToken({ sub: 'bob', video: { room: 'broken' } }) })));
    await ann.expect('peer-joined');

    rude.write(frame('x', { opcode: OPCODE.TEXT, rsv: 4 }));

    assert.match((await ann.expect('peer-left')).reason, /^(lost|refused)$/);
    assert.equal(await rude.closeCode(), 1002);
  });

  test('the fifth peer finds a room for four full, and the four are not disturbed', async () => {
    const four = await meet(server, 'full', 'ann', 'bob', 'cyd', 'dan');

    const eve = await openPeer(server, 'full');
    eve.send({ type: 'hello', token: mintToken({ sub: 'eve', video: { room: 'full' } }), id: 7 });

    assert.equal((await eve.answer(7)).code, 'room_full');
    const bye = await eve.expect('bye');
    assert.deepEqual([bye.code, bye.action], ['room_full', 'stop']);
    assert.equal((await eve.closed()).code, 4506);
    for (const peer of four) assert.deepEqual(await peer.everything(), []);
    await four[3].leave();
    const dora = await connectPeer(server, 'full', { sub: 'dora' });
    assert.equal(dora.welcome.peers.length, 3);
  });

  test('rooms are apart: what happens in one is not heard in another', async () => {
    const [ann] = await meet(server, 'here', 'ann');

    const [, cyd] = await meet(server, 'there', 'bob', 'cyd');
    await cyd.request({ type: 'broadcast', body: 'hello there' });
    await cyd.leave();

    assert.deepEqual(await ann.everything(), []);
  });

  test('room names with every allowed character are rooms, and others are not found', async () => {
    const good = ['a', 'A-z.0_9~@:=', '...', 'x'.repeat(128)];
    for (const room of good) assert.equal((await connectPeer(server, room)).welcome.room, room);
    const bad = [
      '.',
      '..',
      '',
      'x'.repeat(129),
      'a b',
      'a+b',
      'a/b',
      'a%2Fb',
      'a%00b',
      'ü',
      'a;b',
      "a'b",
      'a"b',
      '%2e%2e',
      'a\\b',
    ];
    for (const room of bad) {
      const refused = await rawUpgrade(server, encodeURI(room).replaceAll('%25', '%'));
      const { status } = await refused.head().catch(() => ({ status: 'hanging up' })); // libwebsockets' answer to %00
      assert.ok([400, 404, 'hanging up'].includes(status), `room ${JSON.stringify(room)} was answered with ${status}`);
      refused.hangUp();
    }
  });
});

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses.some(({ address }) => address === '::1'));

describe('over IPv6', { skip: hasIpv6 ? false : 'this machine has no ::1' }, () => {
  test('ann over IPv6 and bob over IPv4 meet', async () => {
    const server = await startServer({ config: { 'server.listen': '[::1]:0,127.0.0.1:0' } });
    const listening = server.lines.map(({ event }) => event).filter((event) => event?.event === 'server.listening');
    const { address } = listening.find((event) => event.address.startsWith('[::1]'));
    const six = { roomUrl: (room) => `ws://${address}/v1/rooms/${room}/ws` };

    const ann = await connectPeer(six, 'both', { sub: 'ann' });
    const bob = await connectPeer(server, 'both', { sub: 'bob' });

    assert.equal((await ann.expect('peer-joined')).peer.id, bob.id);
    await server.stop();
  });
});
