// server_takes.test.mjs - docs/asyncapi.yaml is held equal to what the real server takes, and to what it refuses.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { connectPeer, meet, mintToken, openPeer, rawUpgrade, startServer } from '../e2e/harness.mjs';
import { document, faultsOf, messages, messagesOf, resolve } from './document.mjs';
import { fullest, goodMessages, wrongMessages } from './mutations.mjs';

const BOB_IN_EXAMPLES = 'cGVlci1vZi1ib2ItMTIzNA';
const brief = (value) => (value === undefined ? 'left out' : JSON.stringify(value).slice(0, 70));

describe('what the server takes', () => {
  const ALL = { roomAdmin: true, canUpdateOwnMetadata: true };
  let server;
  before(async () => {
    server = await startServer({ config: { 'limits.messages_burst': 100_000, 'limits.hello_timeout': '300s' } });
  });
  after(() => server.stop());

  let scenes = 0;
  /** Someone who may send this message: `speaker`, and how what examples hold becomes real: `real`. */
  async function scene(key, message = {}) {
    const room = `takes-${++scenes}`;
    const words = { TOKEN: mintToken({ sub: 'ann', video: { room, ...ALL } }) };
    const real = (example) => JSON.parse(Object.entries(words).reduce((text, [word, it]) => text.replaceAll(`"${word}"`, `"${it}"`), JSON.stringify(example)));
    if (key === 'clientHello') {
      if (message.ticket === 'TICKET') words.TICKET = await ticketFor(room);
      return { speaker: await openPeer(server, room), real };
    }
    const [speaker, bob] = await meet(server, room, { sub: 'ann', video: ALL }, 'bob');
    words[BOB_IN_EXAMPLES] = bob.id;
    return { speaker, real };
  }

  async function ticketFor(room) {
    const gone = await connectPeer(server, room);
    gone.vanish();
    return gone.ticket;
  }

  /** Waits until the server has dealt with a message that it takes, or refuses for more than its form. */
  function settled(speaker, { id, type, token, ticket }) {
    if (id !== undefined) return speaker.answer(id);
    if (ticket || (type === 'refresh' && token !== 'TOKEN')) return speaker.expect('error');
    if (type === 'hello') return speaker.expect('welcome');
    return type === 'leave' ? speaker.closed() : speaker.everything();
  }

  /** No schema can tell how much there is to be got: nothing, in these scenes. */
  const isOfForm = (message) => (error) => error.code === 'bad_message' && !(error.field === 'got' && message.got > 0);

  /** The type of the good answer, from the operation's reply. */
  function goodAnswer(key) {
    const operation = Object.values(document.operations).find(({ messages: [{ $ref }] }) => $ref.endsWith(`/${key}`));
    return resolve(resolve(operation.reply.messages[0].$ref).$ref).name;
  }

  for (const key of messagesOf('client')) {
    for (const { name, payload } of messages[key].examples) {
      test(`${key}: the example "${name}", and with a member that nobody knows`, async () => {
        for (const message of [payload, { ...payload, mood: [1] }]) {
          const { speaker, real } = await scene(key, message);
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
        const refusals = speaker.heard.filter(isOfForm(message));
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
