// limits.test.mjs - scenes of too much: of messages, bytes, joins, connections, rooms; who overdoes it pays, and nobody else.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { setTimeout as asLongAsTold } from 'node:timers/promises';

import {
  OPCODE,
  UpgradeRefused,
  connectPeer,
  eventually,
  frame,
  meet,
  mintToken,
  openPeer,
  rawUpgrade,
  startServer,
} from './harness.mjs';

/** Each scene has limits of its own and therefore a server of its own. */
let server;
const serve = async (config) => (server = await startServer({ config }));
afterEach(() => server.stop());

const codeOf = ({ type, code }) => code ?? type;

describe('rates of one session (T-34)', () => {
  test('after the burst messages are refused, with the time when to go on; then they are taken again', async () => {
    await serve({ 'limits.messages_burst': 5, 'limits.messages_per_s': 5 });
    const [ann, bob] = await meet(server, 'rate', 'ann', 'bob');

    const answers = [];
    for (let time = 0; time < 30 && answers.at(-1)?.code !== 'rate_limited'; time++)
      answers.push(await ann.request({ type: 'ping' }));

    const refused = answers.at(-1);
    assert.equal(refused.code, 'rate_limited');
    assert.ok(refused.retryAfterMs > 0 && refused.retryAfterMs <= 1000, `${refused.retryAfterMs}`);
    assert.equal(codeOf(await bob.request({ type: 'ping' })), 'pong');
    await asLongAsTold(refused.retryAfterMs);
    assert.equal(codeOf(await ann.request({ type: 'ping' })), 'pong');
  });

  test('who goes on all the same is closed with 4003, and the others hear that it was refused', async () => {
    await serve({ 'limits.messages_burst': 5, 'limits.messages_per_s': 1 });
    const [ann, bob] = await meet(server, 'flood', 'ann', 'bob');

    for (let time = 0; time < 500; time++) ann.send({ type: 'ping' });

    const bye = await ann.expect('bye');
    assert.deepEqual([bye.code, bye.action], ['flood', 'rejoin']);
    assert.deepEqual(await ann.refusal(), { error: 'flood', close: 4003 });
    assert.equal((await bob.expect('peer-left')).reason, 'refused');
    assert.equal(codeOf(await bob.request({ type: 'ping' })), 'pong');
  });

  test('bytes are limited as well', async () => {
    await serve({ 'limits.message_bytes': '8KiB', 'limits.bytes_burst': '8KiB', 'limits.bytes_per_s': '1KiB' });
    const [ann, bob] = await meet(server, 'bytes', 'ann', 'bob');
    const relay = () => ann.request({ type: 'relay', to: bob.id, body: 'x'.repeat(5000) });
    assert.deepEqual([codeOf(await relay()), codeOf(await relay())], ['ok', 'rate_limited']);
    assert.equal((await bob.everything()).length, 1);
  });

  test('T-15: a broadcast costs as much as it makes the server send', async () => {
    await serve({ 'limits.message_bytes': '8KiB', 'limits.bytes_burst': '12KiB', 'limits.bytes_per_s': '1KiB' });
    const [ann] = await meet(server, 'two', 'ann', 'bob');
    const [cyd] = await meet(server, 'four', 'cyd', 'dan', 'eve', 'fay');
    const broadcast = (peer) => peer.request({ type: 'broadcast', body: 'x'.repeat(3000) });

    const toOne = [codeOf(await broadcast(ann)), codeOf(await broadcast(ann))];
    const toThree = [codeOf(await broadcast(cyd)), codeOf(await broadcast(cyd))];

    assert.deepEqual(toOne, ['ok', 'ok']);
    assert.deepEqual(toThree, ['ok', 'rate_limited']);
  });

  test('T-15: so does an update, whose every copy holds the whole profile', async () => {
    await serve({ 'limits.message_bytes': '8KiB', 'limits.bytes_burst': '24KiB', 'limits.bytes_per_s': '1KiB' });
    const metadata = 'm'.repeat(2000);
    const [ann] = await meet(server, 'alone', { sub: 'ann', metadata });
    const [cyd] = await meet(server, 'four', { sub: 'cyd', metadata }, 'dan', 'eve', 'fay');
    const mutes = async (peer) => {
      const codes = [];
      for (let time = 0; time < 10; time++) codes.push(codeOf(await peer.request({ type: 'update', media: { mic: time % 2 === 0 } })));
      return codes;
    };

    assert.deepEqual([...new Set(await mutes(ann))], ['ok']);
    assert.deepEqual([...new Set(await mutes(cyd))], ['ok', 'rate_limited']);
  });
});

describe('rates of one address (T-34)', () => {
  test('messages of all its connections count together', async () => {
    await serve({ 'limits.address_messages_burst': 20, 'limits.address_messages_per_s': 1 });
    const peers = await meet(server, 'shared', 'ann', 'bob', 'cyd');
    const codes = [];
    for (let time = 0; time < 30; time++) codes.push(codeOf(await peers[time % 3].request({ type: 'ping' })));
    assert.ok(codes.includes('pong') && codes.includes('rate_limited'), codes.join());
  });

  test('joins are limited: the hello is refused, and may be said again when told', async () => {
    await serve({ 'limits.address_joins_burst': 3, 'limits.address_joins_per_s': 2 });
    await meet(server, 'joins', 'ann', 'bob', 'cyd');
    const dan = await openPeer(server, 'joins');
    const token = mintToken({ sub: 'dan', video: { room: 'joins' } });
    dan.send({ type: 'hello', token, id: 900 });
    const refused = await dan.answer(900);

    assert.equal(refused.code, 'rate_limited');
    assert.ok(refused.retryAfterMs > 0 && refused.retryAfterMs <= 1000);
    await asLongAsTold(refused.retryAfterMs);
    await dan.hello(token);
  });

  test('connections are limited with 429 before the upgrade, and one that ends makes room', async () => {
    await serve({ 'limits.address_connections': 3 });
    const three = await meet(server, 'crowd', 'ann', 'bob', 'cyd');

    const refusal = await openPeer(server, 'crowd').catch((error) => error);

    assert.ok(refusal instanceof UpgradeRefused);
    assert.deepEqual([refusal.status, JSON.parse(refusal.body).code], [429, 'address_limit']);
    await three[0].leave();
    await eventually(() => openPeer(server, 'crowd').catch(() => null), 'a place for another connection');
  });
});

describe('what the server can hold', () => {
  test('one address that opens sockets and says nothing does not take the places of others', async () => {
    await serve({ 'server.connections_max': 60, 'limits.address_connections': 3 });
    const [host, port] = server.address.split(':');
    const open = (localAddress) =>
      new Promise((resolve) => {
        const socket = connect({ host, port: Number(port), localAddress });
        const heard = [];
        socket.on('error', () => {});
        socket.on('data', (bytes) => heard.push(bytes));
        socket.on('connect', () => resolve({ socket, end: new Promise((ended) => socket.on('close', () => ended(String(Buffer.concat(heard))))) }));
      });

    const silent = [];
    for (let count = 0; count < 80; count++) silent.push(await open('127.0.0.1'));
    const last = await silent.at(-1).end;
    const other = await open('127.0.0.9');
    other.socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');

    assert.match(last, /^HTTP\/1\.1 429 [^]*"code":"address_limit"/);
    assert.match(await other.end, /^HTTP\/1\.[01] 200 /);
    for (const { socket } of silent) socket.destroy();
  });

  test('over rooms.max a new room is refused with 1013, and the rooms that are there go on', async () => {
    await serve({ 'rooms.max': 2 });
    const [ann] = await meet(server, 'first', 'ann');
    await meet(server, 'second', 'bob');

    const cyd = await openPeer(server, 'third');
    cyd.send({ type: 'hello', token: mintToken({ video: { room: 'third' } }) });

    assert.equal((await cyd.expect('bye')).action, 'rejoin');
    assert.deepEqual(await cyd.refusal(), { error: 'room_limit', close: 1013 });
    await meet(server, 'first', 'dan');
    await ann.expect('peer-joined');
  });

  test('over server.connections_max a connection is refused, and those that are there go on', async () => {
    await serve({ 'server.connections_max': 4 });
    const [ann] = await meet(server, 'held', 'ann', 'bob', 'cyd');

    const held = [];
    let refusal = null;
    while (!refusal && held.length < 10)
      await openPeer(server, 'held').then(
        (peer) => held.push(peer),
        (error) => (refusal = error),
      );

    assert.ok(refusal, 'ten more connections were taken');
    if (refusal instanceof UpgradeRefused) assert.equal(refusal.status, 503);
    assert.equal(codeOf(await ann.request({ type: 'ping' })), 'pong');
  });
});

describe('the size of a message (T-21)', () => {
  const sized = (to, bytes) => {
    const empty = JSON.stringify({ type: 'relay', to, body: '', id: 99 });
    return JSON.stringify({ type: 'relay', to, body: 'x'.repeat(bytes - empty.length), id: 99 });
  };

  test('64 KiB are taken, one byte more is refused with 1009', async () => {
    await serve();
    const [ann, bob] = await meet(server, 'size', 'ann', 'bob');

    ann.send(sized(bob.id, 65536));
    assert.equal((await ann.answer(99)).type, 'ok');
    await bob.expect('relay');
    ann.send(sized(bob.id, 65537));

    assert.deepEqual(await ann.refusal(), { error: 'message_too_large', close: 1009 });
    assert.equal((await bob.expect('peer-left')).reason, 'refused');
  });

  test('fragments are added up, and a claimed length is refused before its bytes come', async () => {
    await serve();
    for (const bytes of [
      Buffer.concat([frame('x'.repeat(40_000), { fin: false }), frame('x'.repeat(40_000), { opcode: OPCODE.CONTINUATION })]),
      Buffer.from([0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5]),
    ]) {
      const rude = await rawUpgrade(server, 'size');
      await rude.head();
      rude.write(bytes);
      assert.equal(await rude.closeCode(), 1009);
    }
  });

  test('limits.message_bytes is obeyed', async () => {
    await serve({ 'limits.message_bytes': '2KiB' });
    const [ann, bob] = await meet(server, 'size', 'ann', 'bob');
    ann.send(sized(bob.id, 2048));
    assert.equal((await ann.answer(99)).type, 'ok');
    ann.send(sized(bob.id, 2049));
    assert.equal((await ann.closed()).code, 1009);
  });

  test('a binary frame is refused with 1003 (T-26)', async () => {
    await serve();
    const [ann] = await meet(server, 'binary', 'ann');
    ann.socket.send(Buffer.from('{"type":"ping"}'), { binary: true });
    assert.deepEqual(await ann.refusal(), { error: 'binary_frame', close: 1003 });
  });
});

describe('a slow reader (T-32)', () => {
  test('bob stops reading while ann broadcasts: he is closed as slow and away, and cyd misses nothing', async () => {
    await serve({ 'limits.messages_burst': 100_000, 'limits.bytes_burst': '1GiB' });
    const [ann, bob, cyd] = await meet(server, 'slow', 'ann', 'bob', 'cyd');
    const gone = ann.expect('peer-away');
    let away = null;
    gone.then((event) => (away = event));

    bob.stopReading();
    let sent = 0;
    for (; !away && sent < 2000; sent++) {
      assert.equal((await ann.request({ type: 'broadcast', body: [sent, 'x'.repeat(60_000)] })).type, 'ok');
      assert.equal((await cyd.expect('broadcast')).body[0], sent);
    }

    assert.deepEqual(await gone, { type: 'peer-away', peer: bob.id });
    assert.equal((await cyd.expect('peer-away')).peer, bob.id);
    bob.goOnReading();
    assert.deepEqual(await bob.refusal(), { error: 'slow_consumer', close: 4001 });
    assert.equal((await bob.expect('bye')).action, 'resume');
    assert.ok((await server.metric('parley_dropped_messages_total', 'outbox_full')) >= 1);
  });

  test('a relay that finds the outbox full is reported to its sender', async () => {
    await serve({ 'limits.messages_burst': 100_000, 'limits.bytes_burst': '1GiB' });
    const [ann, bob] = await meet(server, 'slow-relay', 'ann', 'bob');
    bob.stopReading();
    let answer;
    for (let sent = 0; answer?.type !== 'error' && sent < 2000; sent++) {
      answer = await ann.request({ type: 'relay', to: bob.id, body: 'x'.repeat(60_000) });
    }
    assert.equal(answer.code, 'outbox_full');
    assert.equal((await ann.expect('peer-away')).peer, bob.id);
    bob.vanish();
  });
});
