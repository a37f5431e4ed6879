// restart.test.mjs - scenes of a server that dies and is started again: calls go on, and the kicked stay out (T-66, T-67).
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';

import { comeBack, connectPeer, folderWith, gather, killAndRestart, knockWith, mintToken, plant, restart, startServer } from './harness.mjs';

const REVOKED = 'revoked';
const ADMIN = { sub: 'ann', video: { roomAdmin: true } };

let server;
const serve = async (config) => (server = await startServer({ config }));
const killAndReturn = async (config) => (server = await killAndRestart(server, config));
afterEach(() => server.stop());

const stateOf = ({ options }) => options.config['server.state_dir'];
const rolesOf = ({ peers }) => Object.fromEntries(peers.map(({ peer, polite }) => [peer.identity, polite]));
const typesOf = ({ heard }) => heard.map(({ type }) => type);

/** The code that a ticket is answered with, and the close code if the connection is closed then. */
async function refusalOf(room, ticket) {
  const { peer, answer } = await knockWith(server, room, ticket);
  return [answer.code, answer.code === 'ticket_invalid' || answer.code === 'session_ended' ? null : (await peer.closed()).code];
}

describe('a server that is killed with -9 and started again', () => {
  test('has the same peers, with the same ids, and the same one of each pair is polite', async () => {
    await serve();
    const people = await gather(server, 'call', 'ann', { sub: 'bob', name: 'Bob', metadata: 'm', attributes: { seat: '3' } }, 'cyd');

    await killAndReturn();
    const [cyd, ann, bob] = [await comeBack(server, people[2]), await comeBack(server, people[0]), await comeBack(server, people[1])];

    assert.deepEqual([ann, bob, cyd].map(({ welcome }) => welcome.session), Array(3).fill('rebuilt'));
    assert.deepEqual([ann, bob, cyd].map(({ welcome }) => welcome.self), people.map(({ welcome }) => welcome.self));
    assert.deepEqual(rolesOf(bob.welcome), { ann: true, cyd: false });
    assert.deepEqual(rolesOf(ann.welcome), { cyd: false });
    const seen = [await cyd.expect('peer-back'), await cyd.expect('peer-back')].map(({ peer, polite }) => [peer.identity, polite]);
    assert.deepEqual(seen, [['ann', true], ['bob', true]]);
    const late = await connectPeer(server, 'call', { sub: 'dan' });
    assert.deepEqual(rolesOf(late.welcome), { ann: true, bob: true, cyd: true });
    assert.deepEqual(late.welcome.peers.map(({ peer }) => peer.identity), ['ann', 'bob', 'cyd']);
    for (const peer of [ann, bob, cyd]) assert.ok(!typesOf(peer).includes('peer-left'));
  });

  test('keeps what is sent to who is not back yet, and delivers it', async () => {
    await serve();
    const [ann, bob, cyd] = await gather(server, 'kept', 'ann', 'bob', 'cyd');
    ann.sendNumbered({ type: 'relay', to: bob.id, body: 'before' });
    await bob.expect('relay');
    bob.receipt();
    await ann.expect('receipt');

    await killAndReturn();
    const annBack = await comeBack(server, ann);
    annBack.sendNumbered({ type: 'relay', to: bob.id, body: 'after' });
    annBack.sendNumbered({ type: 'broadcast', to: [bob.id, cyd.id], body: 'to both' });
    await annBack.expect('ok', ({ seq }) => seq === 3);
    const bobBack = await comeBack(server, bob);
    const cydBack = await comeBack(server, cyd);

    assert.deepEqual([await bobBack.expect('relay'), await bobBack.expect('broadcast')].map(({ body, seq }) => [body, seq]), [['after', 2], ['to both', 3]]);
    assert.equal((await cydBack.expect('broadcast')).body, 'to both');
    bobBack.receipt();
    assert.equal((await annBack.expect('receipt', ({ from }) => from === bob.id)).seq, 3);
  });

  test('tells when the grace time is over who is there, and the senders what has expired', async () => {
    await serve({ 'rooms.grace': '2s' });
    const [ann, bob, cyd] = await gather(server, 'roster', 'ann', 'bob', 'cyd');
    await killAndReturn();
    const [annBack, cydBack] = [await comeBack(server, ann), await comeBack(server, cyd)];
    annBack.sendNumbered({ type: 'relay', to: bob.id, body: 'in vain' });

    const roster = await annBack.expect('roster');
    const lost = await annBack.expect('undelivered');

    assert.deepEqual([...roster.peers].sort(), [ann.id, cyd.id].sort());
    assert.deepEqual(lost, { type: 'undelivered', peer: bob.id, first: 1, last: 1, reason: 'expired' });
    assert.ok(lost.n < roster.n);
    assert.deepEqual(await cydBack.expect('roster'), roster);
    assert.deepEqual(await refusalOf('roster', bob.ticket), ['session_ended', null]);
  });

  test('is the same after it was stopped as after it was killed', async () => {
    await serve();
    const people = await gather(server, 'stopped', 'ann', 'bob');
    await server.stop();
    server = await restart(server);
    const [bob, ann] = [await comeBack(server, people[1]), await comeBack(server, people[0])];
    assert.deepEqual([ann, bob].map(({ id, welcome }) => [id, welcome.session]), people.map(({ id }) => [id, 'rebuilt']));
  });

  for (const [name, choose] of [
    ['with its second ticket', (first, second) => second],
    ['with its first one, where it never saw the second', (first) => first],
  ]) {
    test(`and killed once more: who had come back comes back ${name}`, async () => {
      await serve();
      const [ann] = await gather(server, 'twice', 'ann');
      await killAndReturn();
      const second = await comeBack(server, ann);
      await killAndReturn();
      const back = await comeBack(server, choose(ann, second));
      assert.deepEqual([back.id, back.welcome.session], [ann.id, 'rebuilt']);
    });
  }
});

describe('the key of tickets', () => {
  test('is made at the first start, in a directory of mode 0700 and a file of mode 0600', async () => {
    const state = join(folderWith(), 'made', 'here');
    await serve({ 'server.state_dir': state });
    assert.equal(statSync(state).mode & 0o777, 0o700);
    const files = readdirSync(state);
    assert.ok(files.includes('ticket.key'));
    for (const name of files) assert.equal(statSync(join(state, name)).mode & 0o777, 0o600, name);
  });

  test('is planted, and never logged', async () => {
    await serve();
    plant('ticket key', readFileSync(join(stateOf(server), 'ticket.key'), 'utf8').trim());
    await server.stop();
  });

  test('another one: its tickets are refused, and a token on the same connection is good', async () => {
    await serve();
    const [ann] = await gather(server, 'changed', 'ann');
    await server.kill();
    rmSync(join(stateOf(server), 'ticket.key'));
    server = await restart(server);
    const { peer, answer } = await knockWith(server, 'changed', ann.ticket);
    assert.equal(answer.code, 'ticket_invalid');
    await peer.hello(mintToken({ sub: 'ann', video: { room: 'changed' } }));
    assert.equal(peer.welcome.session, 'new');
  });

  test('may stand in the configuration, the same for several servers, and be replaced by and by', async () => {
    const [first, second] = ['one', 'two'].map((word) => plant('cluster key', `a-cluster-key-of-the-tests-number-${word}`));
    const start = async (key) => (server = await startServer({ env: { PARLEY_CLUSTER_KEY: key } }));
    const [ann] = await gather(await start(first), 'cluster', 'ann');
    await server.kill();

    const moved = await comeBack(await start(`${second},${first}`), ann);
    await server.kill();
    const again = await comeBack(await start(second), moved);

    assert.deepEqual([moved.id, again.id], [ann.id, ann.id]);
    assert.deepEqual(await refusalOf('cluster', ann.ticket), ['ticket_invalid', null]);
  });
});

describe('who was sent away stays away (T-67)', () => {
  test('the ticket of a kicked peer is refused before and after a restart, and what it had sent is withdrawn', async () => {
    await serve();
    const [ann, bob, cyd] = await gather(server, 'kick', ADMIN, 'bob', 'cyd');
    cyd.vanish();
    await ann.expect('peer-away');
    bob.sendNumbered({ type: 'relay', to: cyd.id, body: 'from the kicked' });
    await bob.everything();

    await ann.request({ type: 'kick', peer: bob.id });
    assert.equal((await bob.closed()).code, 4504);
    assert.deepEqual(await refusalOf('kick', bob.ticket), ['kicked', 4504]);
    const back = await comeBack(server, cyd);
    assert.deepEqual((await back.everything()).map(({ type }) => type), ['peer-left']);

    await killAndReturn();
    const again = await comeBack(server, ann);
    assert.deepEqual(await refusalOf('kick', bob.ticket), ['kicked', 4504]);
    assert.deepEqual(await again.everything(), []);
  });

  test('so is one that was replaced', async () => {
    await serve();
    const [ann] = await gather(server, 'replaced', 'ann');
    await connectPeer(server, 'replaced', { sub: 'ann' });
    assert.equal((await ann.closed()).code, 4505);
    assert.deepEqual(await refusalOf('replaced', ann.ticket), ['replaced', 4505]);
    await killAndReturn();
    assert.deepEqual(await refusalOf('replaced', ann.ticket), ['replaced', 4505]);
  });

  for (const [name, garbage] of [
    ['text', 'this is no entry\n\n \n,,,\n'],
    ['bytes', Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 256))],
    ['a line without an end', 'x'.repeat(100_000)],
  ]) {
    test(`T-66: ${name} in the file of the kicked does not stop the start, and who is in it stays out`, async () => {
      await serve();
      const [ann, bob] = await gather(server, 'garbage', ADMIN, 'bob');
      await ann.request({ type: 'kick', peer: bob.id });
      await server.kill();
      appendFileSync(join(stateOf(server), REVOKED), garbage);

      for (let start = 0; start < 2; start++) {
        server = await restart(server);
        assert.deepEqual(await refusalOf('garbage', bob.ticket), ['kicked', 4504]);
        assert.equal((await comeBack(server, ann)).id, ann.id);
        await server.kill();
      }
    });
  }

  test('T-66: nor does a file that holds nothing but garbage', async () => {
    await serve();
    const [ann] = await gather(server, 'nothing', 'ann');
    await server.kill();
    writeFileSync(join(stateOf(server), REVOKED), Buffer.alloc(10_000, 0xff));
    server = await restart(server);
    assert.equal((await comeBack(server, ann)).id, ann.id);
  });
});
