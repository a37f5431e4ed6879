// sessions.test.mjs - scenes of connections that break, and of peers that come back with their tickets (T-11, T-31).
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { comeBack, connectPeer, gather, knockWith, mintToken, openPeer, startServer } from './harness.mjs';

const isAbout = (peer) => (event) => event.peer === peer.id;
const bodiesOf = (messages) => messages.map(({ body }) => body);
const typesOf = (messages) => messages.map(({ type }) => type);

describe('a peer whose connection breaks', () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server.stop());

  test('is away and then back, never gone, and the same as before', async () => {
    const [ann, bob, cyd] = await gather(server, 'same', 'ann', { sub: 'bob', name: 'Bob', metadata: 'm', attributes: { seat: '3' } }, 'cyd');
    await bob.request({ type: 'update', media: { camera: true } });

    bob.vanish();
    for (const peer of [ann, cyd]) assert.deepEqual(await peer.expect('peer-away'), { type: 'peer-away', peer: bob.id });
    const back = await comeBack(server, bob);

    assert.equal(back.welcome.session, 'resumed');
    assert.deepEqual(back.welcome.self, { ...bob.welcome.self, media: { mic: false, camera: true, screen: false } });
    assert.deepEqual(back.welcome.peers.map(({ peer, polite, away }) => [peer.id, polite, away]), [[ann.id, true, false], [cyd.id, false, false]]);
    assert.deepEqual(await ann.expect('peer-back'), { type: 'peer-back', peer: back.welcome.self, polite: false });
    assert.deepEqual(await cyd.expect('peer-back'), { type: 'peer-back', peer: back.welcome.self, polite: true });
    for (const peer of [ann, cyd]) assert.ok(!typesOf(peer.heard).includes('peer-left'));
  });

  test('is said to be away to those who come meanwhile', async () => {
    const [ann] = await gather(server, 'meanwhile', 'ann', 'bob');
    ann.vanish();
    const cyd = await connectPeer(server, 'meanwhile', { sub: 'cyd' });
    assert.deepEqual(cyd.welcome.peers.map(({ peer, away }) => [peer.id, away])[0], [ann.id, true]);
  });

  test('gets what it missed once, in order, with numbers that go on, and the senders get their receipts', async () => {
    const [ann, bob, cyd] = await gather(server, 'missed', 'ann', 'bob', 'cyd');
    bob.vanish();
    await ann.expect('peer-away');

    for (let count = 0; count < 5; count++) ann.sendNumbered({ type: 'relay', to: bob.id, body: `ann ${count}` });
    await ann.everything();
    cyd.sendNumbered({ type: 'broadcast', body: 'cyd to all' });
    await cyd.request({ type: 'update', media: { mic: true } });
    const back = await comeBack(server, bob);

    const missed = await back.everything();
    assert.deepEqual(typesOf(missed), [...Array(5).fill('relay'), 'broadcast', 'peer-updated']);
    assert.deepEqual(bodiesOf(missed).slice(0, 6), ['ann 0', 'ann 1', 'ann 2', 'ann 3', 'ann 4', 'cyd to all']);
    assert.deepEqual(missed.map(({ n }) => n), missed.map((_, index) => bob.n + 1 + index));
    back.receipt();
    assert.deepEqual(await ann.expect('receipt', ({ from, seq }) => from === bob.id && seq === 5), { type: 'receipt', from: bob.id, seq: 5 });
    await cyd.expect('receipt', ({ from }) => from === bob.id);
    await back.request({ type: 'leave' });
    assert.ok(!(await ann.everything()).some(({ type }) => type === 'undelivered'));
  });

  test('settles with its hello what it had handled and not receipted, and does not hear it again', async () => {
    const [ann, bob] = await gather(server, 'got', 'ann', 'bob');
    for (let count = 1; count <= 3; count++) ann.sendNumbered({ type: 'relay', to: bob.id, body: count });
    const [, second] = [await bob.expect('relay'), await bob.expect('relay'), await bob.expect('relay')];
    bob.vanish();

    const back = await comeBack(server, bob, { got: second.n });

    assert.equal((await ann.expect('receipt')).seq, 2);
    assert.deepEqual(bodiesOf(await back.everything()), [3]);
  });

  test('is told how far the home had taken what it sent, and its repetitions are passed over', async () => {
    const [ann, bob] = await gather(server, 'accepted', 'ann', 'bob');
    for (let count = 1; count <= 3; count++) ann.sendNumbered({ type: 'relay', to: bob.id, body: count });
    await ann.everything();
    ann.vanish();

    const back = await comeBack(server, ann);
    assert.equal(back.welcome.accepted, 3);
    for (let seq = 1; seq <= 4; seq++) back.send({ type: 'relay', to: bob.id, body: seq, seq });
    await back.everything();

    assert.deepEqual(bodiesOf((await bob.everything()).filter(({ type }) => type === 'relay')), [1, 2, 3, 4]);
  });

  test('is away unseen where it is hidden', async () => {
    const [ann, eve] = await gather(server, 'hidden', 'ann', { sub: 'eve', video: { hidden: true } });
    eve.vanish();
    const back = await comeBack(server, eve);
    await ann.request({ type: 'broadcast', body: 'for who hears' });
    assert.equal((await back.expect('broadcast')).body, 'for who hears');
    assert.deepEqual(await ann.everything(), []);
  });

  test('T-31: takes its session over from a connection that still looks alive, and nothing is lost between the two', async () => {
    const [ann, bob] = await gather(server, 'takeover', 'ann', 'bob');
    const heardBefore = bob.n;
    bob.stopReading();
    for (let count = 0; count < 3; count++) ann.sendNumbered({ type: 'relay', to: bob.id, body: count });
    await ann.everything();

    const back = await comeBack(server, bob, { got: heardBefore });

    assert.deepEqual(bodiesOf(await back.everything()), [0, 1, 2]);
    assert.deepEqual(await ann.everything(), [], 'nobody is told of a change of connections');
    bob.goOnReading();
    assert.deepEqual((({ code, action }) => [code, action])(await bob.expect('bye')), ['taken_over', 'stop']);
    assert.equal((await bob.closed()).code, 4510);
    assert.deepEqual(await ann.everything(), [], 'the end of the former one is the end of nothing else');
    ann.send({ type: 'relay', to: bob.id, body: 'still here' });
    assert.equal((await back.expect('relay')).body, 'still here');
  });

  for (const code of [1000, 1001]) {
    test(`has left at once when its page is closed (${code}), and the senders are told`, async () => {
      const [ann, bob] = await gather(server, `closed-${code}`, 'ann', 'bob');
      ann.sendNumbered({ type: 'relay', to: bob.id, body: 1 });
      await bob.expect('relay');
      bob.socket.close(code);
      const end = [await ann.expect('undelivered'), await ann.expect('peer-left', isAbout(bob))];
      assert.deepEqual(end[0], { type: 'undelivered', peer: bob.id, first: 1, last: 1, reason: 'peer-left' });
      assert.equal(end[1].reason, 'left');
      assert.ok(end[0].n < end[1].n, 'what becomes of messages is told before the peer is gone');
      const { answer } = await knockWith(server, bob.room, bob.ticket);
      assert.equal(answer.code, 'session_ended');
    });
  }
});

describe('a peer that does not come back', () => {
  let server;
  afterEach(() => server.stop());

  test('has left when the grace time is over, and what was kept for it has expired', async () => {
    server = await startServer({ config: { 'rooms.grace': '1s' } });
    const [ann, bob] = await gather(server, 'over', 'ann', 'bob');
    bob.vanish();
    await ann.expect('peer-away');
    for (let count = 0; count < 3; count++) ann.sendNumbered({ type: 'relay', to: bob.id, body: count });

    assert.deepEqual(await ann.expect('undelivered'), { type: 'undelivered', peer: bob.id, first: 1, last: 3, reason: 'expired' });
    assert.deepEqual(await ann.expect('peer-left'), { type: 'peer-left', peer: bob.id, reason: 'lost' });
    const { answer } = await knockWith(server, 'over', bob.ticket);
    assert.equal(answer.code, 'session_ended');
  });

  test('has left at once where there is no grace time', async () => {
    server = await startServer({ config: { 'rooms.grace': '0s' } });
    const [ann, bob] = await gather(server, 'none', 'ann', 'bob');
    assert.equal(ann.welcome.grace, 0);
    bob.vanish();
    assert.deepEqual(await ann.expect('peer-left'), { type: 'peer-left', peer: bob.id, reason: 'lost' });
    assert.ok(!typesOf(ann.heard).includes('peer-away'));
  });
});

describe('a ticket (T-11)', () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server.stop());

  /** Shows a ticket that is to be refused, and then a token on the same connection, as who is somebody else. */
  async function assertRefused(where, room, ticket, code, former) {
    const { peer, answer } = await knockWith(where, room, ticket);
    assert.deepEqual([answer.type, answer.code], ['error', code]);
    await peer.hello(mintToken({ sub: 'dan', video: { room } }));
    assert.equal(peer.welcome.session, 'new');
    assert.notEqual(peer.id, former.id);
    await peer.leave();
  }

  test('is spent once the next one is used', async () => {
    const [ann] = await gather(server, 'spent', 'ann');
    const back = await comeBack(server, ann);
    await back.request({ type: 'update', media: { mic: true } });
    assert.notEqual(back.ticket, ann.ticket);
    const { answer } = await knockWith(server, 'spent', ann.ticket);
    assert.equal(answer.code, 'session_ended');
    assert.equal((await back.request({ type: 'ping' })).type, 'pong', 'and who holds the session keeps it');
  });

  test('is good again when the welcome that it brought was lost', async () => {
    const [ann] = await gather(server, 'lost', 'ann');
    for (let time = 0; time < 3; time++) {
      const unheard = await comeBack(server, ann);
      unheard.vanish();
    }
    const back = await comeBack(server, ann);
    assert.deepEqual([back.id, back.welcome.session], [ann.id, 'resumed']);
  });

  test('that was tampered with is refused, wherever that was', async () => {
    const [ann] = await gather(server, 'tampered', 'ann');
    const bytes = Buffer.from(ann.ticket, 'base64url');
    for (let index = 0; index < bytes.length; index += 7) {
      const changed = Buffer.from(bytes);
      changed[index] ^= 1;
      await assertRefused(server, 'tampered', changed.toString('base64url'), 'ticket_invalid', ann);
    }
    for (const text of ['x', ann.ticket.slice(0, -1), `${ann.ticket}A`, `${ann.ticket}=`, ann.ticket.repeat(2)]) {
      await assertRefused(server, 'tampered', text, 'ticket_invalid', ann);
    }
  });

  test('is good for its own room alone', async () => {
    const [ann] = await gather(server, 'here', 'ann');
    await assertRefused(server, 'there', ann.ticket, 'ticket_invalid', ann);
  });

  test('is good for its own servers alone: those with the same key', async () => {
    const other = await startServer();
    const [ann] = await gather(server, 'keys', 'ann');
    await assertRefused(other, 'keys', ann.ticket, 'ticket_invalid', ann);
    await other.stop();
  });
});

describe('who tries tickets (T-11)', () => {
  let server;
  after(() => server.stop());

  test('is slowed down as one who joins, and who has a good one elsewhere is not', async () => {
    server = await startServer({ config: { 'limits.address_joins_burst': 8, 'limits.address_joins_per_s': 1 } });
    let [ann] = await gather(server, 'guess', 'ann');
    const guesser = await openPeer(server, 'guess', { localAddress: '127.0.0.66' });
    const codes = [];
    for (let time = 0; time < 12; time++) codes.push((await guesser.request({ type: 'hello', ticket: `guess${time}` })).code);
    assert.deepEqual([codes[0], codes.at(-1)], ['ticket_invalid', 'rate_limited']);
    for (let time = 0; time < 20; time++) ann = await comeBack(server, ann);
    assert.equal(ann.welcome.session, 'resumed');
  });
});
