// lifetime.test.mjs - scenes of tokens that are used twice, of sessions that outlive theirs, and of fresh ones (T-10).
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';

import { comeBack, connectPeer, gather, killAndRestart, knockWith, mintToken, nowSeconds, openPeer, startServer } from './harness.mjs';

let server;
const serve = async (config) => (server = await startServer({ config }));
afterEach(() => server.stop());

/** What a token is answered with: 'welcome', or {error, close}. */
async function knock(room, token) {
  const peer = await openPeer(server, room);
  const answer = await peer.request({ type: 'hello', token });
  return answer.type === 'welcome' ? 'welcome' : peer.refusal();
}

describe('tokens that are good once (T-10)', () => {
  const mint = (over) => mintToken({ video: { room: 'once' }, ...over });

  test('the second use of a token is refused, also by who has another connection', async () => {
    await serve({ 'auth.one_time_tokens': true });
    const token = mint({ jti: 'first' });
    assert.equal(await knock('once', token), 'welcome');
    assert.deepEqual(await knock('once', token), { error: 'auth_used', close: 4501 });
    assert.equal(await knock('once', mint({ jti: 'second' })), 'welcome');
  });

  test('a token without a jti is refused, and one that is refused for something else is not used up', async () => {
    await serve({ 'auth.one_time_tokens': true });
    assert.deepEqual(await knock('once', mint()), { error: 'auth_claims', close: 4501 });
    const token = mint({ jti: 'third' });
    assert.deepEqual(await knock('elsewhere', token), { error: 'auth_room', close: 4503 });
    assert.equal(await knock('once', token), 'welcome');
  });

  test('a ticket needs no token, and a refresh uses one', async () => {
    await serve({ 'auth.one_time_tokens': true });
    const ann = await connectPeer(server, 'once', { jti: 'fourth' });
    const back = await comeBack(server, ann);
    const token = mint({ jti: 'fifth' });
    assert.equal((await back.request({ type: 'refresh', token })).type, 'ok');
    assert.deepEqual(await knock('once', token), { error: 'auth_used', close: 4501 });
  });

  test('are not asked for unless the operator does', async () => {
    await serve();
    const token = mint();
    assert.deepEqual([await knock('once', token), await knock('once', token)], ['welcome', 'welcome']);
  });
});

describe('a session (T-10)', () => {
  const SHORT = { 'auth.session_grace': '0s', 'rooms.grace': '60s' };
  /** Within the leeway of 30 s a token that is over is taken all the same, so that nothing has to wait here. */
  const soon = () => nowSeconds() + 2;

  test('ends when its token has been over for auth.session_grace, and is not to come back with its ticket', async () => {
    await serve(SHORT);
    const [bob, ann] = await gather(server, 'end', 'bob', { sub: 'ann', exp: soon() });

    const { code, action } = await ann.expect('bye');

    assert.deepEqual([code, action], ['auth_expired', 'stop']);
    assert.equal((await ann.closed()).code, 4502);
    assert.deepEqual(await bob.expect('peer-left'), { type: 'peer-left', peer: ann.id, reason: 'expired' });
    assert.equal((await knockWith(server, 'end', ann.ticket)).answer.code, 'session_ended');
  });

  test('is not prolonged by being away: who comes back when it is over is sent away', async () => {
    await serve(SHORT);
    const exp = soon();
    const [bob, ann, cyd] = await gather(server, 'away', 'bob', { sub: 'ann', exp }, { sub: 'cyd', exp });
    ann.vanish();
    assert.equal((await bob.expect('peer-left')).peer, cyd.id, 'the time of cyd, and of ann with it, is over');
    const back = await comeBack(server, ann);
    assert.equal((await back.expect('bye')).code, 'auth_expired');
    assert.equal((await bob.expect('peer-left')).reason, 'expired');
  });

  test('goes on for longer than its token where the operator allows it', async () => {
    await serve({ 'auth.session_grace': '1h' });
    const ann = await connectPeer(server, 'longer', { exp: nowSeconds() - 20 });
    assert.equal((await ann.request({ type: 'ping' })).type, 'pong');
    assert.equal((await comeBack(server, ann)).welcome.session, 'resumed');
  });

  test('is refreshed by a fresh token: a ticket follows, and the end moves', async () => {
    await serve(SHORT);
    const [bob, ann, cyd] = await gather(server, 'refresh', 'bob', { sub: 'ann', exp: soon() }, { sub: 'cyd', exp: soon() });
    const former = ann.ticket;

    assert.equal((await ann.request({ type: 'refresh', token: mintToken({ sub: 'ann', video: { room: 'refresh' } }) })).type, 'ok');

    assert.notEqual((await ann.expect('ticket')).ticket, former);
    assert.equal((await bob.expect('peer-left')).peer, cyd.id, 'cyd, whose token was as short, is gone');
    assert.equal((await ann.request({ type: 'ping' })).type, 'pong');
    server = await killAndRestart(server);
    assert.equal((await comeBack(server, ann)).id, ann.id);
  });

  for (const [name, claims, code] of [
    ['of somebody else', { sub: 'bob' }, 'not_permitted'],
    ['for another room', { video: { room: 'elsewhere' } }, 'auth_room'],
    ['that is over', { exp: 1 }, 'auth_expired'],
  ]) {
    test(`is not refreshed by a token ${name}, and goes on`, async () => {
      await serve();
      const [ann] = await gather(server, 'wrong', 'ann', 'bob');
      const answer = await ann.request({ type: 'refresh', token: mintToken({ sub: 'ann', ...claims, video: { room: 'wrong', ...claims.video } }) });
      assert.deepEqual([answer.type, answer.code], ['error', code]);
      assert.equal((await ann.request({ type: 'ping' })).type, 'pong');
    });
  }

  test('takes no grants from a token that refreshes it', async () => {
    await serve();
    const [ann, bob] = await gather(server, 'grants', 'ann', 'bob');
    await ann.request({ type: 'refresh', token: mintToken({ sub: 'ann', video: { room: 'grants', roomAdmin: true } }) });
    assert.equal((await ann.request({ type: 'kick', peer: bob.id })).code, 'not_permitted');
  });
});
