// restart.test - a server that is stopped on purpose does not end the media of its calls.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isClosing } from '../../web-demo/sdk/errors.js';
import { comeBack, joined, platform } from './call_scene.mjs';
import { FakePeerConnection, FakeWebSocket, peerOf, settle, welcomeOf } from './fakes.mjs';

const PROTOCOL = new URL('../../docs/protocol.md', import.meta.url);
const WITH_BOB = { peers: [{ peer: peerOf('bob'), polite: true }] };

/** What a server says when it stops. */
function stopServer() {
  const socket = FakeWebSocket.last;
  socket.deliver({ type: 'error', code: 'shutting_down', message: 'The server is stopping or restarting; come back.' });
  socket.deliver({ type: 'bye', code: 'shutting_down', action: 'resume', delayMs: 1000 });
  socket.drop(1012);
}

test('while the server restarts nobody is gone, the media go on, and only the state tells', async () => {
  const { call, events } = await joined(WITH_BOB);

  stopServer();
  await settle();

  assert.deepEqual(events, [['state', 'reconnecting'], ['reconnecting', {}]]);
  assert.deepEqual([...call.peers.keys()], ['bob']);
  assert.equal(FakePeerConnection.all[0].connectionState, 'new');
});

test('after the restart the media have gone on, nobody left, and nothing had to be joined', async () => {
  const { call, named } = await joined(WITH_BOB);
  const [link] = FakePeerConnection.all;

  stopServer();
  await platform.clock.advance(1500);
  await comeBack(welcomeOf('ann', [], { session: 'rebuilt' }));
  FakeWebSocket.last.deliver({ n: 1, type: 'peer-back', peer: peerOf('bob'), polite: true });

  assert.deepEqual(FakePeerConnection.all, [link]);
  assert.equal(link.connectionState, 'new');
  assert.deepEqual([...call.peers.keys()], ['bob']);
  for (const name of ['peer-left', 'peer-joined', 'warning', 'rejoined']) assert.deepEqual(named(name), [], name);
});

test('a peer that left by itself is gone at once', async () => {
  const { named } = await joined(WITH_BOB);

  FakeWebSocket.last.deliver({ type: 'peer-left', peer: 'bob', reason: 'left' });

  assert.deepEqual(named('peer-left').map(({ reason }) => reason), ['left']);
});

test('an error that closes nothing is still a warning, with its field', async () => {
  const { named } = await joined(WITH_BOB);

  FakeWebSocket.last.deliver({ type: 'error', code: 'bad_message', message: 'Too long.', field: 'body' });

  assert.deepEqual(named('warning').map(({ code, field }) => [code, field]), [['bad_message', 'body']]);
});

test('the codes that announce a close are those that close an open call in the protocol', () => {
  const rows = [...readFileSync(PROTOCOL, 'utf8').matchAll(/^\| `([a-z_]+)` \| (\d{4})? ?\|/gm)].map(([, code, close]) => [code, close]);
  const ofHello = /^(auth_|hello_)/;

  assert.ok(rows.length > 25);
  for (const [code, close] of rows) if (!ofHello.test(code)) assert.equal(isClosing(code), close !== undefined, code);
});
