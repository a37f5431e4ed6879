// relay.test.mjs - scenes of passing messages on: to one peer, to the room, byte for byte, and never in another's name.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { meet, plantedCandidate, plantedSdp, startServer } from './harness.mjs';

/** Bodies as they might be spelt; all of them must arrive as they are (T-16). */
const BODIES = [
  'null',
  'true',
  '0',
  '-0',
  '1e400',
  '-1.0E+2',
  '123456789012345678901234567890.000',
  '0.1e-7',
  '""',
  '"\\u0041\\/\\b\\f\\"\\\\"',
  '"caf\\u00e9 café \\ud83d\\ude42 🙂 \\u2028"',
  '"\\r\\n\\tv=0\\r\\n"',
  '[]',
  '{}',
  '{ "b" : 1 ,\t"a"\n:\r[ 1 ,2,  3 ] }',
  '{"type":"hello","to":"x","from":"y","body":{"body":"}"}}',
  '[[[[[[[7]]]]]]]',
  '"],\\"body\\":["',
];

const offer = () => ({ type: 'offer', sdp: plantedSdp() });

describe('passing on', () => {
  let server;
  before(async () => {
    server = await startServer({ config: { 'limits.messages_burst': 1000 } });
  });
  after(() => server.stop());

  test("ann's offer reaches bob and nobody else, with her id on it", async () => {
    const [ann, bob, cyd] = await meet(server, 'offer', 'ann', 'bob', 'cyd');
    const body = offer();

    const answer = await ann.request({ type: 'relay', to: bob.id, kind: 'offer', body });

    assert.equal(answer.type, 'ok');
    assert.deepEqual(await bob.expect('relay'), { type: 'relay', from: ann.id, kind: 'offer', body });
    assert.deepEqual(await cyd.everything(), []);
    assert.deepEqual(await ann.everything(), []);
  });

  test('offer, answer, candidates and data arrive in the order in which they were sent', async () => {
    const [ann, bob] = await meet(server, 'order', 'ann', 'bob');
    const kinds = ['offer', 'candidate', 'candidate', 'answer', 'data', 'candidate'];

    kinds.forEach((kind, body) => ann.send({ type: 'relay', to: bob.id, kind, body }));

    for (let body = 0; body < kinds.length; body++) {
      assert.deepEqual(await bob.expect('relay'), { type: 'relay', from: ann.id, kind: kinds[body], body });
    }
  });

  test('kind is data where none is given', async () => {
    const [ann, bob] = await meet(server, 'kind', 'ann', 'bob');
    ann.send({ type: 'relay', to: bob.id, body: 1 });
    assert.equal((await bob.expect('relay')).kind, 'data');
  });

  test('T-16: bodies arrive byte for byte, however they are spelt', async () => {
    const [ann, bob] = await meet(server, 'bytes', 'ann', 'bob');

    for (const body of BODIES) {
      ann.send(`{"type":"relay","to":"${bob.id}","body": ${body} ,"id":1}`);
      assert.equal((await ann.answer(1)).type, 'ok', body);
      const { raw, n } = await bob.expect('relay');
      assert.equal(raw, `{"n":${n},"type":"relay","from":"${ann.id}","kind":"data","body":${body}}`);
    }
  });

  test('broadcast bodies arrive byte for byte with all the others', async () => {
    const [ann, bob, cyd] = await meet(server, 'broadcast-bytes', 'ann', 'bob', 'cyd');

    for (const body of BODIES) {
      ann.send(`{"body":${body},"type":"broadcast"}`);
      for (const peer of [bob, cyd]) {
        const { raw, n } = await peer.expect('broadcast');
        assert.equal(raw, `{"n":${n},"type":"broadcast","from":"${ann.id}","body":${body}}`);
      }
    }
  });

  test('an SDP of 60 KiB passes as a whole', async () => {
    const [ann, bob] = await meet(server, 'large', 'ann', 'bob');
    let sdp = plantedSdp(50 * 1024);
    sdp += 'x'.repeat(60 * 1024 - JSON.stringify(sdp).length);
    const body = JSON.stringify({ type: 'offer', sdp });

    ann.send(`{"type":"relay","to":"${bob.id}","kind":"offer","body":${body}}`);

    assert.ok((await bob.expect('relay')).raw.endsWith(`"body":${body}}`));
  });

  test('a candidate with a planted name goes through and leaves no trace in the log (T-02)', async () => {
    const [ann, bob] = await meet(server, 'candidate', 'ann', 'bob');
    const candidate = { candidate: plantedCandidate(), sdpMid: '0', sdpMLineIndex: 0, usernameFragment: null };
    ann.send({ type: 'relay', to: bob.id, kind: 'candidate', body: candidate });
    assert.deepEqual((await bob.expect('relay')).body, candidate);
  });

  test('T-14: from is filled in by the server, whatever the sender writes', async () => {
    const [ann, bob, cyd] = await meet(server, 'spoof', 'ann', 'bob', 'cyd');

    ann.send({ type: 'relay', from: cyd.id, to: bob.id, body: { from: cyd.id } });
    ann.send({ type: 'broadcast', from: cyd.id, body: 1 });

    assert.equal((await bob.expect('relay')).from, ann.id);
    assert.equal((await bob.expect('broadcast')).from, ann.id);
    assert.equal((await cyd.expect('broadcast')).from, ann.id);
  });

  test('T-15: nothing is reflected: neither a broadcast, nor a message to oneself', async () => {
    const [ann, bob] = await meet(server, 'reflect', 'ann', 'bob');

    const broadcast = await ann.request({ type: 'broadcast', body: 1 });
    const toSelf = await ann.request({ type: 'relay', to: ann.id, body: 1 });

    assert.equal(broadcast.type, 'ok');
    assert.equal(toSelf.code, 'no_such_peer');
    assert.deepEqual(await ann.everything(), []);
    assert.equal((await bob.expect('broadcast')).from, ann.id);
  });

  test('a broadcast into an empty room is taken', async () => {
    const [ann] = await meet(server, 'empty', 'ann');
    assert.deepEqual(await ann.request({ type: 'broadcast', body: 1 }), { type: 'ok', re: 1 + ann.welcome.re });
  });

  test('T-13: of three rooms no peer can reach another room', async () => {
    const rooms = [];
    for (const room of ['one', 'two', 'three']) rooms.push(await meet(server, `apart-${room}`, 'ann', 'bob'));

    for (const [index, room] of rooms.entries()) {
      const strangers = rooms.filter((_, other) => other !== index).flat();
      for (const peer of room) {
        for (const stranger of strangers) {
          const relay = await peer.request({ type: 'relay', to: stranger.id, body: 1 });
          assert.equal(relay.code, 'no_such_peer');
        }
      }
    }
    for (const peer of rooms.flat()) assert.deepEqual(await peer.everything(), []);
  });

  test('who has left cannot be reached, and the sender is told so', async () => {
    const [ann, bob] = await meet(server, 'gone', 'ann', 'bob');
    await bob.leave();
    await ann.expect('peer-left');
    assert.equal((await ann.request({ type: 'relay', to: bob.id, body: 1 })).code, 'no_such_peer');
  });

  for (const to of ['', 'bob', 'x'.repeat(22), `${'x'.repeat(60_000)}`, '../..', '\u2028']) {
    test(`a relay to ${JSON.stringify(to.slice(0, 24))} finds no such peer`, async () => {
      const [ann] = await meet(server, 'nobody', 'ann');
      assert.equal((await ann.request({ type: 'relay', to, body: 1 })).code, 'no_such_peer');
      await ann.leave();
    });
  }
});
