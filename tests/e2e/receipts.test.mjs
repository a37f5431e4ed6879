// receipts.test.mjs - scenes of numbered messages: each is handled once and receipted, or its sender is told why not.
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { setTimeout as asLongAsTold } from 'node:timers/promises';

import { comeBack, connectPeer, gather, meet, startServer } from './harness.mjs';

let server;
const serve = async (config) => (server = await startServer({ config }));
afterEach(() => server.stop());

const ADMIN = { sub: 'ann', video: { roomAdmin: true } };
const SMALL = { 'limits.mailbox_messages': 32, 'limits.outbox_messages': 32 };
const tell = (sender, addressee, body = 'hi') => sender.sendNumbered({ type: 'relay', to: addressee.id, body });
const undelivered = (peer, first, last, reason) => ({ type: 'undelivered', peer: peer.id, first, last, reason });
const seqsOf = (messages) => messages.map(({ seq }) => seq);

describe('a receipt', () => {
  test('comes when the addressee says got, and not before', async () => {
    await serve();
    const [ann, bob] = await gather(server, 'plain', 'ann', 'bob');
    tell(ann, bob);
    await bob.expect('relay', ({ from, seq }) => from === ann.id && seq === 1);
    assert.deepEqual(await ann.everything(), []);
    bob.receipt();
    assert.deepEqual(await ann.expect('receipt'), { type: 'receipt', from: bob.id, seq: 1 });
  });

  test('is cumulative: one for many messages, and each sender hears of its own', async () => {
    await serve();
    const [ann, bob, cyd] = await gather(server, 'many', 'ann', 'bob', 'cyd');
    for (let count = 0; count < 40; count++) tell(count % 2 ? ann : cyd, bob);
    for (let count = 0; count < 40; count++) await bob.expect('relay');
    bob.receipt();
    for (const peer of [ann, cyd]) {
      assert.deepEqual(await peer.expect('receipt'), { type: 'receipt', from: bob.id, seq: 20 });
      assert.deepEqual(await peer.everything(), []);
    }
  });

  test('settles what stands before it and nothing behind it', async () => {
    await serve();
    const [ann, bob] = await gather(server, 'half', 'ann', 'bob');
    for (let count = 0; count < 4; count++) tell(ann, bob);
    const heard = [];
    for (let count = 0; count < 4; count++) heard.push(await bob.expect('relay'));
    bob.receipt(heard[1].n);
    assert.equal((await ann.expect('receipt')).seq, 2);
    await bob.leave();
    assert.deepEqual(await ann.expect('undelivered'), undelivered(bob, 3, 4, 'peer-left'));
  });

  test('may ride on any message', async () => {
    await serve();
    const [ann, bob] = await gather(server, 'rides', 'ann', 'bob');
    for (const message of [{ type: 'relay', to: ann.id, body: 1 }, { type: 'update', media: { mic: true } }, { type: 'broadcast', body: 2 }]) {
      const seq = tell(ann, bob);
      const { n } = await bob.expect('relay');
      bob.send({ ...message, got: n });
      assert.equal((await ann.expect('receipt')).seq, seq);
    }
  });

  test('of what was never said is refused', async () => {
    await serve();
    const [ann] = await gather(server, 'liar', 'ann', 'bob');
    const { code, field } = await ann.request({ type: 'receipt', got: ann.n + 5 });
    assert.deepEqual([code, field], ['bad_message', 'got']);
  });

  test('of a broadcast comes from each member who was there', async () => {
    await serve();
    const [ann, bob, cyd] = await gather(server, 'all', 'ann', 'bob', 'cyd');
    const seq = ann.sendNumbered({ type: 'broadcast', body: 'hi all' });
    assert.deepEqual(await ann.expect('ok'), { type: 'ok', seq });
    const dan = await connectPeer(server, 'all', { sub: 'dan' }, { receipts: true });
    for (const peer of [bob, cyd]) {
      assert.deepEqual(await peer.expect('broadcast'), { type: 'broadcast', seq, from: ann.id, body: 'hi all' });
      peer.receipt();
      assert.deepEqual(await ann.expect('receipt'), { type: 'receipt', from: peer.id, seq });
    }
    assert.deepEqual(await dan.everything(), []);
  });

  test('of a broadcast to some comes from these alone; ids of nobody are passed over', async () => {
    await serve();
    const [ann, bob, cyd] = await gather(server, 'some', 'ann', 'bob', 'cyd');
    ann.sendNumbered({ type: 'broadcast', to: [cyd.id, 'nobody', cyd.id], body: 'hi cyd' });
    await cyd.expect('broadcast');
    cyd.receipt();
    assert.equal((await ann.expect('receipt')).from, cyd.id);
    assert.deepEqual(await cyd.everything(), []);
    assert.deepEqual(await bob.everything(), []);
  });

  test('of a peer that gives none is given by its edge', async () => {
    await serve();
    const [ann, bob] = await meet(server, 'silent', 'ann', 'bob');
    assert.equal(bob.welcome.self.receipts, false);
    tell(ann, bob);
    assert.deepEqual(await ann.expect('receipt'), { type: 'receipt', from: bob.id, seq: 1 });
    bob.vanish();
    await ann.expect('peer-away');
    tell(ann, bob, 'while away');
    assert.deepEqual((await ann.everything()).map(({ type }) => type), []);
    const back = await comeBack(server, bob);
    assert.equal((await back.expect('relay')).body, 'while away');
    assert.deepEqual(await ann.expect('receipt'), { type: 'receipt', from: bob.id, seq: 2 });
  });
});

describe('a message that will not be handled is undelivered', () => {
  test('where nobody is, with peer-left', async () => {
    await serve();
    const [ann, bob] = await gather(server, 'gone', 'ann', 'bob');
    await bob.leave();
    await ann.expect('peer-left');
    tell(ann, bob);
    assert.deepEqual(await ann.expect('undelivered'), undelivered(bob, 1, 1, 'peer-left'));
    assert.equal(ann.sendNumbered({ type: 'broadcast', body: 'anybody?' }), 2);
    assert.equal((await ann.expect('ok')).seq, 2, 'its number was used up');
  });

  test('where the addressee is kicked, with kicked, before it is told to be gone', async () => {
    await serve();
    const [ann, bob] = await gather(server, 'kicked', ADMIN, 'bob');
    tell(ann, bob);
    tell(ann, bob);
    ann.send({ type: 'kick', peer: bob.id });
    const lost = await ann.expect('undelivered');
    assert.deepEqual(lost, undelivered(bob, 1, 2, 'kicked'));
    assert.ok(lost.n < (await ann.expect('peer-left')).n);
  });

  test('where too much is kept already, with outbox-full; and what was kept arrives', async () => {
    await serve(SMALL);
    const [ann, bob] = await gather(server, 'full', 'ann', 'bob');
    bob.vanish();
    await ann.expect('peer-away');
    for (let count = 0; count < 40; count++) tell(ann, bob, count);

    const refused = (await ann.everything()).filter(({ type }) => type === 'undelivered');
    assert.ok(refused.length > 0 && refused.every(({ reason }) => reason === 'outbox-full'));
    const lost = new Set(refused.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, index) => first + index)));
    const back = await comeBack(server, bob);
    const arrived = seqsOf((await back.everything()).filter(({ type }) => type === 'relay'));
    assert.deepEqual(arrived, Array.from({ length: 40 }, (_, index) => index + 1).filter((seq) => !lost.has(seq)));
    assert.ok(arrived.length >= 16);
    back.receipt();
    assert.equal((await ann.expect('receipt')).seq, arrived.at(-1));
  });

  test('a message without a number that finds the mailbox full is answered by outbox_full', async () => {
    await serve(SMALL);
    const [ann, bob] = await gather(server, 'unnumbered', 'ann', 'bob');
    bob.vanish();
    await ann.expect('peer-away');
    const answers = [];
    for (let count = 0; count < 40; count++) answers.push(await ann.request({ type: 'relay', to: bob.id, body: count }));
    assert.deepEqual([answers[0].type, answers.at(-1).code], ['ok', 'outbox_full']);
  });
});

describe('numbers are taken without gaps', () => {
  test('one that is too high is out_of_order, and one that was taken is passed over', async () => {
    await serve();
    const [ann, bob] = await gather(server, 'gaps', 'ann', 'bob');
    const say = (seq) => ann.send({ type: 'relay', to: bob.id, body: seq, seq });
    for (const seq of [1, 3, 1, 2, 2, 3]) say(seq);
    assert.deepEqual(seqsOf((await ann.everything()).map(({ code, seq }) => ({ seq: [code, seq] }))), [['out_of_order', 3]]);
    assert.deepEqual(seqsOf(await bob.everything()), [1, 2, 3]);
  });

  test('a broadcast that is repeated is answered again, and heard once', async () => {
    await serve();
    const [ann, bob] = await gather(server, 'repeated', 'ann', 'bob');
    for (let time = 0; time < 2; time++) {
      ann.send({ type: 'broadcast', body: 'once', seq: 1 });
      assert.equal((await ann.expect('ok')).seq, 1);
    }
    assert.equal((await bob.everything()).length, 1);
  });

  test('one that is not permitted has its last word, and its number is used up', async () => {
    await serve();
    const [, cyd] = await gather(server, 'mute', 'ann', { sub: 'cyd', video: { canPublishData: false } });
    cyd.sendNumbered({ type: 'broadcast', body: 1 });
    const refused = await cyd.expectError('not_permitted');
    assert.deepEqual([refused.seq, Number.isInteger(refused.n)], [1, true]);
    cyd.sendNumbered({ type: 'broadcast', body: 2 });
    assert.equal((await cyd.expectError('not_permitted')).seq, 2);
  });

  test('after rate_limited everything is sent again, in order, and nothing is lost or doubled', async () => {
    await serve({ 'limits.messages_burst': 20, 'limits.messages_per_s': 20 });
    const [ann, bob] = await gather(server, 'fast', 'ann', 'bob');
    const seqs = Array.from({ length: 40 }, (_, index) => index + 1);
    let left = seqs;
    let refusals = 0;
    while (left.length > 0) {
      const answers = await Promise.all(left.slice(0, refusals > 0 ? 1 : 30).map((seq) => ann.request({ type: 'relay', to: bob.id, body: seq, seq })));
      const taken = answers.findIndex(({ type }) => type === 'error');
      left = left.slice(taken < 0 ? answers.length : taken);
      if (taken < 0) continue;
      const refused = answers.slice(taken);
      refusals += refused.length;
      assert.ok(refused.every(({ code }) => code === 'rate_limited' || code === 'out_of_order'));
      assert.deepEqual([refused[0].code, refused[0].seq, refused[0].n], ['rate_limited', left[0], undefined]);
      await asLongAsTold(Math.max(...refused.map(({ retryAfterMs = 0 }) => retryAfterMs)));
    }
    assert.ok(refusals > 0);
    for (const seq of seqs) assert.equal((await bob.expect('relay')).seq, seq);
    assert.deepEqual(await bob.everything(), []);
  });
});
