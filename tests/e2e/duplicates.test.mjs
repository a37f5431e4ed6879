// duplicates.test.mjs - scenes of one identity that joins a room twice: the operator says what becomes of that.
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';

import { comeBack, connectPeer, gather, knockWith, mintToken, openPeer, startServer } from './harness.mjs';

let server;
const serve = async (policy) => (server = await startServer({ config: { 'rooms.duplicate_identity': policy } }));
afterEach(() => server.stop());

/** What somebody who joins as ann is told: {error, close}. */
async function refusalOfAnn(room) {
  const again = await openPeer(server, room);
  again.send({ type: 'hello', token: mintToken({ sub: 'ann', video: { room } }) });
  return again.refusal();
}

describe('replace', () => {
  test('ends the former session, which is told so and stays away; the others hear that one went and one came', async () => {
    await serve('replace');
    const [ann, bob] = await gather(server, 'replace', 'ann', 'bob');
    bob.sendNumbered({ type: 'relay', to: ann.id, body: 'to the former one' });

    const again = await connectPeer(server, 'replace', { sub: 'ann' });

    const { code, action } = await ann.expect('bye');
    assert.deepEqual([code, action], ['replaced', 'stop']);
    assert.equal((await ann.closed()).code, 4505);
    assert.notEqual(again.id, ann.id);
    assert.equal((await bob.expect('undelivered')).reason, 'peer-left');
    assert.deepEqual(await bob.expect('peer-left'), { type: 'peer-left', peer: ann.id, reason: 'replaced' });
    assert.equal((await bob.expect('peer-joined')).peer.id, again.id);
    assert.deepEqual(again.welcome.peers.map(({ peer }) => peer.identity), ['bob']);
    assert.equal((await knockWith(server, 'replace', ann.ticket)).answer.code, 'replaced');
  });

  test('replaces one who is away as well', async () => {
    await serve('replace');
    const [ann, bob] = await gather(server, 'away', 'ann', 'bob');
    ann.vanish();
    await bob.expect('peer-away');
    const again = await connectPeer(server, 'away', { sub: 'ann' });
    assert.deepEqual(await bob.expect('peer-left'), { type: 'peer-left', peer: ann.id, reason: 'replaced' });
    assert.deepEqual(again.welcome.peers.map(({ peer }) => peer.id), [bob.id]);
  });

  test('leaves rooms apart, and other identities', async () => {
    await serve('replace');
    const [ann] = await gather(server, 'here', 'ann', 'bob');
    await connectPeer(server, 'there', { sub: 'ann' });
    await connectPeer(server, 'here', { sub: 'Ann' });
    assert.deepEqual((await ann.everything()).map(({ type }) => type), ['peer-joined']);
  });

  test('is what happens unless the operator says otherwise', async () => {
    server = await startServer();
    const [ann] = await gather(server, 'default', 'ann');
    await connectPeer(server, 'default', { sub: 'ann' });
    assert.equal((await ann.closed()).code, 4505);
  });

  test('a room that is full has a place for who replaces', async () => {
    server = await startServer({ config: { 'rooms.capacity': 2 } });
    const [ann, bob] = await gather(server, 'full', 'ann', 'bob');
    const again = await connectPeer(server, 'full', { sub: 'ann' });
    assert.deepEqual(again.welcome.peers.map(({ peer }) => peer.id), [bob.id]);
    assert.equal((await ann.closed()).code, 4505);
  });
});

describe('reject', () => {
  test('refuses the new session while the former is there', async () => {
    await serve('reject');
    const [ann, bob] = await gather(server, 'reject', 'ann', 'bob');
    assert.deepEqual(await refusalOfAnn('reject'), { error: 'identity_taken', close: 4505 });
    for (const peer of [ann, bob]) assert.deepEqual(await peer.everything(), []);
  });

  test('lets the new one in where the former is away, and ends that', async () => {
    await serve('reject');
    const [ann, bob] = await gather(server, 'away', 'ann', 'bob');
    ann.vanish();
    await bob.expect('peer-away');
    const again = await connectPeer(server, 'away', { sub: 'ann' });
    assert.deepEqual(await bob.expect('peer-left'), { type: 'peer-left', peer: ann.id, reason: 'replaced' });
    assert.equal((await bob.expect('peer-joined')).peer.id, again.id);
    assert.equal((await knockWith(server, 'away', ann.ticket)).answer.code, 'replaced');
  });

  test('does not refuse who comes back with the ticket', async () => {
    await serve('reject');
    const [ann] = await gather(server, 'ticket', 'ann');
    const back = await comeBack(server, ann);
    assert.equal(back.id, ann.id);
    assert.equal((await ann.closed()).code, 4510);
  });
});

describe('allow', () => {
  test('keeps both, as peers of their own, and each comes back as itself', async () => {
    await serve('allow');
    const [ann, twin] = await gather(server, 'allow', 'ann', 'ann');
    assert.notEqual(ann.id, twin.id);
    const [annBack, twinBack] = [await comeBack(server, ann), await comeBack(server, twin)];
    assert.deepEqual([annBack.id, twinBack.id], [ann.id, twin.id]);
    annBack.send({ type: 'relay', to: twin.id, body: 'hello me' });
    assert.equal((await twinBack.expect('relay')).from, ann.id);
  });
});
