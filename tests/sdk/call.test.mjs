// call.test - joining, losing the server, coming back, leaving: the SDK against a scripted server.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { join } from '../../web-demo/sdk/parley.js';
import { FakePeerConnection, FakeTrack, FakeWebSocket, fakePlatform, peerOf, settle, welcomeOf } from './fakes.mjs';

let platform;
beforeEach(() => {
  platform = fakePlatform();
});

const MIC = { mic: true, camera: false, screen: false };

function startJoin(more = {}) {
  return join({ url: 'https://call.example', room: 'tea', token: 'a.b.c', platform, ...more });
}

/** A call that is joined, with a record of its events. */
async function joined({ peers = [], ...more } = {}) {
  const joining = startJoin(more);
  await settle();
  FakeWebSocket.last.open();
  await settle();
  FakeWebSocket.last.deliver(welcomeOf('ann', peers));
  const call = await joining;
  const events = [];
  for (const name of ['state', 'ended', 'peer-joined', 'peer-left', 'peer-updated', 'track', 'track-removed', 'data', 'ice', 'warning'])
    call.on(name, (event) => events.push([name, event]));
  return { call, events, named: (name) => events.filter(([of]) => of === name).map(([, event]) => event) };
}

async function comeBack(welcome) {
  FakeWebSocket.last.open();
  await settle();
  FakeWebSocket.last.deliver(welcome);
  await settle();
}

test('hello carries the token and what is on, at the address of the room, and nothing in the URL', async () => {
  await joined({ media: { mic: new FakeTrack('audio') }, name: 'Ann' });

  const socket = FakeWebSocket.last;
  assert.equal(socket.url, 'wss://call.example/v1/rooms/tea/ws');
  assert.equal(socket.protocol, 'parley.v1');
  assert.deepEqual(socket.sent[0], { type: 'hello', token: 'a.b.c', name: 'Ann', media: MIC, id: 1 });
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

test('no camera in an insecure context: insecure_context, and no connection is made', async () => {
  await assert.rejects(startJoin({ media: { camera: true } }), { code: 'insecure_context' });

  assert.equal(FakeWebSocket.all.length, 0);
});

for (const [name, code] of [['NotAllowedError', 'media_denied'], ['NotFoundError', 'media_missing'], ['NotReadableError', 'media_busy']])
  test(`${name} of the browser is ${code}`, async () => {
    platform.mediaDevices = { getUserMedia: () => Promise.reject(Object.assign(new Error('no'), { name })) };

    await assert.rejects(startJoin({ media: { mic: true } }), { code });
  });

test('after a lost connection it comes back with a fresh token and keeps the media until then', async () => {
  const tokens = ['one', 'two'];
  const { call, named } = await joined({ token: () => tokens.shift(), peers: [{ peer: peerOf('bob'), polite: true }] });
  const [old] = FakePeerConnection.all;

  FakeWebSocket.last.drop(1006);
  assert.equal(call.state, 'reconnecting');
  assert.equal(old.connectionState, 'new');
  await platform.clock.advance(500);
  await comeBack(welcomeOf('ann2', [{ peer: peerOf('bob2'), polite: true }, { peer: peerOf('cyd'), polite: true }]));

  assert.equal(FakeWebSocket.last.sent[0].token, 'two');
  assert.equal(call.self.id, 'ann2');
  assert.deepEqual([...call.peers.keys()], ['bob2', 'cyd']);
  assert.deepEqual(named('state'), ['reconnecting', 'joined']);
  assert.deepEqual(named('peer-left').map(({ peer }) => peer.id), ['bob']);
  assert.equal(old.connectionState, 'closed');
});

test('a peer that kept its id gets a new connection: to it we are somebody new', async () => {
  const { call, named } = await joined({ peers: [{ peer: peerOf('bob'), polite: true }] });
  const bob = call.peers.get('bob');

  FakeWebSocket.last.drop(4002);
  await platform.clock.advance(500);
  await comeBack(welcomeOf('ann2', [{ peer: peerOf('bob'), polite: true }]));

  assert.equal(call.peers.get('bob'), bob);
  assert.deepEqual(named('peer-left'), []);
  assert.deepEqual(FakePeerConnection.all.map((pc) => pc.connectionState), ['closed', 'new']);
});

test('one is not told to call oneself while the server has not noticed that the connection is gone', async () => {
  const { call } = await joined();

  FakeWebSocket.last.drop(1006);
  await platform.clock.advance(500);
  await comeBack(welcomeOf('ann2', [{ peer: peerOf('ann'), polite: true }, { peer: peerOf('bob'), polite: true }]));

  assert.deepEqual([...call.peers.keys()], ['bob']);
});

test('media may be a stream, what getUserMedia takes, or a wish for each source', async () => {
  const mic = new FakeTrack('audio');
  const camera = new FakeTrack('video');
  const stream = { getTracks: () => [camera, mic] };
  for (const media of [stream, { audio: mic, video: camera }, { mic, camera }]) {
    platform = fakePlatform();
    await joined({ media });

    assert.deepEqual(FakeWebSocket.last.sent[0].media, { mic: true, camera: true, screen: false });
  }
});

test('bye says how long to wait at least', async () => {
  await joined();

  FakeWebSocket.last.deliver({ type: 'bye', code: 'shutting_down', action: 'rejoin', delayMs: 3000 });
  FakeWebSocket.last.drop(1012);

  assert.deepEqual(platform.clock.waits, [3500]);
});

test('bye with stop, and close codes from 4500, end the call', async () => {
  for (const end of [() => FakeWebSocket.last.drop(4504), () => (FakeWebSocket.last.deliver({ type: 'bye', code: 'kicked', action: 'stop' }), FakeWebSocket.last.drop(4000))]) {
    platform = fakePlatform();
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

test('send resolves when the server has taken it, and rejects with its code', async () => {
  const { call } = await joined({ peers: [{ peer: peerOf('bob'), polite: true }] });
  const good = call.send({ text: 'hi' });
  const bad = call.send('x', { to: 'nobody' });
  const [broadcast] = FakeWebSocket.last.sentOf('broadcast');
  const relay = FakeWebSocket.last.sentOf('relay').find(({ kind }) => kind === 'data');

  await settle();
  FakeWebSocket.last.deliver({ type: 'ok', re: broadcast?.id ?? FakeWebSocket.last.sentOf('broadcast')[0].id });
  FakeWebSocket.last.deliver({ type: 'error', re: relay?.id ?? FakeWebSocket.last.sentOf('relay').find(({ kind }) => kind === 'data').id, code: 'no_such_peer', message: 'x' });

  await good;
  await assert.rejects(bad, { code: 'no_such_peer' });
});

test('what was under way when the connection broke is reported, not forgotten', async () => {
  const { call } = await joined();
  const sending = call.send('x');
  await settle();

  FakeWebSocket.last.drop(1006);

  await assert.rejects(sending, { code: 'unreachable' });
  await assert.rejects(call.send('y'), { code: 'unreachable' });
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

test('muting keeps the microphone and tells the others', async () => {
  const mic = new FakeTrack('audio');
  const { call } = await joined({ media: { mic } });

  await call.setMic(false);
  await settle();

  assert.equal(mic.enabled, false);
  assert.equal(mic.readyState, 'live');
  assert.deepEqual(FakeWebSocket.last.sentOf('update').map(({ media }) => media.mic).slice(-1), [false]);
  assert.equal(call.self.media.mic, false);
});

test('a track that was handed in is never stopped, one that the SDK opened is', async () => {
  const handed = new FakeTrack('audio');
  const opened = new FakeTrack('video');
  platform.mediaDevices = { getUserMedia: async () => ({ getTracks: () => [opened] }) };
  const { call } = await joined({ media: { mic: handed, camera: true } });

  call.leave();

  assert.equal(handed.readyState, 'live');
  assert.equal(opened.readyState, 'ended');
});

test('switching the camera is replaceTrack, never a new offer', async () => {
  const { call } = await joined({ peers: [{ peer: peerOf('bob'), polite: true }] });
  const camera = new FakeTrack('video');

  await call.setCamera(camera);
  const [, transceiver] = FakePeerConnection.all[0].getTransceivers();
  assert.equal(transceiver.sender.track, camera);
  await call.setCamera(false);

  assert.equal(transceiver.sender.track, null);
  assert.equal(FakePeerConnection.all[0].localDescription, null);
});

test('track and track-removed follow what the peer says that it sends', async () => {
  const { call, named } = await joined({ peers: [{ peer: peerOf('bob', MIC), polite: true }] });
  const [pc] = FakePeerConnection.all;
  for (const transceiver of pc.getTransceivers()) pc.ontrack({ transceiver, track: transceiver.receiver.track });
  assert.deepEqual(named('track').map(({ source }) => source), ['mic']);

  FakeWebSocket.last.deliver({ type: 'peer-updated', peer: peerOf('bob', { mic: false, camera: true, screen: false }) });

  assert.deepEqual(named('track').map(({ source }) => source), ['mic', 'camera']);
  assert.deepEqual(named('track-removed').map(({ source }) => source), ['mic']);
  assert.deepEqual([...call.peers.get('bob').tracks.keys()], ['camera']);
});

test('a peer that never says what it sends is shown by what arrives', async () => {
  const { named } = await joined({ peers: [{ peer: peerOf('bob'), polite: true }] });
  const [pc] = FakePeerConnection.all;
  const [, transceiver] = pc.getTransceivers();
  const { track } = transceiver.receiver;
  pc.ontrack({ transceiver, track });
  assert.deepEqual(named('track'), []);

  track.muted = false;
  track.onunmute();

  assert.deepEqual(named('track').map(({ source }) => source), ['camera']);
});

test('the impolite side restarts ICE at once, the polite side 4 s later', async () => {
  await joined({ peers: [{ peer: peerOf('bob'), polite: true }, { peer: peerOf('cyd'), polite: false }] });
  const [towardsBob, towardsCyd] = FakePeerConnection.all;

  towardsBob.become('failed');
  towardsCyd.become('failed');
  await platform.clock.advance(0);
  assert.deepEqual([towardsBob.restarts, towardsCyd.restarts], [0, 1]);
  await platform.clock.advance(4000);

  assert.deepEqual([towardsBob.restarts, towardsCyd.restarts], [1, 1]);
});

test('a drop-out that mends itself within 4 s restarts nothing', async () => {
  await joined({ peers: [{ peer: peerOf('cyd'), polite: false }] });
  const [pc] = FakePeerConnection.all;

  pc.become('disconnected');
  await platform.clock.advance(3999);
  pc.become('connected');
  await platform.clock.advance(60_000);

  assert.equal(pc.restarts, 0);
});

test('fresh ICE servers reach running connections and new ones', async () => {
  await joined({ peers: [{ peer: peerOf('bob'), polite: true }] });

  FakeWebSocket.last.deliver({ type: 'ice-servers', iceServers: [{ urls: ['turn:a'], username: 'u2', credential: 'c2' }], iceTtl: 60 });
  FakeWebSocket.last.deliver({ type: 'peer-joined', peer: peerOf('cyd'), polite: false });

  for (const pc of FakePeerConnection.all) assert.equal(pc.config.iceServers[0].username, 'u2');
});

test('an offer that was refused for the moment is sent again', async () => {
  await joined({ peers: [{ peer: peerOf('bob'), polite: true }] });
  FakePeerConnection.all[0].onnegotiationneeded();
  await settle();
  const [first] = FakeWebSocket.last.sentOf('relay');

  FakeWebSocket.last.deliver({ type: 'error', re: first.id, code: 'rate_limited', message: 'slow down', retryAfterMs: 700 });
  await platform.clock.advance(699);
  assert.equal(FakeWebSocket.last.sentOf('relay').length, 1);
  await platform.clock.advance(1);

  const [, second] = FakeWebSocket.last.sentOf('relay');
  assert.deepEqual(second.body, first.body);
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
