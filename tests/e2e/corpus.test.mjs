// corpus.test.mjs - hostile JSON as messages and as bodies (T-27, T-28): refused or passed on untouched, and nobody else notices.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { ROOT, connectPeer, meet, startServer } from './harness.mjs';

/** JSONTestSuite: y_ must be accepted, n_ refused, i_ is up to the implementation. */
const FOLDER = join(ROOT, '..', 'shared', 'data', 'json');
const skip = existsSync(FOLDER) ? false : `there is no ${FOLDER}`;
const filesOf = (kind) => (skip ? [] : readdirSync(FOLDER).filter((name) => name.startsWith(kind)));
const bytesOf = (name) => readFileSync(join(FOLDER, name));

/** JSON, but not I-JSON: a name twice, or U+0000. */
const NOT_I_JSON = [
  'y_object_duplicated_key.json',
  'y_object_duplicated_key_and_value.json',
  'y_object_escaped_null_in_key.json',
  'y_string_null_escape.json',
];

const isUtf8 = (bytes) => Buffer.from(bytes.toString()).equals(bytes);

/** How the server must end a connection on which these bytes were sent as one message. */
function expectedEnd(bytes) {
  if (bytes.length > 65536) return { error: 'message_too_large', close: 1009 };
  if (!isUtf8(bytes)) return { error: undefined, close: 1007 };
  return { error: 'bad_json', close: 4500 };
}

/** The body that a file stands for: without the white space around it, which belongs to the message. */
const bodyOf = (bytes) => bytes.toString().replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');

describe('hostile JSON', () => {
  let server, ann, bob;
  before(async () => {
    server = await startServer({ config: { 'limits.messages_burst': 10_000, 'limits.bytes_burst': '64MiB' } });
    [ann, bob] = await meet(server, 'bystanders', 'ann', 'bob');
  });
  after(() => server.stop());

  async function bystandersTalk() {
    assert.equal((await ann.request({ type: 'relay', to: bob.id, body: 'unharmed' })).type, 'ok');
    assert.equal((await bob.expect('relay')).body, 'unharmed');
  }

  /** Sends bytes as one text message of a peer that has joined. */
  let sayings = 0;
  async function say(bytes) {
    const eve = await connectPeer(server, `corpus-${++sayings}`, { sub: 'eve' });
    eve.socket.send(bytes, { binary: false });
    return eve;
  }

  test('there are 188 files to refuse and 95 to accept', { skip }, () => {
    assert.deepEqual([filesOf('n_').length, filesOf('y_').length], [188, 95]);
  });

  for (const name of filesOf('n_')) {
    test(`T-27: ${name} is refused`, async () => {
      const bytes = bytesOf(name);
      const eve = await say(bytes);
      const end = await eve.refusal();
      const expected = expectedEnd(bytes);
      assert.deepEqual(end, { error: end.close === 1007 ? end.error : expected.error, close: expected.close });
      await bystandersTalk();
    });
  }

  for (const name of filesOf('y_')) {
    const isTaken = !NOT_I_JSON.includes(name);
    test(`T-27: ${name} as a body ${isTaken ? 'arrives byte for byte' : 'is refused, as it is not I-JSON'}`, async () => {
      const body = bodyOf(bytesOf(name));
      if (!isTaken) {
        const eve = await say(`{"type":"broadcast","body":${body}}`);
        assert.deepEqual(await eve.refusal(), { error: 'bad_json', close: 4500 });
        return;
      }
      ann.send(`{"type":"relay","to":"${bob.id}","body":${body}}`);
      const { raw, n } = await bob.expect('relay');
      assert.equal(raw, `{"n":${n},"type":"relay","from":"${ann.id}","kind":"data","body":${body}}`);
    });
  }

  for (const [index, name] of filesOf('i_').entries()) {
    test(`T-27: ${name} as a body is either refused or arrives byte for byte`, async () => {
      const bytes = Buffer.concat([Buffer.from('{"type":"broadcast","id":7,"body":'), bytesOf(name), Buffer.from('}')]);
      const [listener] = await meet(server, `i-${index}`, 'cyd');
      const eve = await connectPeer(server, `i-${index}`, { sub: 'eve' });
      eve.socket.send(bytes, { binary: false });
      const answer = await Promise.race([eve.answer(7).catch(() => null), eve.closed().then(() => null)]);
      if (answer?.type === 'ok') {
        assert.ok((await listener.expect('broadcast')).raw.endsWith(`"body":${bodyOf(bytesOf(name))}}`));
      } else {
        const end = await eve.refusal();
        assert.ok(end.close === 1007 || (end.error === 'bad_json' && end.close === 4500), JSON.stringify(end));
      }
      await bystandersTalk();
    });
  }

  const DEEP = {
    'thirty thousand brackets': '['.repeat(30_000),
    'thirty thousand brackets and their ends': '['.repeat(30_000) + ']'.repeat(30_000),
    'ten thousand nested objects': '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000),
    'nine levels': '{"type":"broadcast","body":[[[[[[[[1]]]]]]]]}',
    'a name twice': '{"type":"ping","type":"leave"}',
    'a name twice, once escaped': '{"type":"ping","\\u0074ype":"leave"}',
    'a name twice, deep in the body': '{"type":"broadcast","body":[{"a":{"b":1,"b":2}}]}',
    'the last of five thousand names twice': `{${Array.from({ length: 5000 }, (_, index) => `"k${index}":0`).join()},"k0":1}`,
    'a lone surrogate': '{"type":"broadcast","body":"\\ud800"}',
    'an escaped NUL': '{"type":"broadcast","body":"\\u0000"}',
    'a byte order mark': '\ufeff{"type":"ping"}',
    NaN: '{"type":"broadcast","body":NaN}',
    Infinity: '{"type":"broadcast","body":Infinity}',
    'a comment': '{"type":"ping"/* */}',
    'a trailing comma': '{"type":"ping",}',
    'single quotes': "{'type':'ping'}",
    'two messages in one': '{"type":"ping"}{"type":"ping"}',
    'nothing at all': '',
    'only white space': ' \n',
    'an array': '[{"type":"ping"}]',
    'a string': '"ping"',
    null: 'null',
  };
  for (const [name, text] of Object.entries(DEEP)) {
    test(`T-27: ${name} is bad JSON`, async () => {
      const eve = await say(text);
      assert.deepEqual(await eve.refusal(), { error: 'bad_json', close: 4500 });
      await bystandersTalk();
    });
  }

  test('T-27: five thousand names, all different, are no problem', async () => {
    const body = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, 0]));
    assert.equal((await ann.request({ type: 'relay', to: bob.id, body })).type, 'ok');
    assert.deepEqual((await bob.expect('relay')).body, body);
  });

  const BOUNDARIES = [
    2n ** 31n - 1n,
    2n ** 31n,
    2n ** 32n - 1n,
    2n ** 32n,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 63n - 1n,
    2n ** 63n,
    2n ** 64n - 1n,
    2n ** 64n,
  ];
  for (const number of [0n, 1n, ...BOUNDARIES, -1n, -(2n ** 63n), 10n ** 400n]) {
    const isId = number >= 0n && number < 2n ** 53n;
    test(`T-28: ${String(number).slice(0, 24)} ${isId ? 'is' : 'is not'} an id`, async () => {
      ann.send(`{"type":"ping","id":${number}}`);
      if (isId) assert.equal((await ann.answer(Number(number))).type, 'pong');
      else assert.equal((await ann.expectError('bad_message')).field, 'id');
    });
  }
});
