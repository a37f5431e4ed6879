// abuse.test.mjs - scenes in which one client, or a page elsewhere, tried to spoil it for others; each was possible once.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { setTimeout as asLongAsTold } from 'node:timers/promises';

import { OPCODE, connectPeer, dial, frame, meet, mintToken, openPeer, rawUpgrade, startServer, upgradeRequest } from './harness.mjs';

let server;
const serve = async (config, more) => (server = await startServer({ config, ...more }));
afterEach(() => server.stop());

test('sixty people come back at once from one address: all are let in again, as fast as joins may go', async () => {
  await serve({ 'limits.address_joins_per_s': 20, 'limits.address_joins_burst': 20, 'limits.hello_timeout': '1s', 'rooms.capacity': 100 });
  const join = async (index) => {
    const peer = await openPeer(server, 'office');
    const token = mintToken({ sub: `p${index}`, video: { room: 'office' } });
    for (let id = 500; ; id++) {
      peer.send({ type: 'hello', token, id });
      const answer = await peer.answer(id);
      if (answer.type === 'welcome') return 'welcome';
      assert.equal(answer.code, 'rate_limited');
      await asLongAsTold(answer.retryAfterMs);
    }
  };

  const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => join(index)));

  assert.deepEqual([...new Set(answers)], ['welcome']);
});

test('who sends the room more than it may silences itself, and not its neighbours', async () => {
  await serve({ 'rooms.capacity': 30, 'limits.address_bytes_burst': '1MiB', 'limits.address_bytes_per_s': '256KiB' });
  const [loud] = await meet(server, 'loud', ...Array.from({ length: 20 }, (_, index) => `p${index}`));
  const [ann] = await meet(server, 'quiet', 'ann');

  await loud.request({ type: 'broadcast', body: 'x'.repeat(60_000) });

  assert.equal((await ann.request({ type: 'ping' })).type, 'pong');
  await connectPeer(server, 'quiet', { sub: 'bob' });
  assert.equal((await loud.request({ type: 'leave' })).type, 'ok');
});

test('a room whose members say much about themselves can still be joined', async () => {
  await serve({ 'rooms.capacity': 30 });
  const long = Object.fromEntries(Array.from({ length: 4 }, (_, index) => [`k${index}`, '\u0001'.repeat(1000)]));
  const claims = (sub) => ({ sub, video: { canUpdateOwnMetadata: true } });
  const peers = await meet(server, 'talkative', ...Array.from({ length: 14 }, (_, index) => claims(`p${index}`)));
  for (const peer of peers) assert.equal((await peer.request({ type: 'update', attributes: long })).type, 'ok');

  const late = await connectPeer(server, 'talkative', { sub: 'late' });

  assert.equal(late.welcome.peers.length, 14);
  assert.equal((await late.request({ type: 'ping' })).type, 'pong');
});

test('who says goodbye and reads no more is gone at once, whatever waits for it', async () => {
  await serve({
    'limits.bytes_burst': '1GiB',
    'limits.messages_burst': 10_000,
    'limits.outbox_bytes': '1GiB',
    'limits.mailbox_bytes': '1GiB',
    'rooms.grace': '0s',
  });
  const [ann] = await meet(server, 'deaf', 'ann');
  const deaf = await rawUpgrade(server, 'deaf');
  await deaf.head();
  deaf.write(frame(JSON.stringify({ type: 'hello', token: mintToken({ sub: 'bob', video: { room: 'deaf' } }) })));
  const { peer } = await ann.expect('peer-joined');
  deaf.socket.pause();
  for (let count = 0; count < 80; count++) await ann.request({ type: 'relay', to: peer.id, body: 'x'.repeat(60_000) });

  deaf.write(frame(Buffer.from([0x03, 0xe8]), { opcode: OPCODE.CLOSE }));

  const gone = await ann.expect('peer-left');
  assert.equal(gone.peer, peer.id);
  // While it still holds output libwebsockets may end the connection without having told of the close frame.
  assert.ok(['left', 'lost'].includes(gone.reason), gone.reason);
  deaf.hangUp();
});

test('a socket that asks for nothing does not hold up the end', async () => {
  await serve();
  const idle = await dial(server.address);
  await connectPeer(server, 'end', { sub: 'ann' });

  process.kill(server.pid, 'SIGTERM');

  await idle.closed();
  assert.deepEqual(await server.exit, { status: 0, signal: null });
});

describe('a page whose name in DNS was turned to our address', () => {
  const evil = { Host: 'evil.example', Origin: 'http://evil.example' };
  const statusOf = async (request) => {
    const connection = await dial(server.address);
    connection.write(request);
    return (await connection.head()).status;
  };
  const ask = (host) => {
    const body = '{"room":"demo","name":"Eve"}';
    return `POST /v1/dev/token HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  };

  test('gets no token from --dev, and no WebSocket', async () => {
    await serve({}, { args: ['--dev'] });
    assert.equal(await statusOf(ask('evil.example')), 403);
    assert.equal(await statusOf(ask(server.address)), 200);
    assert.equal(await statusOf(upgradeRequest(server.address, '/v1/rooms/demo/ws', evil)), 403);
    assert.equal(await statusOf(upgradeRequest(server.address, '/v1/rooms/demo/ws', { Origin: `http://${server.address}` })), 101);
  });

  test('does not pass for the server where that has said what it is called', async () => {
    await serve({ 'server.public_url': 'https://call.example.org' });
    assert.equal(await statusOf(upgradeRequest(server.address, '/v1/rooms/r/ws', evil)), 403);
    assert.equal(await statusOf(upgradeRequest(server.address, '/v1/rooms/r/ws', { Origin: 'https://call.example.org' })), 101);
  });
});

describe('X-Forwarded-Proto', () => {
  const headers = { Host: 'call.example.org', Origin: 'https://call.example.org', 'X-Forwarded-Proto': 'https' };
  const statusFrom = (localAddress) =>
    new Promise((resolve) => {
      const [host, port] = server.address.split(':');
      const socket = connect({ host, port: Number(port), localAddress });
      socket.once('data', (bytes) => resolve(Number(String(bytes).split(' ')[1])) ?? socket.destroy());
      socket.write(upgradeRequest(server.address, '/v1/rooms/r/ws', headers));
    });

  test('tells that the page was had over https, if a trusted proxy says so', async () => {
    await serve({ 'server.trusted_proxies': '127.0.0.5/32' });
    assert.equal(await statusFrom('127.0.0.5'), 101);
    assert.equal(await statusFrom('127.0.0.6'), 403);
  });
});
