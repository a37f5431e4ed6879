// protocol_schema.test.mjs - docs/asyncapi.yaml is held equal to the code's tables, and to what the real server says and takes.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { connectPeer, meet, mintToken, openPeer, plant, rawUpgrade, startServer } from '../e2e/harness.mjs';
import { byeActions, errorRows, eventTypes, fieldNames, leaveReasons, messageTypes, relayKinds, textLimits } from './code_tables.mjs';
import { document, faultsOf, keyOf, messages, messagesOf, references, resolve, schemas, strictFaultsOf } from './document.mjs';
import { fullest, goodMessages, wrongMessages } from './mutations.mjs';

const BOB_IN_EXAMPLES = 'cGVlci1vZi1ib2ItMTIzNA';
const brief = (value) => (value === undefined ? 'left out' : JSON.stringify(value).slice(0, 70));

describe('the document and the tables of the code', () => {
  const namesOf = (side) => messagesOf(side).map((key) => messages[key].name);

  test('have the same messages from clients', () => assert.deepEqual(namesOf('client'), messageTypes()));
  test('have the same messages from the server', () => assert.deepEqual(namesOf('server'), eventTypes()));
  test('have the same kinds of relay', () => {
    assert.deepEqual(schemas.kind.enum, relayKinds());
    assert.deepEqual(schemas.clientRelay.properties.kind.enum, relayKinds());
  });
  test('have the same reasons to leave', () => assert.deepEqual(schemas.leaveReason.enum, leaveReasons()));
  test('have the same actions of bye', () => assert.deepEqual(schemas.byeAction.enum, byeActions()));
  test('have the same error codes, and the same close codes after them', () => {
    const rows = errorRows();
    assert.deepEqual(schemas.errorCode.enum, rows.map(({ code }) => code));
    const closing = rows.filter(({ close }) => close).map(({ code, close }) => [code, close]);
    assert.deepEqual(Object.entries(schemas.errorCode['x-close-codes']), closing);
  });
  test('have the same fields in messages from clients', () => {
    const fields = messagesOf('client').flatMap((key) => Object.keys(schemas[key].properties));
    assert.deepEqual([...new Set(fields)].sort(), fieldNames().sort());
  });
  test('have the same limits of a text', () => assert.deepEqual(document.channels.room['x-text'], textLimits()));
});

describe('the document in itself', () => {
  test('refers to nothing that is not there', () => {
    assert.deepEqual(references().filter((reference) => resolve(reference) === undefined), []);
  });

  test('has each message in the channel, under its wire type, and in one operation of the right direction', () => {
    const { room } = document.channels;
    assert.deepEqual(Object.keys(room.messages), Object.keys(messages));
    const moved = Object.values(document.operations).flatMap(({ action, messages: list }) => list.map(({ $ref }) => `${action} ${$ref.split('/').at(-1)}`));
    const expected = Object.keys(messages).map((key) => `${key.startsWith('client') ? 'receive' : 'send'} ${key}`);
    assert.deepEqual(moved.sort(), expected.sort());
    for (const [key, { name, payload }] of Object.entries(messages)) {
      assert.equal(payload.$ref, `#/components/schemas/${key}`);
      assert.equal(schemas[key].properties.type.const, name);
    }
  });

  for (const [key, { examples = [] }] of Object.entries(messages)) {
    for (const { name, payload } of examples) {
      test(`the example "${name}" of ${key} fits its schema and no other of its side`, () => {
        assert.deepEqual(strictFaultsOf(key, payload), []);
        const side = key.slice(0, 6);
        assert.deepEqual(messagesOf(side).filter((other) => faultsOf(other, payload).length === 0), [key]);
      });
    }
  }
});

describe('what the server says', () => {
  const TURN = {
    PARLEY_TURN_SERVERS_0_URLS: 'turn:turn.example.org:3478,turns:turn.example.org:443?transport=tcp',
    PARLEY_TURN_SERVERS_0_SECRET: plant('TURN secret', 'the-secret-of-the-schema-is-long-01'),
    PARLEY_TURN_SERVERS_1_URLS: 'stun:stun.example.org:3478',
  };
  let server;
  let welcome;
  /** Every message that any peer of the scene heard. */
  let heard = [];
  const oneOf = (type) => heard.find((message) => message.type === type);

  before(async () => {
    server = await startServer({ env: TURN });
    const all = { roomAdmin: true, canUpdateOwnMetadata: true };
    const rich = { sub: 'bob', metadata: '{"seat":3}', attributes: { hand: 'up' }, video: { canPublishData: false } };
    const [ann, bob, cyd, dan, eve] = await meet(server, 'scene', { sub: 'ann', video: all }, rich, 'cyd', 'dan', 'eve');
    welcome = eve.welcome;
    await answers(ann, bob);
    await departures(ann, cyd, dan, eve);
    const early = await openPeer(server, 'scene');
    early.send({ type: 'ping', id: 1 });
    await early.closed();
    const plain = await openPeer(server, 'elsewhere');
    plain.send({ type: 'hello', token: mintToken({ video: { room: 'elsewhere' } }) });
    await plain.expect('welcome');
    await server.stop();
    await ann.closed();
    heard = [ann, bob, cyd, dan, eve, early, plain].flatMap((peer) => peer.heard);
  });
  after(() => server.stop());

  async function answers(ann, bob) {
    await ann.request({ type: 'ping' });
    ann.send({ type: 'ping' });
    for (const kind of relayKinds()) await ann.request({ type: 'relay', to: bob.id, kind, body: [kind] });
    await ann.request({ type: 'broadcast', body: null });
    await ann.request({ type: 'update', name: 'Ann', attributes: { hand: 'up' }, media: { mic: true } });
    await bob.request({ type: 'update', media: { screen: true } });
    await bob.request({ type: 'relay', to: ann.id, kind: 'data', body: 1 }); // not permitted
    await ann.request({ type: 'relay', to: 'nobody', body: 1 });
    await ann.request({ type: 'relay', to: 7, body: 1 });
    await ann.request({ type: 'dance' });
  }

  /** cyd is kicked, dan floods, eve leaves; ann and bob stay to the end. */
  async function departures(ann, cyd, dan, eve) {
    await ann.request({ type: 'kick', peer: cyd.id });
    for (let time = 0; time < 1000; time++) dan.send({ type: 'ping' });
    await Promise.all([cyd.closed(), dan.closed()]);
    await eve.request({ type: 'leave' });
    await eve.closed();
    for (const gone of [cyd, dan, eve]) await ann.expect('peer-left', ({ peer }) => peer === gone.id);
  }

  test('is every message but ice-servers, errors with a field and with a pause among them', () => {
    const types = new Set(heard.map(({ type }) => type));
    assert.deepEqual(eventTypes().filter((type) => !types.has(type)), ['ice-servers']);
    assert.ok(heard.some(({ code, field }) => code === 'bad_message' && field));
    assert.ok(heard.some(({ code, retryAfterMs }) => code === 'rate_limited' && retryAfterMs >= 0));
    assert.ok(welcome.iceServers.some(({ credential }) => credential) && welcome.iceTtl > 0 && welcome.peers.length === 4);
  });

  test('is what the schemas name, and not a member more', () => {
    for (const message of heard) assert.deepEqual([message.raw, strictFaultsOf(keyOf('server', message.type), message)], [message.raw, []]);
  });

  test('lacks now and then what the schemas call optional', () => {
    for (const type of new Set(heard.map((message) => message.type))) {
      const { properties, required } = schemas[keyOf('server', type)];
      const optional = Object.keys(properties).filter((field) => !required.includes(field));
      const always = optional.filter((field) => heard.every((message) => message.type !== type || field in message));
      assert.deepEqual([type, always], [type, []]);
    }
  });

  test('is ice-servers in the words of the welcome', () => {
    const { iceServers, iceTtl } = welcome;
    assert.deepEqual(strictFaultsOf('serverIceServers', { type: 'ice-servers', iceServers, iceTtl }), []);
    assert.deepEqual(strictFaultsOf('serverIceServers', { type: 'ice-servers', iceServers: [], iceTtl: null }), []);
    const halved = iceServers.map(({ credential: _, ...rest }) => rest);
    assert.notDeepEqual(faultsOf('serverIceServers', { type: 'ice-servers', iceServers: halved, iceTtl }), []);
  });

  test('would not pass with any member misspelt', () => {
    for (const type of new Set(heard.map((message) => message.type))) {
      const key = keyOf('server', type);
      const message = oneOf(type);
      for (const field of Object.keys(message)) {
        const { [field]: value, ...rest } = message;
        const misspelt = { ...rest, [`${field}s`]: value };
        assert.notDeepEqual(strictFaultsOf(key, misspelt), [], `${field} of ${type}`);
        if (schemas[key].required.includes(field)) assert.notDeepEqual(faultsOf(key, misspelt), [], `${field} of ${type}`);
      }
    }
  });

  test('would pass with a member of the future, but not where nothing undocumented may be', () => {
    const { peer } = oneOf('peer-joined');
    for (const message of [{ ...oneOf('peer-joined'), mood: 1 }, { ...oneOf('peer-joined'), peer: { ...peer, mood: 1 } }]) {
      assert.deepEqual(faultsOf('serverPeerJoined', message), []);
      assert.match(strictFaultsOf('serverPeerJoined', message).join(), /additionalProperty":"mood/);
    }
  });

  test('would not pass with a code, reason, kind or action that nobody wrote down', () => {
    for (const [type, field] of [['error', 'code'], ['peer-left', 'reason'], ['relay', 'kind'], ['bye', 'code'], ['bye', 'action']]) {
      assert.match(faultsOf(keyOf('server', type), { ...oneOf(type), [field]: 'new' }).join(), /allowed values/);
    }
  });
});

describe('what the server takes', () => {
  const ALL = { roomAdmin: true, canUpdateOwnMetadata: true };
  let server;
  before(async () => {
    server = await startServer({ config: { 'limits.messages_burst': 100_000, 'limits.hello_timeout': '300s' } });
  });
  after(() => server.stop());

  let scenes = 0;
  /** Someone who may send a message of this key: `speaker`, and how examples become real: `real`. */
  async function scene(key) {
    const room = `takes-${++scenes}`;
    const token = mintToken({ sub: 'ann', video: { room, ...ALL } });
    if (key === 'clientHello') {
      const speaker = await openPeer(server, room);
      return { speaker, real: (message) => (message.token === 'TOKEN' ? { ...message, token } : message) };
    }
    const [speaker, bob] = await meet(server, room, { sub: 'ann', video: ALL }, 'bob');
    const real = (message) => JSON.parse(JSON.stringify(message).replaceAll(`"${BOB_IN_EXAMPLES}"`, `"${bob.id}"`));
    return { speaker, real };
  }

  /** Waits until the server has dealt with a message that it takes. */
  function settled(speaker, { id, type }) {
    if (id !== undefined) return speaker.answer(id);
    if (type === 'hello') return speaker.expect('welcome');
    return type === 'leave' ? speaker.closed() : speaker.everything();
  }

  /** The type of the good answer, from the operation's reply. */
  function goodAnswer(key) {
    const operation = Object.values(document.operations).find(({ messages: [{ $ref }] }) => $ref.endsWith(`/${key}`));
    return resolve(resolve(operation.reply.messages[0].$ref).$ref).name;
  }

  for (const key of messagesOf('client')) {
    for (const { name, payload } of messages[key].examples) {
      test(`${key}: the example "${name}", and with a member that nobody knows`, async () => {
        for (const message of [payload, { ...payload, mood: [1] }]) {
          const { speaker, real } = await scene(key);
          speaker.send({ ...real(message), id: 77 });
          assert.deepEqual(faultsOf(key, message), []);
          assert.equal((await speaker.answer(77)).type, goodAnswer(key));
        }
      });
    }

    test(`${key}: takes what its schema lets pass, up to every limit`, async () => {
      for (const { field, message } of goodMessages(key)) {
        const { speaker, real } = await scene(key);
        speaker.send(real(message));
        await settled(speaker, message);
        const refusals = speaker.heard.filter(({ code }) => code === 'bad_message');
        assert.deepEqual([field, brief(message[field]), refusals], [field, brief(message[field]), []]);
        speaker.vanish();
      }
    });

    test(`${key}: refuses what its schema refuses, with bad_message and the field at fault`, async () => {
      const { speaker, real } = await scene(key);
      const wrong = wrongMessages(key);
      for (const { field, message } of wrong) {
        const what = `${field}: ${brief(message[field])}`;
        speaker.send(real(message));
        const { code, field: blamed } = await speaker.expect('error');
        assert.deepEqual([what, code, blamed], [what, 'bad_message', field]);
      }
      assert.ok(wrong.length >= 10);
      speaker.send({ ...real(fullest(key)), id: 77 });
      assert.equal((await speaker.answer(77)).type, goodAnswer(key), 'it goes on after all of these');
    });
  }

  test('a type that no schema has is refused by the server as well', async () => {
    const ann = await connectPeer(server, 'dance');
    const message = { type: 'dance', id: 77 };
    assert.deepEqual(messagesOf('client').filter((key) => faultsOf(key, message).length === 0), []);
    ann.send(message);
    assert.equal((await ann.answer(77)).code, 'unknown_type');
  });

  test('a room is one by its pattern where it is one for the server', async () => {
    const pattern = new RegExp(document.channels.room.parameters.room['x-pattern']);
    for (const room of ['a', 'A-z.0_9~@:=', '...', '.a', 'x'.repeat(128), '.', '..', '', 'x'.repeat(129), 'a/b', 'a;b', "a'b", 'a"b', 'a\\b', 'a*b', 'a+b', 'a b']) {
      const connection = await rawUpgrade(server, encodeURIComponent(room));
      const { status } = await connection.head();
      connection.hangUp();
      assert.deepEqual([room, pattern.test(room)], [room, status === 101]);
    }
  });
});
