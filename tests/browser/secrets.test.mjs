// secrets.test - negative controls of the harness: a log that tells of a call is noticed (T-02).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeLog } from './harness.mjs';
import { leaksIn, rememberSecretsIn, rememberSecretsOf, rememberedCount } from './secrets.mjs';

for (const [kind, line] of [
  ['a token', '{"event":"hello","token":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln"}'],
  ['SDP', 'event=relay body="a=ice-ufrag:abcd"'],
  ['SDP', 'event=relay body="a=fingerprint:sha-256 AB:CD"'],
  ['a candidate', 'event=relay body="candidate:1 1 udp 1 192.0.2.1 5 typ host"'],
]) {
  test(`a log with ${line.slice(0, 40)} is noticed`, () => assert.throws(() => judgeLog(line), new RegExp(`holds ${kind}`)));
}

test('a sanitizer that speaks is noticed', () => assert.throws(() => judgeLog('x.c:1:1: runtime error: overflow'), /log/));

test('secrets of the environment and of messages are known by their text', () => {
  rememberSecretsOf({ PARLEY_TURN_SERVERS_0_SECRET: 'a-shared-secret-of-coturn', PATH: '/usr/bin:/usr/local/bin' });
  const listeners = {};
  const socket = { on: (event, listener) => (listeners[event] = listener) };
  rememberSecretsIn({ on: (_, listener) => listener(socket) });
  listeners.framereceived({ payload: JSON.stringify({ type: 'welcome', iceServers: [{ urls: [] }, { credential: 'p4ssw0rd-of-turn=' }] }) });
  listeners.framesent({ payload: JSON.stringify({ type: 'hello', token: 'token.of.somebody' }) });

  for (const secret of ['a-shared-secret-of-coturn', 'p4ssw0rd-of-turn=', 'token.of.somebody']) assert.throws(() => judgeLog(`x ${secret} y`), /holds/);
  assert.equal(rememberedCount('a TURN password'), 1);
  assert.deepEqual(leaksIn('nothing of /usr/bin:/usr/local/bin'), []);
});
