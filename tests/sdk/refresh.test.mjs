// refresh.test - a session gets a fresh token before the present one expires.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comeBack, joined, platform } from './call_scene.mjs';
import { FakeWebSocket, settle, welcomeOf } from './fakes.mjs';

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const tokenOf = (claims) => `${part({ alg: 'HS256' })}.${part({ video: { room: 'tea' }, ...claims })}.c2ln`;
const seconds = () => platform.clock.now / 1000;
const refreshes = () => FakeWebSocket.all.flatMap((socket) => socket.sentOf('refresh'));

/** Tokens that are good for ten minutes; `made` holds them. */
function issuer(lifetime = 600) {
  const made = [];
  const issue = () => {
    made.push(tokenOf({ jti: String(made.length), exp: seconds() + lifetime }));
    return made[made.length - 1];
  };
  return { made, issue };
}

/** Answers pings for so long, so that the connection is kept. */
async function live(ms) {
  for (let left = ms; left > 0; left -= 10_000) {
    await platform.clock.advance(Math.min(left, 10_000));
    const socket = FakeWebSocket.last;
    for (const { id } of socket.sentOf('ping')) socket.deliver({ type: 'pong', re: id });
  }
}

test('a minute before the token expires, or somewhat sooner, the session is shown a fresh one', async () => {
  platform.random = () => 0;
  const { made, issue } = issuer();
  await joined({ token: issue });

  await live(530_000);
  assert.deepEqual(refreshes(), []);
  await live(20_000);

  assert.deepEqual(refreshes().map(({ token }) => token), [made[1]]);
  assert.equal(made.length, 2);
});

test('the next one is asked for before that one expires', async () => {
  platform.random = () => 0;
  const { made, issue } = issuer();
  await joined({ token: issue });
  for (let i = 1; i <= 3; i += 1) {
    await live(550_000);
    FakeWebSocket.last.deliver({ n: i, type: 'ok', re: refreshes()[i - 1].id });
    await settle();
  }

  assert.deepEqual(refreshes().map(({ token }) => token), made.slice(1));
  assert.equal(made.length, 4);
});

test('not all are renewed at one time', async () => {
  const at = [];
  for (const random of [0, 1]) {
    platform.random = () => random;
    const before = platform.clock.now;
    await joined({ token: issuer().issue });
    at.push(Math.max(...platform.clock.waits.filter((wait) => wait > 60_000)) + platform.clock.now - before);
  }

  assert.deepEqual(at, [540_000, 540_000]);
  assert.ok(platform.clock.waits.includes(432_000), `${platform.clock.waits}`);
});

test('a clock that is wrong by hours does not keep the token from being renewed in time', async () => {
  platform.random = () => 0;
  for (const skew of [-7200, 7200]) {
    await joined({ token: () => tokenOf({ iat: seconds() + skew, exp: seconds() + skew + 600 }) });
    assert.ok(platform.clock.waits.includes(540_000), `${skew}: ${platform.clock.waits}`);
  }
});

test('a failure is a warning, and it is tried again', async () => {
  platform.random = () => 0;
  const { issue } = issuer();
  const tokens = [issue, () => Promise.reject(new Error('no network')), issue];
  const { call, named } = await joined({ token: () => tokens.shift()() });

  await live(545_000);
  assert.deepEqual(named('warning').map(({ code }) => code), ['unreachable']);
  await live(10_000);
  assert.equal(refreshes().length, 1);
  FakeWebSocket.last.deliver({ n: 1, type: 'error', re: refreshes()[0].id, code: 'auth_expired', message: 'No.' });
  await settle();

  assert.deepEqual(named('warning').map(({ code }) => code), ['unreachable', 'auth_expired']);
  assert.equal(call.state, 'joined');
  assert.ok(platform.clock.waits.includes(20_000));
});

test('a token that is a text is never renewed', async () => {
  const token = tokenOf({ exp: seconds() + 600 });
  await joined({ token });

  await live(700_000);

  assert.deepEqual(refreshes(), []);
});

test('coming back with a ticket asks for no token, and keeps the time of the next', async () => {
  platform.random = () => 0;
  const { made, issue } = issuer();
  await joined({ token: issue });
  await live(100_000);
  FakeWebSocket.last.drop(1006);
  await platform.clock.advance(500);
  await comeBack(welcomeOf('ann', [], { session: 'resumed', re: undefined }));
  assert.equal(made.length, 1);

  await live(450_000);

  assert.equal(refreshes().length, 1);
});

test('who left renews nothing', async () => {
  const { call } = await joined({ token: issuer().issue });

  call.leave();

  assert.deepEqual(platform.clock.waits, []);
});
