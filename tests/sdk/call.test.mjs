// call.test - joining, losing the server, coming back, leaving: the SDK against a scripted server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MIC, comeBack, joined, platform, renewPlatform, startJoin } from './call_scene.mjs';
import { FakePeerConnection, FakeTrack, FakeWebSocket, peerOf, settle, welcomeOf } from './fakes.mjs';

test('hello carries the token and what is on, at the address of the room, and nothing in the URL', async () => {
  await joined({ media: { mic: new FakeTrack('audio') }, name: 'Ann' });

  const socket = FakeWebSocket.last;
  assert.equal(socket.url, 'wss://call.example/v1/rooms/tea/ws');
  assert.equal(socket.protocol, 'parley.v1');
  assert.deepEqual(socket.sent[0], { type: 'hello', token: 'a.b.c', receipts: true, name: 'Ann', media: MIC, id: 1 });
});

test('the later joiner makes the first offer, with mic, camera and screen in that order', async () => {
  await joined({ peers: [{ peer: peerOf('bob'), polite: true }] });

  const [pc] = FakePeerConnection.all;
  assert.deepEqual(pc.getTransceivers().map((one) => one.receiver.track.kind), ['audio', 'video', 'video']);
});

test('the earlier joiner waits for an offer', async () => {
  await joined();

  FakeWebSocket.last.deliver({ type: 'peer-joined', peer: peerOf('bob'), polite: false });
  await settle();

  assert.deepEqual(FakePeerConnection.all[0].getTransceivers(), []);
  assert.deepEqual(FakeWebSocket.last.sentOf('relay'), []);
});

for (const [what, closeCode, code] of [
  ['an expired token', 4502, 'auth_expired'],
  ['a full room', 4506, 'room_full'],
  ['no server at all', 1006, 'unreachable'],
  ['a server that restarts', 1012, 'shutting_down'],
])
  test(`joining with ${what} fails with ${code}, at once`, async () => {
    const joining = startJoin();
    await settle();
    if (closeCode !== 1006) FakeWebSocket.last.open();

    FakeWebSocket.last.drop(closeCode);

    await assert.rejects(joining, { name: 'ParleyError', code });
    await platform.clock.advance(60_000);
    assert.equal(FakeWebSocket.all.length, 1);
  });

test('the error that came before the close is the one that counts', async () => {
  const joining = startJoin();
  await settle();
  FakeWebSocket.last.open();

  FakeWebSocket.last.deliver({ type: 'error', re: 1, code: 'auth_room', message: 'The token is for another room.' });
  FakeWebSocket.last.drop(4503);

  await assert.rejects(joining, { code: 'auth_room', message: 'The token is for another room.' });
});

test('a welcome that cannot be read fails with protocol', async () => {
  const joining = startJoin();
  await settle();
  FakeWebSocket.last.open();

  FakeWebSocket.last.deliver({ ...welcomeOf('ann'), self: 7 });

  await assert.rejects(joining, { code: 'protocol' });
});

test('a server that does not open, or opens and says nothing, is unreachable', async () => {
  const silent = startJoin();
  const isRefused = assert.rejects(silent, { code: 'unreachable' });
  await platform.clock.advance(10_000);
  await isRefused;

  const mute = startJoin();
  const isRefusedToo = assert.rejects(mute, { code: 'unreachable' });
  await settle();
  FakeWebSocket.last.open();
  await platform.clock.advance(10_000);
  await isRefusedToo;
});

test('one is not told to call oneself while the server has not noticed that the former session is gone', async () => {
  const { call } = await joined();

  FakeWebSocket.last.drop(1006);
  await platform.clock.advance(500);
  await comeBack(welcomeOf('ann2', [{ peer: peerOf('ann'), polite: true }, { peer: peerOf('bob'), polite: true }]));

  assert.deepEqual([...call.peers.keys()], ['bob']);
});

test('bye says how long to wait at least', async () => {
  await joined();

  FakeWebSocket.last.deliver({ type: 'bye', code: 'shutting_down', action: 'rejoin', delayMs: 3000 });
  FakeWebSocket.last.drop(1012);

  assert.deepEqual(platform.clock.waits, [3500]);
});

test('bye with stop, and close codes from 4500, end the call', async () => {
  for (const end of [() => FakeWebSocket.last.drop(4504), () => (FakeWebSocket.last.deliver({ type: 'bye', code: 'kicked', action: 'stop' }), FakeWebSocket.last.drop(4000))]) {
    renewPlatform();
    const { call, named } = await joined();

    end();
    await platform.clock.advance(60_000);

    assert.equal(call.state, 'ended');
    assert.equal(named('ended').length, 1);
    assert.equal(FakeWebSocket.all.length, 1);
  }
});

test('a server that does not answer ping for 10 s is given up, and the call comes back', async () => {
  const { call } = await joined();
  const first = FakeWebSocket.last;

  await platform.clock.advance(15_000);
  assert.equal(first.sentOf('ping').length, 1);
  await platform.clock.advance(10_000);

  assert.equal(first.closedWith, 4002);
  assert.equal(call.state, 'reconnecting');
});

test('a server that answers ping is kept', async () => {
  const { call } = await joined();

  for (let i = 0; i < 4; i += 1) {
    await platform.clock.advance(15_000);
    const ping = FakeWebSocket.last.sentOf('ping')[i];
    FakeWebSocket.last.deliver({ type: 'pong', re: ping.id });
  }

  assert.equal(call.state, 'joined');
  assert.equal(FakeWebSocket.all.length, 1);
});

test('data of peers comes through, of strangers does not, and a bad message costs nothing', async () => {
  const { named } = await joined({ peers: [{ peer: peerOf('bob'), polite: true }] });
  const socket = FakeWebSocket.last;

  socket.deliver({ type: 'broadcast', from: 'bob', body: [1] });
  socket.deliver({ type: 'relay', from: 'bob', kind: 'data', body: 'psst' });
  socket.deliver({ type: 'broadcast', from: 'mallory', body: 1 });
  socket.deliver('{"type":"broadcast","from":"bob","body":{"__proto__":1}}');
  socket.deliver('not json');

  assert.deepEqual(named('data').map(({ data, isBroadcast }) => [data, isBroadcast]), [[[1], true], ['psst', false]]);
  assert.deepEqual(named('warning').map(({ code }) => code), ['protocol', 'protocol']);
});

test('leave says so, closes with 1000 and lets go of everything', async () => {
  const { call, named } = await joined({ peers: [{ peer: peerOf('bob'), polite: true }] });

  call.leave();
  call.leave();
  await platform.clock.advance(60_000);

  assert.equal(FakeWebSocket.last.sentOf('leave').length, 1);
  assert.equal(FakeWebSocket.last.closedWith, 1000);
  assert.equal(FakePeerConnection.all[0].connectionState, 'closed');
  assert.deepEqual(named('ended').map(({ code }) => code), ['left']);
  assert.equal(FakeWebSocket.all.length, 1);
});

test('a signal gives up joining', async () => {
  const abort = new AbortController();
  const joining = startJoin({ signal: abort.signal });
  await settle();

  abort.abort();

  await assert.rejects(joining, { code: 'aborted' });
});

for (const room of ['', '..', 'a/b', 'a b', 'ä', 'x'.repeat(129)])
  test(`"${room.slice(0, 8)}" is no room`, async () => {
    await assert.rejects(startJoin({ room }), { code: 'bad_message' });
  });
