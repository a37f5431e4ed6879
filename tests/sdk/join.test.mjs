// join.test - what an application may give to join(), what it is told when that makes no sense, and a crowded server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comeBack, joined, platform, startJoin } from './call_scene.mjs';
import { FakeWebSocket, settle, welcomeOf } from './fakes.mjs';

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const tokenOf = (claims) => `${part({ alg: 'HS256' })}.${part(claims)}.c2ln`;
const crowded = (id, more = {}) => ({ type: 'error', re: id, code: 'rate_limited', message: 'Too many joins.', retryAfterMs: 2000, ...more });

/** A connection that is open and has said hello, with what join() will come to. */
async function greeting(options) {
  const joining = startJoin(options);
  await settle();
  FakeWebSocket.last.open();
  await settle();
  return { joining, socket: FakeWebSocket.last };
}

test('a room may be left out: the token names it', async () => {
  await joined({ room: undefined, token: tokenOf({ name: 'Zoë', video: { room: 'team@daily', roomJoin: true } }) });

  assert.equal(FakeWebSocket.last.url, 'wss://call.example/v1/rooms/team@daily/ws');
});

test('a function is asked for its token once, also when the room comes from it', async () => {
  const tokens = [tokenOf({ video: { room: 'tea' } }), 'second'];

  await joined({ room: undefined, token: async () => tokens.shift() });

  assert.equal(FakeWebSocket.last.url, 'wss://call.example/v1/rooms/tea/ws');
  assert.deepEqual(tokens, ['second']);
});

test('a room that is given, in whatever way, stands before that of the token', async () => {
  const token = tokenOf({ video: { room: 'milk' } });

  await joined({ token });
  assert.equal(FakeWebSocket.last.url, 'wss://call.example/v1/rooms/tea/ws');
  await joined({ token, room: undefined, url: 'https://call.example/v1/rooms/cake/ws' });

  assert.equal(FakeWebSocket.last.url, 'wss://call.example/v1/rooms/cake/ws');
});

for (const token of ['a.b.c', 'no jwt', tokenOf(null), tokenOf({ video: {} }), tokenOf({ video: { room: '../admin' } }), tokenOf({ video: { room: 7 } })])
  test(`there is no room in ${token.slice(0, 60)}`, async () => {
    await assert.rejects(startJoin({ room: undefined, token }), { code: 'bad_message', field: 'room' });
    assert.equal(FakeWebSocket.all.length, 0);
  });

for (const [what, token] of [['nothing', undefined], ['null', null], ['an empty text', ''], ['a number', 7], ['a function of nothing', () => undefined], ['a function of an empty text', async () => '']])
  test(`${what} is no token, which is said before anything is connected`, async () => {
    await assert.rejects(startJoin({ token }), { name: 'ParleyError', code: 'bad_message', field: 'token', message: /`token`/ });
    assert.equal(FakeWebSocket.all.length, 0);
  });

for (const url of ['call.example', 'localhost:8080', 'ftp://call.example', 'javascript:alert(1)', '/v1', '', undefined])
  test(`"${url}" is no url`, async () => {
    await assert.rejects(startJoin({ url }), { code: 'bad_message', message: 'url must begin with wss:, ws:, https: or http:' });
  });

test('a server that refuses to open names the two reasons that there may be', async () => {
  const joining = startJoin();
  await settle();

  FakeWebSocket.last.drop(1006);

  await assert.rejects(joining, { code: 'unreachable', message: /is down.*server\.allowed_origins/ });
});

test('a bad message is told with its field', async () => {
  const { joining, socket } = await greeting({ name: 'x'.repeat(300) });

  socket.deliver({ type: 'error', re: 1, code: 'bad_message', message: 'A field is too long.', field: 'name' });

  await assert.rejects(joining, { code: 'bad_message', field: 'name', message: /too long.*name/ });
});

test('where too many join at once, hello is said again on the same connection, later each time', async () => {
  const { joining, socket } = await greeting();

  socket.deliver(crowded(1));
  await settle();
  assert.ok(platform.clock.waits.includes(3000), 'the server\'s 2 s and 1 s of jitter');
  await platform.clock.advance(3000);
  socket.deliver(crowded(2));
  await platform.clock.advance(3999);
  assert.equal(socket.sentOf('hello').length, 2);
  await platform.clock.advance(1);
  socket.deliver(welcomeOf('ann', [], { re: 3 }));

  const call = await joining;
  assert.equal(call.state, 'joined');
  assert.deepEqual(socket.sentOf('hello').map(({ token }) => token), ['a.b.c', 'a.b.c', 'a.b.c']);
  assert.equal(FakeWebSocket.all.length, 1);
});

test('a first join gives up after a minute of that, and says why', async () => {
  const { joining, socket } = await greeting();
  const isRefused = assert.rejects(joining, { code: 'rate_limited' });

  for (let at = 0, refused = 0; at < 60; at += 1) {
    const hellos = socket.sentOf('hello');
    if (hellos.length > refused) socket.deliver(crowded(hellos[refused++].id));
    await platform.clock.advance(1000);
  }

  await isRefused;
  assert.equal(socket.closedWith, 1000);
  assert.ok(socket.sentOf('hello').length > 5);
  assert.deepEqual(platform.clock.waits, []);
});

test('a wait beyond that minute is not begun', async () => {
  const { joining, socket } = await greeting();

  socket.deliver(crowded(1, { retryAfterMs: 600_000 }));

  await assert.rejects(joining, { code: 'rate_limited', retryAfterMs: 600_000 });
  assert.deepEqual(platform.clock.waits, []);
});

test('who was in the call before waits in the same way, and goes on trying when the minute is over', async () => {
  const { call, named } = await joined();
  FakeWebSocket.last.drop(1012);
  await platform.clock.advance(500);
  FakeWebSocket.last.open();
  await settle();
  const crowd = FakeWebSocket.last;

  crowd.deliver(crowded(2, { retryAfterMs: 59_000 }));
  await platform.clock.advance(60_000);
  assert.equal(call.state, 'reconnecting');
  await platform.clock.advance(1000);
  assert.notEqual(FakeWebSocket.last, crowd);
  await comeBack(welcomeOf('ann2', [], { re: undefined }));

  assert.equal(call.state, 'joined');
  assert.deepEqual(named('ended'), []);
});

test('leaving while hello waits ends the waiting', async () => {
  const abort = new AbortController();
  const { joining, socket } = await greeting({ signal: abort.signal });
  socket.deliver(crowded(1));
  await settle();

  abort.abort();

  await assert.rejects(joining, { code: 'aborted' });
  assert.deepEqual(platform.clock.waits, []);
});
