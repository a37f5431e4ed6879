// session.test - coming back with a ticket, and what becomes of a session that cannot: the SDK against a scripted server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comeBack, joined, lost, platform } from './call_scene.mjs';
import { FakePeerConnection, FakeWebSocket, peerOf, settle, welcomeOf } from './fakes.mjs';

const BOB = { peer: peerOf('bob'), polite: true };
const CYD = { peer: peerOf('cyd'), polite: true };
const resumed = (more = {}) => welcomeOf('ann', [BOB], { session: 'resumed', accepted: 0, ticket: 'second', re: undefined, ...more });
const rebuilt = (peers = [BOB], more = {}) => welcomeOf('ann', peers, { session: 'rebuilt', ticket: 'second', re: undefined, ...more });
const refusal = (code, id = 2) => ({ type: 'error', re: id, code, message: 'No.' });

test('a lost connection is resumed with the ticket, without asking for a token', async () => {
  let asked = 0;

  const { hello } = await lost({ token: () => ((asked += 1), 'a.b.c') });

  assert.equal(asked, 1);
  assert.equal(hello.ticket, 'ticket of ann');
  assert.equal(hello.got, 0);
  assert.equal(hello.receipts, true);
  assert.ok(!('token' in hello));
});

test('a session that is resumed is told by plain events, and nobody has joined or left', async () => {
  const { call, events, socket } = await lost();

  socket.deliver(resumed());
  await settle();

  assert.deepEqual(events, [['state', 'reconnecting'], ['reconnecting', {}], ['state', 'joined'], ['resumed', { rebuilt: false }]]);
  assert.equal(call.self.id, 'ann');
  assert.deepEqual([...call.peers.keys()], ['bob']);
});

test('links are not touched when a session is resumed', async () => {
  const { socket } = await lost();
  const [link] = FakePeerConnection.all;

  socket.deliver(resumed());
  await settle();

  assert.deepEqual(FakePeerConnection.all, [link]);
  assert.equal(link.signalingState, 'stable');
  assert.equal(link.restarts, 0);
});

test('who joined and left meanwhile is told by what was missed, not by the welcome', async () => {
  const { call, named, socket } = await lost();

  socket.deliver(resumed({ peers: [{ peer: peerOf('cyd'), polite: false, away: false }] }));
  assert.deepEqual([...call.peers.keys()], ['bob']);
  socket.deliver({ n: 1, type: 'peer-left', peer: 'bob', reason: 'left' });
  socket.deliver({ n: 2, type: 'peer-joined', peer: peerOf('cyd'), polite: false });

  assert.deepEqual([...call.peers.keys()], ['cyd']);
  assert.deepEqual(named('peer-left').map(({ peer, reason }) => [peer.id, reason]), [['bob', 'left']]);
});

test('each welcome brings the ticket for the next time, and so does the message of that name', async () => {
  const { socket } = await lost();
  socket.deliver(resumed());
  socket.drop(1006);
  await platform.clock.advance(1000);
  FakeWebSocket.last.open();
  await settle();
  assert.equal(FakeWebSocket.last.sent[0].ticket, 'second');

  FakeWebSocket.last.deliver(resumed());
  FakeWebSocket.last.deliver({ type: 'ticket', ticket: 'third' });
  FakeWebSocket.last.drop(1006);
  await platform.clock.advance(2000);
  FakeWebSocket.last.open();
  await settle();

  assert.equal(FakeWebSocket.last.sent[0].ticket, 'third');
});

test('the new connection is used at once, so that the former ticket is spent', async () => {
  const { socket } = await lost();

  socket.deliver(resumed());

  assert.deepEqual(socket.sent[1], { type: 'receipt', got: 0 });
});

test('a connection is given up with a code that leaves the session alone', async () => {
  await joined();
  const first = FakeWebSocket.last;

  await platform.clock.advance(25_000);

  assert.equal(first.closedWith, 4002);
  assert.deepEqual(first.sentOf('leave'), []);
});

test('after the death of a server those who are not back yet are away, and their links go on', async () => {
  const { call, named, socket } = await lost({ peers: [BOB, CYD] });
  const links = [...FakePeerConnection.all];

  socket.deliver(rebuilt([BOB]));
  await settle();

  assert.deepEqual(named('resumed'), [{ rebuilt: true }]);
  assert.deepEqual(named('peer-away').map(({ id }) => id), ['cyd']);
  assert.equal(call.peers.get('cyd').isAway, true);
  assert.equal(call.peers.get('bob').isAway, false);
  assert.deepEqual(FakePeerConnection.all, links);
  for (const name of ['peer-left', 'peer-joined', 'rejoined']) assert.deepEqual(named(name), []);
});

test('who comes back is told, and known by the link that goes on', async () => {
  const { call, named, socket } = await lost({ peers: [BOB, CYD] });
  socket.deliver(rebuilt([]));

  socket.deliver({ n: 1, type: 'peer-back', peer: peerOf('cyd'), polite: true });
  await settle();

  assert.deepEqual(named('peer-back').map(({ id }) => id), ['cyd']);
  assert.equal(call.peers.get('cyd').isAway, false);
  assert.equal(FakePeerConnection.all.length, 2);
});

test('when the grace time of a rebuilt room is over, who is not in it has left', async () => {
  const { call, named, socket } = await lost({ peers: [BOB, CYD] });
  socket.deliver(rebuilt([]));
  socket.deliver({ n: 1, type: 'peer-back', peer: peerOf('bob'), polite: true });

  socket.deliver({ n: 2, type: 'roster', peers: ['bob', 'ann'] });

  assert.deepEqual([...call.peers.keys()], ['bob']);
  assert.deepEqual(named('peer-left').map(({ peer, reason }) => [peer.id, reason]), [['cyd', 'lost']]);
});

test('a peer that came into the rebuilt room unseen is one that joined', async () => {
  const { named, socket } = await lost();

  socket.deliver(rebuilt([BOB, CYD]));
  socket.deliver({ n: 1, type: 'peer-back', peer: peerOf('dan'), polite: true });

  assert.deepEqual(named('peer-joined').map(({ id }) => id), ['cyd', 'dan']);
});

test('peers are away and back as the server says, and their links go on', async () => {
  const { call, named } = await joined({ peers: [BOB] });

  FakeWebSocket.last.deliver({ n: 1, type: 'peer-away', peer: 'bob' });
  assert.equal(call.peers.get('bob').isAway, true);
  FakeWebSocket.last.deliver({ n: 2, type: 'peer-back', peer: peerOf('bob'), polite: true });

  assert.deepEqual(named('peer-away').map(({ id }) => id), ['bob']);
  assert.deepEqual(named('peer-back').map(({ id }) => id), ['bob']);
  assert.equal(FakePeerConnection.all.length, 1);
});

test('a newcomer knows from its welcome who is away', async () => {
  const { call, events } = await joined({ peers: [{ ...BOB, away: true }] });

  assert.equal(call.peers.get('bob').isAway, true);
  assert.deepEqual(events, []);
});

for (const code of ['ticket_invalid', 'session_ended'])
  test(`${code}: hello is said with a fresh token on the same connection, and the application is told that it joined anew`, async () => {
    const tokens = ['one', 'two'];
    const { call, named, socket } = await lost({ token: () => tokens.shift() });
    const [old] = FakePeerConnection.all;

    socket.deliver(refusal(code));
    await settle();
    const [, hello] = socket.sentOf('hello');
    socket.deliver(welcomeOf('ann2', [BOB, CYD], { re: hello.id }));
    await settle();

    assert.equal(hello.token, 'two');
    assert.ok(!('ticket' in hello));
    assert.deepEqual(named('rejoined'), [{ reason: code }]);
    assert.deepEqual(named('resumed'), []);
    assert.equal(call.self.id, 'ann2');
    assert.deepEqual([...call.peers.keys()], ['bob', 'cyd']);
    assert.deepEqual(FakePeerConnection.all.map((pc) => pc.connectionState), ['closed', 'new', 'new']);
    assert.equal(old.connectionState, 'closed');
  });

test('who joins anew is told so first, and then of everybody; by then all of it is so', async () => {
  const { call, events, socket } = await lost({ token: () => 'a.b.c' });
  events.length = 0;
  let seen;
  call.on('state', () => (seen = [call.self.id, ...call.peers.keys()]));
  call.on('rejoined', () => call.send('hello', { to: 'cyd' }));

  socket.deliver(refusal('session_ended'));
  await settle();
  socket.deliver(welcomeOf('ann2', [CYD], { re: socket.sentOf('hello')[1].id }));
  await settle();

  assert.deepEqual(events.map(([name]) => name), ['state', 'rejoined', 'peer-left', 'peer-joined']);
  assert.deepEqual(seen, ['ann2', 'cyd']);
  assert.deepEqual(socket.sentOf('relay').filter(({ kind }) => kind === 'data').map(({ to }) => to), ['cyd']);
});

test('who is back in a rebuilt room is told so before who is away', async () => {
  const { events, socket } = await lost({ peers: [BOB, CYD] });
  events.length = 0;

  socket.deliver(rebuilt([BOB]));

  assert.deepEqual(events.map(([name]) => name), ['state', 'resumed', 'peer-away']);
});

test('who leaves on hearing of it hears nothing more', async () => {
  const { call, events, socket } = await lost({ peers: [BOB, CYD] });
  call.on('resumed', () => call.leave());
  events.length = 0;

  socket.deliver(rebuilt([BOB]));

  assert.deepEqual(events.map(([name, event]) => (name === 'state' ? event : name)), ['joined', 'resumed', 'ended', 'ended']);
});

test('a token that comes too late for that connection is used on the next', async () => {
  let give;
  const tokens = [() => 'one', () => new Promise((resolve) => (give = resolve)), () => 'three'];
  const { call, socket } = await lost({ token: () => tokens.shift()() });
  socket.deliver(refusal('session_ended'));
  await settle();

  socket.drop(4508);
  give('two');
  await platform.clock.advance(1000);
  await comeBack(welcomeOf('ann2'));

  assert.equal(FakeWebSocket.last.sent[0].token, 'three');
  assert.equal(call.state, 'joined');
});

for (const [code, closeCode] of [['kicked', 4504], ['replaced', 4505]])
  test(`a session that was ended for good (${code}) is not joined anew`, async () => {
    const { call, named, socket } = await lost({ token: () => 'a.b.c' });

    socket.deliver(refusal(code));
    socket.drop(closeCode);
    await platform.clock.advance(60_000);

    assert.equal(call.state, 'ended');
    assert.deepEqual(named('ended').map((event) => event.code), [code]);
    assert.equal(FakeWebSocket.all.length, 2);
  });

test('a server that stops before it has heard of our session does not end it', async () => {
  const { socket } = await lost();

  socket.deliver({ type: 'bye', code: 'shutting_down', action: 'rejoin', delayMs: 0 });
  socket.drop(1012);
  await platform.clock.advance(1000);
  FakeWebSocket.last.open();
  await settle();

  assert.notEqual(FakeWebSocket.last, socket);
  assert.equal(FakeWebSocket.last.sent[0].ticket, 'ticket of ann');
});

test('leaving while it comes back ends the coming back', async () => {
  const { call, socket } = await lost();

  call.leave();
  socket.deliver(resumed());
  await platform.clock.advance(60_000);

  assert.equal(call.state, 'ended');
  assert.equal(FakeWebSocket.all.length, 2);
  assert.deepEqual(platform.clock.waits, []);
});

test('a session whose token was over is joined anew where there is another token', async () => {
  const { call, named } = await joined({ token: () => 'a.b.c' });

  FakeWebSocket.last.deliver({ type: 'error', code: 'auth_expired', message: 'Over.' });
  FakeWebSocket.last.deliver({ type: 'bye', code: 'auth_expired', action: 'stop', delayMs: 0 });
  FakeWebSocket.last.drop(4502);
  await platform.clock.advance(500);
  await comeBack(welcomeOf('ann2', [], { re: undefined }));

  assert.equal(FakeWebSocket.last.sent[0].token, 'a.b.c');
  assert.equal(call.state, 'joined');
  assert.deepEqual(named('rejoined'), [{ reason: 'auth_expired' }]);
});

test('a ticket is nowhere but in the memory of the session (T-10)', async () => {
  const { call, events } = await joined();

  assert.ok(!JSON.stringify([call, events, FakeWebSocket.last.url]).includes('ticket of ann'));
});
