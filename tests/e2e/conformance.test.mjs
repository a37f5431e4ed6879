// conformance.test.mjs - RFC 6455 broken byte by byte, by somebody who is in a room (T-23, T-25): the end is his alone.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { OPCODE, WAIT_MS, frame, meet, mintToken, rawUpgrade, startServer, within } from './harness.mjs';

/** No close frame, only the end of the connection: what libwebsockets 4.1.6 does where it is said below. */
const HANGS_UP = 'hangs up';

const joined = (...frames) => Buffer.concat(frames);
const text = (...bytes) => frame(Buffer.from([0x22, ...bytes]));
const continuation = (payload, fin = true) => frame(payload, { opcode: OPCODE.CONTINUATION, fin });
function close(code, reason = '') {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return frame(joined(head, Buffer.from(reason)), { opcode: OPCODE.CLOSE });
}

const FRAMING = [
  ...[4, 2, 1].map((rsv) => [`RSV${3 - Math.log2(rsv)} set`, frame('{}', { rsv }), 1002]),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => [`opcode ${opcode}`, frame('', { opcode }), 1002]),
  ['a reserved opcode with a payload', frame('{}', { opcode: 5 }), 1002],
  ['RSV1 set on a ping', frame('x', { opcode: OPCODE.PING, rsv: 4 }), 1002],
  ['a ping in two fragments', joined(frame('a', { opcode: OPCODE.PING, fin: false }), continuation('b')), 1002],
  ['the first fragment of a pong', frame('a', { opcode: OPCODE.PONG, fin: false }), 1002],
  ['the first fragment of a close', frame(Buffer.from([3, 232]), { opcode: OPCODE.CLOSE, fin: false }), 1002],
  ['a continuation of nothing', continuation('a'), 1002],
  ['a continuation of nothing, with more to come', continuation('a', false), 1002],
  ['a new text within a fragmented one', joined(frame('{', { fin: false }), frame('{}')), 1002],
  ['a new binary frame within a fragmented text', joined(frame('{', { fin: false }), frame('{}', { opcode: OPCODE.BINARY })), 1002],
  ['a continuation after the last one', joined(frame('{"type":', { fin: false }), continuation('"ping"}'), continuation('x')), 1002],
  ['a ping of 126 bytes', frame('x'.repeat(126), { opcode: OPCODE.PING }), HANGS_UP],
  ['a ping of 70,000 bytes', frame('x'.repeat(70_000), { opcode: OPCODE.PING }), HANGS_UP],
  ['a pong of 126 bytes', frame('x'.repeat(126), { opcode: OPCODE.PONG }), HANGS_UP],
  ['a close of 126 bytes', close(1000, 'x'.repeat(124)), HANGS_UP],
];

const CLOSING = [
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999].map((code) => [`close code ${code}`, close(code), 1002]),
  // RFC 6455, 7.4.2 gives codes from 5000 on no meaning and forbids nothing; they come back as they are.
  ...[5000, 65535].map((code) => [`close code ${code}`, close(code), code]),
  ['bad UTF-8 in the reason of a close', close(1000, Buffer.from([0xce, 0xff])), HANGS_UP],
];

const UTF8 = [
  ['an overlong slash', text(0xc0, 0xaf, 0x22), 1007],
  ['an overlong slash of three bytes', text(0xe0, 0x80, 0xaf, 0x22), 1007],
  ['an overlong NUL', text(0xc0, 0x80, 0x22), 1007],
  ['a high surrogate', text(0xed, 0xa0, 0x80, 0x22), 1007],
  ['a low surrogate', text(0xed, 0xbf, 0xbf, 0x22), 1007],
  ['a pair of surrogates', text(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80, 0x22), 1007],
  ['U+110000', text(0xf4, 0x90, 0x80, 0x80, 0x22), 1007],
  ['a byte FF', text(0xff, 0x22), 1007],
  ['a continuation byte alone', text(0x80, 0x22), 1007],
  ['a character that is cut off by a letter', text(0xe2, 0x82, 0x22), 1007],
  ['a character that is cut off at the end', text(0xe2, 0x82), 1007],
  ['bad UTF-8 over two fragments', joined(frame(Buffer.from([0x22, 0xe2]), { fin: false }), continuation(Buffer.from([0x28, 0x22]))), 1007],
  ['a character cut off at the end of the last fragment', joined(frame(Buffer.from([0x22, 0xe2]), { fin: false }), continuation(Buffer.from([0x82]))), 1007],
  ['bad UTF-8 in the middle one of three fragments', joined(frame('"', { fin: false }), continuation(Buffer.from([0xc3, 0x28]), false), continuation('"')), 1007],
];

describe('conformance', () => {
  let server;
  let rooms = 0;
  before(async () => {
    // So that the end of a connection is the end of its peer at once.
    server = await startServer({ config: { 'rooms.grace': '0s' } });
  });
  after(() => server?.stop());

  /** Ann and bob in a room of their own, and eve of whom every byte is ours. */
  async function gather() {
    const room = `conformance-${rooms++}`;
    const [ann, bob] = await meet(server, room, 'ann', 'bob');
    const eve = await rawUpgrade(server, room);
    assert.equal((await eve.head()).status, 101);
    eve.write(frame(JSON.stringify({ type: 'hello', token: mintToken({ sub: 'eve', video: { room } }) })));
    const { self } = await eve.expect('welcome');
    for (const peer of [ann, bob]) await peer.expect('peer-joined');
    return { ann, bob, eve, id: self.id };
  }

  /** Ann and bob hear of `id` that it left and for what, and nothing else; and they go on. */
  async function assertUndisturbed({ ann, bob, id }, reason) {
    for (const peer of [ann, bob]) assert.deepEqual(await peer.expect('peer-left'), { type: 'peer-left', peer: id, reason });
    assert.equal((await ann.request({ type: 'relay', to: bob.id, body: 'still here' })).type, 'ok');
    assert.equal((await bob.expect('relay')).body, 'still here');
    for (const peer of [ann, bob]) assert.deepEqual(await peer.everything(), []);
    await Promise.all([ann.leave(), bob.leave()]);
  }

  async function assertEnds(bytes, expected, { reason = 'lost', ms = WAIT_MS } = {}) {
    const scene = await gather();
    scene.eve.write(bytes);
    try {
      const code = await within(scene.eve.closeCode(), 'the end', ms);
      assert.equal(code ?? HANGS_UP, expected);
    } finally {
      scene.eve.hangUp();
    }
    await assertUndisturbed(scene, reason);
  }

  const says = (end) => (end === HANGS_UP ? 'ends the connection' : `is closed with ${end}`);
  for (const [name, bytes, end] of FRAMING) test(`T-23: ${name} ${says(end)}`, () => assertEnds(bytes, end));
  for (const [name, bytes, end] of CLOSING) test(`T-23, T-25: ${name} ${says(end)}`, () => assertEnds(bytes, end));
  for (const [name, bytes, end] of UTF8) test(`T-25: ${name} ${says(end)}`, () => assertEnds(bytes, end));

  for (const [name, bytes] of [
    ['a close whose payload is one byte', frame(Buffer.from([3]), { opcode: OPCODE.CLOSE })],
    ['a close whose reason ends within a character', close(1000, Buffer.from([0xe2, 0x82]))],
  ]) {
    // libwebsockets 4.1.6 takes both for good closes and sends their bytes back.
    test(`T-23, T-25: ${name} ends the connection, and nobody is disturbed`, async () => {
      const scene = await gather();
      scene.eve.write(bytes);
      await scene.eve.closeCode();
      const { reason } = await scene.ann.expect('peer-left');
      assert.ok(['left', 'lost'].includes(reason), reason);
      assert.equal((await scene.bob.expect('peer-left')).reason, reason);
      assert.equal((await scene.ann.request({ type: 'ping' })).type, 'pong');
    });
  }

  /** The bytes of a message that ann is to hear as a broadcast, whole or in parts. */
  const BODY = 'grün, €uro, 😀';
  const BROADCAST = Buffer.from(JSON.stringify({ type: 'broadcast', body: BODY }));
  const cutWithin = (character) => BROADCAST.indexOf(Buffer.from(character)) + 1;
  const inThree = (between = []) => {
    const [first, second] = [cutWithin('€'), cutWithin('😀') + 1];
    return joined(
      frame(BROADCAST.subarray(0, first), { fin: false }),
      ...between,
      continuation(BROADCAST.subarray(first, second), false),
      ...between,
      continuation(BROADCAST.subarray(second)),
    );
  };
  const pong = (payload) => frame(payload, { opcode: OPCODE.PONG });
  const pings = (count) => Array.from({ length: count }, (_, index) => frame(`ping ${index}`, { opcode: OPCODE.PING }));

  for (const [name, bytes] of [
    ['a text in three fragments that cut characters', inThree()],
    ['a fragmented text that cuts characters, with pings between', inThree(pings(3))],
    ['a fragmented text with a pong between', joined(frame(BROADCAST.subarray(0, 20), { fin: false }), pong('unasked'), continuation(BROADCAST.subarray(20)))],
    ['fragments without a payload', joined(frame('', { fin: false }), continuation('', false), continuation(BROADCAST, false), continuation(''))],
    ['ten pings in one write and then a text', joined(...pings(10), frame(BROADCAST))],
    ['a ping of 125 bytes and one without a payload', joined(frame('x'.repeat(125), { opcode: OPCODE.PING }), frame('', { opcode: OPCODE.PING }), frame(BROADCAST))],
  ]) {
    test(`T-23: ${name} is fine`, async () => {
      const scene = await gather();
      scene.eve.write(bytes);
      for (const peer of [scene.ann, scene.bob]) assert.equal((await peer.expect('broadcast')).body, BODY);
      scene.eve.write(close(1000));
      assert.equal(await scene.eve.closeCode(), 1000);
      await assertUndisturbed(scene, 'left');
    });
  }

  test('T-23: a text that comes byte by byte, each in a write of its own, is fine', async () => {
    const { ann, eve } = await gather();
    for (const byte of frame(BROADCAST)) eve.write(Buffer.from([byte]));
    assert.equal((await ann.expect('broadcast')).body, BODY);
    eve.hangUp();
  });

  // libwebsockets 4.1.6 reads the payload of a pong as if it were of the text around it. Both ways nobody else is harmed.
  test('T-25: a pong between the two halves of a character is taken for bad UTF-8', () => assertEnds(inThree([pong('unasked')]), 1007));

  test('T-25: a pong that completes a character of the text around it lets no bad UTF-8 through to others', () => {
    const start = joined(BROADCAST.subarray(0, BROADCAST.indexOf(BODY)), Buffer.from([0xe2, 0x82]));
    return assertEnds(joined(frame(start, { fin: false }), pong(Buffer.from([0xac])), continuation('"}')), 4500, { reason: 'refused' });
  });

  test('ten pings in one write are answered by a pong at least, as RFC 6455, 5.5.3 allows', async () => {
    const { eve } = await gather();
    eve.write(joined(...pings(10)));
    const { payload } = await eve.frames.take(({ opcode }) => opcode === OPCODE.PONG, 'a pong');
    assert.match(String(payload), /^ping \d$/);
    eve.hangUp();
  });

  test('negative controls: another code, another reason and no end at all are noticed', async () => {
    await assert.rejects(assertEnds(text(0xff, 0x22), 1002), /1007/);
    await assert.rejects(assertEnds(text(0xff, 0x22), 1007, { reason: 'left' }), /lost/);
    await assert.rejects(assertEnds(frame('x'.repeat(126), { opcode: OPCODE.PING }), 1002), new RegExp(HANGS_UP));
    await assert.rejects(assertEnds(frame(BROADCAST), 1002, { ms: 300 }), /in vain for the end/);
  });
});
