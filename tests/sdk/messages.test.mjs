// messages.test - what the SDK takes from the wire, and what it puts on it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage, encodeMessage, rtcIceServers } from '../../web-demo/sdk/messages.js';
import { peerOf, welcomeOf } from './fakes.mjs';

const decode = (value) => decodeMessage(JSON.stringify(value));
const isProtocolError = (error) => error.name === 'ParleyError' && error.code === 'protocol';

function iceUrlsThrough(urls) {
  const message = decode(welcomeOf('ann', [], { iceServers: [{ urls, username: 'u', credential: 'c' }] }));
  return rtcIceServers(message.iceServers).flatMap((server) => server.urls);
}

test('a welcome comes through with everything it names, and nothing else', () => {
  const bob = { ...peerOf('bob'), secret: 'x' };

  const message = decode({ ...welcomeOf('ann', [{ peer: bob, polite: true }]), extra: 1 });

  assert.equal(message.peers[0].peer.name, 'bob');
  assert.equal(message.peers[0].polite, true);
  assert.ok(!('secret' in message.peers[0].peer) && !('extra' in message));
});

test('a type of a later version is ignored', () => {
  assert.equal(decode({ type: 'room-locked', by: 'ann' }), null);
});

for (const [what, value] of [
  ['a list', []],
  ['null', null],
  ['a welcome without self', { ...welcomeOf('ann'), self: undefined }],
  ['a peer with a number for a name', { type: 'peer-joined', polite: true, peer: { ...peerOf('bob'), name: 7 } }],
  ['a relay of an unknown kind', { type: 'relay', from: 'bob', kind: 'html', body: 1 }],
  ['a relay without a body', { type: 'relay', from: 'bob', kind: 'data' }],
  ['a bye that strands the client for a year', { type: 'bye', code: 'x', action: 'rejoin', delayMs: 31_536_000_000 }],
])
  test(`${what} is refused`, () => {
    assert.throws(() => decode(value), isProtocolError);
  });

test('keys that reach a prototype are refused wherever they stand (T-48)', () => {
  for (const key of ['__proto__', 'constructor', 'prototype']) {
    const text = `{"type":"broadcast","from":"bob","body":{"a":[{"${key}":{"isAdmin":true}}]}}`;
    assert.throws(() => decodeMessage(text), isProtocolError);
  }
  assert.equal({}.isAdmin, undefined);
});

test('attributes have no prototype (T-48)', () => {
  const message = decode({ type: 'peer-updated', peer: { ...peerOf('bob'), attributes: { toString: 'x' } } });

  assert.equal(Object.getPrototypeOf(message.peer.attributes), null);
});

test('only stun:, turn: and turns: reach the browser (T-49)', () => {
  const good = ['stun:a.example:3478', 'turn:127.0.0.1:3478?transport=udp', 'turns:[::1]:443?transport=tcp', 'TURN:a.example'];
  const bad = [
    'http://a.example', 'http:a.example', 'https:a.example:443', 'javascript:alert(1)', 'javascript:a', 'stuns:a.example', 'turn://a.example', 'stun:a.example?transport=udp', 'turn:a.example:99999',
    'turn:u@a.example', 'turn:a.example/path', 'turn:', 'turn:a b', 'turn:a?transport=quic', ' turn:a', 'data:text/html,x', 'turn:a#b',
  ];

  for (const url of bad) assert.deepEqual(iceUrlsThrough([url, ...good]), good, url);
});

test('a TURN server without a credential is left out: browsers throw on it', () => {
  const message = decode(welcomeOf('ann', [], { iceServers: [{ urls: ['turn:a.example'] }, { urls: 'stun:a.example' }] }));

  assert.deepEqual(rtcIceServers(message.iceServers), [{ urls: ['stun:a.example'] }]);
});

test('what the server would close the connection for is refused before it is sent', () => {
  const code = (expected) => (error) => error.code === expected;
  let deep = 1;
  for (let i = 0; i < 8; i += 1) deep = [deep];

  assert.throws(() => encodeMessage({ type: 'broadcast', body: '\ud800' }), code('bad_message'));
  assert.throws(() => encodeMessage({ type: 'broadcast', body: 'a\0b' }), code('bad_message'));
  assert.throws(() => encodeMessage({ type: 'broadcast', body: deep }), code('bad_message'));
  assert.throws(() => encodeMessage({ type: 'broadcast', body: JSON.parse('{"__proto__":1}') }), code('bad_message'));
  assert.throws(() => encodeMessage({ type: 'broadcast', body: 'é'.repeat(40_000) }), code('message_too_large'));
});

test('a backslash before "ud800" is a text like any other', () => {
  const body = '\\ud800 \\\\u0000 😀';

  assert.equal(JSON.parse(encodeMessage({ type: 'broadcast', body })).body, body);
});

test('random JSON never comes through half-checked, and never throws anything but protocol (T-49)', () => {
  const random = randomFrom(20261123);
  const seeds = [welcomeOf('ann', [{ peer: peerOf('bob'), polite: true }]), { type: 'peer-left', peer: 'bob', reason: 'left' },
    { type: 'relay', from: 'bob', kind: 'offer', body: { sdp: 'x' } }, { type: 'error', code: 'x', message: 'y', retryAfterMs: 5 },
    { type: 'ice-servers', iceServers: [{ urls: ['turn:a'], username: 'u', credential: 'c' }], iceTtl: 60 }];
  let passed = 0;

  for (let round = 0; round < 10_000; round += 1) {
    const text = spoil(JSON.stringify(mutate(structuredClone(seeds[round % seeds.length]), random)), random);
    try {
      const message = decodeMessage(text);
      if (message) checkShape(message);
      passed += 1;
    } catch (error) {
      assert.ok(isProtocolError(error), `${text}\n${error.stack}`);
    }
  }

  assert.ok(passed > 500 && passed < 9500, `${passed} of 10000 passed: the rounds try nothing`);
});

function checkShape(message) {
  assert.equal(typeof message.type, 'string');
  const peers = [message.self, ...(message.peers ?? []).map(({ peer }) => peer)].filter(Boolean);
  for (const { id, name, media } of peers) {
    assert.equal(typeof id, 'string');
    assert.equal(typeof name, 'string');
    assert.equal(typeof media.mic, 'boolean');
  }
  for (const { urls } of message.iceServers ?? []) for (const url of urls) assert.match(url, /^(stun|turns?):/i);
}

/** mulberry32: small, seeded, good enough to shake a parser. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const JUNK = [null, true, -1, 1e308, 0.5, '', 'x'.repeat(3000), '__proto__', [], {}, [[[[[[[[[[1]]]]]]]]]], { constructor: 1 }, 'http://x'];

/** Replaces, removes or adds a member somewhere. */
function mutate(value, random) {
  if (typeof value !== 'object' || value === null || random() < 0.2) return random() < 0.5 ? value : JUNK[Math.floor(random() * JUNK.length)];
  const keys = Object.keys(value);
  const key = keys[Math.floor(random() * keys.length)];
  if (key === undefined) return value;
  if (random() < 0.1 && !Array.isArray(value)) delete value[key];
  else value[key] = mutate(value[key], random);
  return value;
}

/** Now and then breaks the text itself. */
function spoil(text, random) {
  if (random() > 0.1) return text;
  const at = Math.floor(random() * text.length);
  return text.slice(0, at) + '"{}[]:,\\\u0000e9'[Math.floor(random() * 12)] + text.slice(at + 1);
}
