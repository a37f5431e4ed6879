// call_media.test - what is sent to the peers and what comes from them, and how the ways to them are kept open.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MIC, joined, platform, renewPlatform, startJoin } from './call_scene.mjs';
import { FakePeerConnection, FakeTrack, FakeWebSocket, peerOf, settle } from './fakes.mjs';

test('no camera in an insecure context: insecure_context, and no connection is made', async () => {
  await assert.rejects(startJoin({ media: { camera: true } }), { code: 'insecure_context' });

  assert.equal(FakeWebSocket.all.length, 0);
});

for (const [name, code] of [['NotAllowedError', 'media_denied'], ['NotFoundError', 'media_missing'], ['NotReadableError', 'media_busy']])
  test(`${name} of the browser is ${code}`, async () => {
    platform.mediaDevices = { getUserMedia: () => Promise.reject(Object.assign(new Error('no'), { name })) };

    await assert.rejects(startJoin({ media: { mic: true } }), { code });
  });

test('media may be a stream, what getUserMedia takes, or a wish for each source', async () => {
  const mic = new FakeTrack('audio');
  const camera = new FakeTrack('video');
  const stream = { getTracks: () => [camera, mic] };
  for (const media of [stream, { audio: mic, video: camera }, { mic, camera }]) {
    renewPlatform();
    await joined({ media });

    assert.deepEqual(FakeWebSocket.last.sent[0].media, { mic: true, camera: true, screen: false });
  }
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

test('an offer that found the queue to its addressee full is sent again', async () => {
  await joined({ peers: [{ peer: peerOf('bob'), polite: true }] });
  FakePeerConnection.all[0].onnegotiationneeded();
  await settle();
  const [first] = FakeWebSocket.last.sentOf('relay');

  FakeWebSocket.last.deliver({ n: 1, type: 'undelivered', peer: 'bob', first: first.seq, last: first.seq, reason: 'outbox-full' });
  await platform.clock.advance(999);
  assert.equal(FakeWebSocket.last.sentOf('relay').length, 1);
  await platform.clock.advance(1);

  const [, second] = FakeWebSocket.last.sentOf('relay');
  assert.deepEqual(second.body, first.body);
});
