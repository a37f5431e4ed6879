// messages.test.mjs - scenes of messages that are early, twice, odd or wrong: a clear answer, and life goes on.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { connectPeer, meet, mintToken, openPeer, startServer } from './harness.mjs';

const ID_MAX = Number.MAX_SAFE_INTEGER;

describe('messages', () => {
  let server;
  before(async () => {
    server = await startServer({ config: { 'limits.messages_burst': 1000 } });
  });
  after(() => server.stop());

  /** ann and bob in a room of their own, each time. */
  let meetings = 0;
  const meetAnnAndBob = (annVideo = { canUpdateOwnMetadata: true, roomAdmin: true }) =>
    meet(server, `messages-${++meetings}`, { sub: 'ann', video: annVideo }, 'bob');

  test('ping is answered with pong, with and without an id', async () => {
    const [ann] = await meetAnnAndBob();
    ann.send({ type: 'ping' });
    assert.deepEqual(await ann.expect('pong'), { type: 'pong' });
    assert.deepEqual(await ann.request({ type: 'ping' }), { type: 'pong', re: 2 });
  });

  test('an id from 0 to 2^53-1 comes back as re, and other ids are refused', async () => {
    const [ann] = await meetAnnAndBob();
    for (const id of [0, 1, ID_MAX]) {
      ann.send({ type: 'ping', id });
      assert.equal((await ann.answer(id)).type, 'pong');
    }
    for (const id of ['-1', '1.5', '1e2', '9007199254740992', '18446744073709551616', '-0', '"1"', 'null', 'true', '[1]', '{}']) {
      ann.send(`{"type":"ping","id":${id}}`);
      const { code, field, re } = await ann.expect('error');
      assert.deepEqual([id, code, field, re], [id, 'bad_message', 'id', undefined]);
    }
  });

  test('a message without id is answered only when it fails', async () => {
    const [ann, bob] = await meetAnnAndBob();
    ann.send({ type: 'relay', to: bob.id, body: 1 });
    ann.send({ type: 'broadcast', body: 2 });
    ann.send({ type: 'update', media: { mic: true } });
    ann.send({ type: 'relay', to: 'nobody', body: 3 });
    const answers = await ann.everything();
    assert.deepEqual(
      answers.map(({ type, code }) => code ?? type),
      ['no_such_peer'],
    );
    assert.deepEqual(
      (await bob.everything()).map(({ type }) => type),
      ['relay', 'broadcast', 'peer-updated'],
    );
  });

  const REFUSED = [
    { text: '{}', code: 'bad_message', field: 'type' },
    { text: '{"type":7}', code: 'bad_message', field: 'type' },
    { text: '{"type":null}', code: 'bad_message', field: 'type' },
    { text: '{"type":"dance"}', code: 'unknown_type' },
    { text: '{"type":""}', code: 'unknown_type' },
    { text: '{"type":"welcome"}', code: 'unknown_type' },
    { text: '{"type":"Ping"}', code: 'unknown_type' },
    { text: '{"type":"relay","body":1}', code: 'bad_message', field: 'to' },
    { text: '{"type":"relay","to":7,"body":1}', code: 'bad_message', field: 'to' },
    { text: '{"type":"relay","to":"x"}', code: 'bad_message', field: 'body' },
    { text: '{"type":"relay","to":"x","kind":"hug","body":1}', code: 'bad_message', field: 'kind' },
    { text: '{"type":"relay","to":"x","kind":7,"body":1}', code: 'bad_message', field: 'kind' },
    { text: '{"type":"broadcast"}', code: 'bad_message', field: 'body' },
    { text: '{"type":"kick"}', code: 'bad_message', field: 'peer' },
    { text: '{"type":"kick","peer":{}}', code: 'bad_message', field: 'peer' },
    { text: '{"type":"kick","peer":"nobody"}', code: 'no_such_peer' },
    { text: '{"type":"update","name":7}', code: 'bad_message', field: 'name' },
    { text: `{"type":"update","name":"${'n'.repeat(257)}"}`, code: 'bad_message', field: 'name' },
    { text: `{"type":"update","name":"${'ü'.repeat(129)}"}`, code: 'bad_message', field: 'name' },
    { text: '{"type":"update","attributes":[]}', code: 'bad_message', field: 'attributes' },
    { text: '{"type":"update","attributes":{"a":1}}', code: 'bad_message', field: 'attributes' },
    { text: `{"type":"update","attributes":{"${'k'.repeat(65)}":"v"}}`, code: 'bad_message', field: 'attributes' },
    { text: `{"type":"update","attributes":{"k":"${'v'.repeat(1025)}"}}`, code: 'bad_message', field: 'attributes' },
    { text: attributesText(33, 1), code: 'bad_message', field: 'attributes' },
    { text: attributesText(5, 1000), code: 'bad_message', field: 'attributes' },
    { text: '{"type":"update","media":true}', code: 'bad_message', field: 'media' },
    { text: '{"type":"update","media":{"mic":1}}', code: 'bad_message', field: 'media' },
    { text: '{"type":"hello","token":"x"}', code: 'hello_repeated' },
  ];
  function attributesText(count, length) {
    const pairs = Array.from({ length: count }, (_, index) => [`k${index}`, 'v'.repeat(length)]);
    return JSON.stringify({ type: 'update', attributes: Object.fromEntries(pairs) });
  }
  for (const { text, code, field } of REFUSED) {
    test(`${text.slice(0, 60)} is refused with ${code}${field ? ` of ${field}` : ''}, and ann can go on`, async () => {
      const [ann, bob] = await meetAnnAndBob();

      ann.send(`${text.slice(0, -1)}${text === '{}' ? '' : ','}"id":77}`);

      const error = await ann.answer(77);
      assert.deepEqual([error.type, error.code, error.field], ['error', code, field]);
      assert.ok(error.message.length > 0);
      assert.equal((await ann.request({ type: 'relay', to: bob.id, body: 'still here' })).type, 'ok');
      assert.deepEqual(
        (await bob.everything()).map(({ body }) => body),
        ['still here'],
      );
    });
  }

  test('members that the server does not know are ignored, wherever they stand', async () => {
    const [ann, bob] = await meetAnnAndBob();
    ann.send({ future: [1], type: 'relay', kind: 'data', to: bob.id, sequel: 7, body: 1, id: 5 });
    assert.equal((await ann.answer(5)).type, 'ok');
    ann.send({ type: 'update', media: { mic: true, hologram: true }, mood: 'good', id: 6 });
    assert.equal((await ann.answer(6)).type, 'ok');
    assert.deepEqual(await bob.expect('relay'), { type: 'relay', from: ann.id, kind: 'data', body: 1 });
    assert.deepEqual((await bob.expect('peer-updated')).peer.media, { mic: true, camera: false, screen: false });
  });

  test('member names and types may be spelt with escapes', async () => {
    const [ann] = await meetAnnAndBob();
    ann.send('{"\\u0074ype":"p\\u0069ng","id":9}');
    assert.equal((await ann.answer(9)).type, 'pong');
  });

  test('attributes named as what a careless client would trip over are refused (T-48)', async () => {
    const [ann] = await meetAnnAndBob();
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      ann.send(`{"type":"update","attributes":{"${key}":"x"},"id":9}`);
      assert.equal((await ann.answer(9)).field, 'attributes');
    }
  });
});

describe('hello', () => {
  let server;
  before(async () => {
    server = await startServer({ config: { 'limits.hello_timeout': '300ms' } });
  });
  after(() => server.stop());

  const token = (room) => mintToken({ video: { room } });

  test('whatever comes before it is refused with 4500', async () => {
    for (const type of ['ping', 'relay', 'leave', 'update']) {
      const ann = await openPeer(server, 'early');
      ann.send({ type, to: 'x', body: 1, id: 3 });
      assert.equal((await ann.answer(3)).code, 'hello_expected');
      assert.equal((await ann.expect('bye')).action, 'stop');
      assert.equal((await ann.closed()).code, 4500);
    }
  });

  test('when it does not come in time, the connection is told so and closed with 4508', async () => {
    const ann = await openPeer(server, 'late');
    assert.deepEqual(await ann.refusal(), { error: 'hello_timeout', close: 4508 });
    assert.deepEqual(
      ann.heard.map(({ type }) => type),
      ['error', 'bye'],
    );
  });

  test('who said hello in time is not cut off by that deadline later', async () => {
    const ann = await connectPeer(server, 'in-time');
    const late = await openPeer(server, 'in-time');
    await late.closed();
    assert.equal((await ann.request({ type: 'ping' })).type, 'pong');
  });

  test('a second hello is refused, and changes nothing', async () => {
    const [ann, bob] = await meet(server, 'twice', 'ann', 'bob');
    const again = await ann.request({ type: 'hello', token: token('twice') });
    assert.equal(again.code, 'hello_repeated');
    assert.deepEqual(await bob.everything(), []);
    assert.equal((await ann.request({ type: 'ping' })).type, 'pong');
  });

  for (const fields of [{}, { token: 7 }, { token: '' }, { token: 'x'.repeat(4097) }, { token: 'x', region: 'r'.repeat(65) }]) {
    test(`with ${JSON.stringify(fields).slice(0, 40)} it is a bad message, and can be said again`, async () => {
      const ann = await openPeer(server, 'again');
      ann.send({ type: 'hello', ...fields, id: 1 });
      const { code, field } = await ann.answer(1);
      assert.deepEqual([code, field], ['bad_message', fields.region ? 'region' : 'token']);
      await ann.hello(token('again'));
      await ann.leave();
    });
  }

  test('without an id it is answered by a welcome without re', async () => {
    const ann = await openPeer(server, 'plain');
    ann.send({ type: 'hello', token: token('plain') });
    assert.equal((await ann.expect('welcome')).re, undefined);
  });
});
