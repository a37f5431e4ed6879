// tokens.test.mjs - scenes at the door: which tokens are let in, and what the others are told.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';

import {
  API_SECRET,
  claimsOf,
  connectPeer,
  folderWith,
  mintToken,
  mintWithKey,
  newSigningKey,
  nowSeconds,
  openPeer,
  plant,
  signToken,
  startServer,
} from './harness.mjs';

const ROOM = 'door';
const goodClaims = (over = {}) => claimsOf({ ...over, video: { room: ROOM, ...over.video } });
const mint = (over = {}, options = {}) => signToken(goodClaims(over), options);
const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** What the server says to a token: 'welcome', or the error's code and the close code. */
async function knock(server, token) {
  const peer = await openPeer(server, ROOM);
  peer.send({ type: 'hello', token, id: 1 });
  const answer = await peer.answer(1);
  if (answer.type === 'welcome') {
    await peer.leave();
    return 'welcome';
  }
  const bye = await peer.expect('bye');
  const { code: close } = await peer.closed();
  assert.equal(bye.code, answer.code);
  assert.equal(bye.action, 'stop');
  return [answer.code, close];
}

describe('tokens by API key', () => {
  let server;
  before(async () => {
    server = await startServer({ env: { PARLEY_AUTH_KEYS: `e2e: ${API_SECRET}, other: ${API_SECRET.replace('0001', '0002')}` } });
  });
  after(() => server.stop());

  const ADMITTED = {
    'a good token': () => mint(),
    'a token of the second key': () => mint({ iss: 'other' }, { key: API_SECRET.replace('0001', '0002') }),
    'one that expired within the leeway': () => mint({ exp: nowSeconds() - 20 }),
    'one that is not valid for 20 s yet, within the leeway': () => mint({ nbf: nowSeconds() + 20 }),
    'one with claims and grants that nobody knows': () =>
      mint({ jti: 'x', video: { roomList: true, canPublishSources: ['mic'] }, sip: {} }),
  };
  for (const [name, make] of Object.entries(ADMITTED)) {
    test(`${name} is let in`, async () => assert.equal(await knock(server, make()), 'welcome'));
  }

  const now = nowSeconds();
  const withExp = (text) => signToken(JSON.stringify(goodClaims()).replace(/"exp":\d+/, `"exp":${text}`));
  const REFUSED = [
    ['expired (T-06)', () => mint({ exp: now - 31 }), 'auth_expired', 4502],
    ['exp 0 (T-06)', () => mint({ exp: 0 }), 'auth_expired', 4502],
    ['without exp (T-06)', () => mint({ exp: undefined }), 'auth_claims', 4501],
    ['exp as a string (T-06)', () => mint({ exp: String(now + 60) }), 'auth_claims', 4501],
    ['exp as a fraction (T-06)', () => mint({ exp: now + 60.5 }), 'auth_claims', 4501],
    ['exp negative (T-06)', () => mint({ exp: -1 }), ['auth_claims', 'auth_expired'], [4501, 4502]],
    ['exp 1e400 (T-06, T-28)', () => withExp('1e400'), 'auth_claims', 4501],
    ['exp 2^63 (T-06, T-28)', () => withExp('9223372036854775808'), 'auth_claims', 4501],
    ['exp 2^53 (T-06, T-28)', () => withExp('9007199254740992'), ['auth_claims', 'auth_lifetime'], [4501]],
    ['valid for longer than is allowed', () => mint({ exp: now + 8 * 86400 }), 'auth_lifetime', 4501],
    ['not valid yet', () => mint({ nbf: now + 120 }), 'auth_not_yet', 4501],
    ['issued in the future', () => mint({ iat: now + 120 }), 'auth_not_yet', 4501],
    ['for another room (T-07)', () => mint({ video: { room: 'elsewhere' } }), 'auth_room', 4503],
    ['for a room in other case (T-07)', () => mint({ video: { room: 'Door' } }), 'auth_room', 4503],
    ['for no room (T-07)', () => mint({ video: { room: undefined } }), ['auth_room', 'auth_claims'], [4503, 4501]],
    ['without roomJoin', () => mint({ video: { roomJoin: false } }), 'auth_grant', 4503],
    ['roomJoin as a string', () => mint({ video: { roomJoin: 'true' } }), 'auth_claims', 4501],
    ['without video', () => signToken({ ...goodClaims(), video: undefined }), 'auth_claims', 4501],
    ['without sub (T-07)', () => mint({ sub: undefined }), 'auth_claims', 4501],
    ['sub empty (T-07)', () => mint({ sub: '' }), 'auth_claims', 4501],
    ['sub of 257 bytes', () => mint({ sub: 's'.repeat(257) }), 'auth_claims', 4501],
    ['for an audience that is not configured (T-07)', () => mint({ aud: 'parley' }), 'auth_audience', 4501],
    ['of an unknown key (T-07)', () => mint({ iss: 'nobody' }), 'auth_key', 4501],
    ['without iss (T-07)', () => mint({ iss: undefined }), 'auth_key', 4501],
    ['signed with another secret', () => mint({}, { key: 'x'.repeat(40) }), 'auth_signature', 4501],
    ["signed with another key's secret", () => mint({ iss: 'other' }), 'auth_signature', 4501],
    ['alg none (T-03)', () => mint({}, { alg: 'none' }), ['auth_alg', 'auth_malformed'], [4501]],
    ['alg None with a signature (T-03)', () => withHeader({ alg: 'None' }), 'auth_alg', 4501],
    ['alg HS512 (T-04)', () => mint({}, { alg: 'HS512' }), 'auth_alg', 4501],
    ['an unknown crit (T-05)', () => withHeader({ alg: 'HS256', crit: ['x'], x: 1 }), ['auth_malformed', 'auth_alg'], [4501]],
    ['not a JWT', () => 'hello', 'auth_malformed', 4501],
    ['of two parts', () => mint().split('.').slice(0, 2).join('.'), 'auth_malformed', 4501],
    ['of five parts (T-08)', () => `${mint()}.a.b`, 'auth_malformed', 4501],
    ['with an empty signature (T-03)', () => mint().replace(/[^.]*$/, ''), ['auth_malformed', 'auth_signature'], [4501]],
    ['with padding (T-08)', () => `${mint()}=`, 'auth_malformed', 4501],
    ['with a newline (T-08)', () => `${mint()}\n`, 'auth_malformed', 4501],
    ['with base64 instead of base64url (T-08)', () => mint().replace('.', '.+').replace('.+e', '.+'), 'auth_malformed', 4501],
    ['payload is an array (T-08)', () => signToken('[]'), ['auth_malformed', 'auth_claims', 'auth_key'], [4501]],
    [
      'payload has exp twice (T-08)',
      () => signToken(JSON.stringify(goodClaims()).replace('{', '{"exp":1,')),
      'auth_malformed',
      4501,
    ],
  ];
  /** A token whose signature is right for a header that is not. */
  function withHeader(header) {
    const input = `${part(header)}.${part(goodClaims())}`;
    return plant('token', `${input}.${createHmac('sha256', API_SECRET).update(input).digest('base64url')}`);
  }
  for (const [name, make, codes, closes] of REFUSED) {
    test(`a token ${name} is refused with ${[codes].flat().join(' or ')}`, async () => {
      const [code, close] = await knock(server, make());
      assert.ok([codes].flat().includes(code), `${code} is none of ${codes}`);
      assert.ok([closes].flat().includes(close), `${close} is none of ${closes}`);
    });
  }

  test('after a hundred refused tokens a good one is let in', async () => {
    for (let time = 0; time < 100; time++) assert.notEqual(await knock(server, 'eyJ.eyJ.AAAA'), 'welcome');
    assert.equal(await knock(server, mint()), 'welcome');
  });

  test('T-12: a forbidden room is refused alike, whether or not it exists', async () => {
    const token = mintToken({ video: { room: 'mine' } });
    await connectPeer(server, 'inhabited', { sub: 'bob' });
    const refusals = {};
    for (const room of ['inhabited', 'uninhabited']) {
      const peer = await openPeer(server, room);
      peer.send({ type: 'hello', token, id: 1 });
      const { code } = await peer.closed();
      refusals[room] = [peer.heard[0].raw, peer.heard[1].code, peer.heard[1].action, code];
    }
    assert.deepEqual(refusals.inhabited, refusals.uninhabited);
    assert.equal(refusals.inhabited[3], 4503);
  });
});

describe('tokens for an audience', () => {
  let server;
  before(async () => {
    server = await startServer({ config: { 'auth.audience': 'parley', 'auth.token_lifetime_max': '10m' } });
  });
  after(() => server.stop());

  const CASES = [
    ['parley', 'welcome'],
    [['other', 'parley'], 'welcome'],
    [undefined, ['auth_audience', 4501]],
    ['other', ['auth_audience', 4501]],
    [[], ['auth_audience', 4501]],
  ];
  for (const [aud, expected] of CASES) {
    test(`T-07: aud ${JSON.stringify(aud)} gives ${expected}`, async () => {
      assert.deepEqual(await knock(server, mint({ aud, exp: nowSeconds() + 300 })), expected);
    });
  }

  test('auth.token_lifetime_max is obeyed', async () => {
    assert.deepEqual(await knock(server, mint({ aud: 'parley', exp: nowSeconds() + 700 })), ['auth_lifetime', 4501]);
  });
});

describe('tokens by JWKS', () => {
  const keys = ['RS256', 'PS256', 'ES256'].map((alg) => newSigningKey(alg, `key-${alg}`));
  const [rs, ps, es] = keys;
  let server;
  before(async () => {
    const folder = folderWith({ 'jwks.json': JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }) });
    server = await startServer({ config: { 'auth.jwks_file': join(folder, 'jwks.json') } });
  });
  after(() => server.stop());

  const claims = goodClaims({ iss: undefined });
  for (const key of keys) {
    test(`${key.alg} is let in with its kid`, async () => assert.equal(await knock(server, mintWithKey(key, claims)), 'welcome'));
  }

  test('HS256 by API key goes on working beside them', async () => assert.equal(await knock(server, mint()), 'welcome'));

  const pem = rs.publicKey.export({ type: 'spki', format: 'pem' });
  const CONFUSED = {
    'RS256 by the PS256 key': [() => mintWithKey({ ...ps, alg: 'RS256' }, claims), 'auth_alg'],
    'PS256 by the RS256 key': [() => mintWithKey({ ...rs, alg: 'PS256' }, claims), 'auth_alg'],
    'ES256 under the kid of RS256': [() => mintWithKey({ ...es, kid: rs.kid }, claims), 'auth_alg'],
    'HS256 with the public key as its secret': [() => mintWithKey({ alg: 'HS256', kid: rs.kid, key: pem }, claims), 'auth_alg'],
    'RS256 of a stranger under a known kid': [() => mintWithKey(newSigningKey('RS256', rs.kid), claims), 'auth_signature'],
    'ES256 of a stranger under a known kid': [() => mintWithKey(newSigningKey('ES256', es.kid), claims), 'auth_signature'],
    'an unknown kid': [() => mintWithKey({ ...rs, kid: 'nobody' }, claims), 'auth_key'],
    'a kid that is a path (T-05)': [() => mintWithKey({ ...rs, kid: '../../etc/passwd' }, claims), 'auth_key'],
    'a stranger who brings his key along (T-05)': [
      () => {
        const own = newSigningKey('ES256', 'own');
        return mintWithKey(own, claims, { jwk: own.jwk, jku: 'http://127.0.0.1/keys' });
      },
      'auth_key',
    ],
  };
  for (const [name, [make, code]] of Object.entries(CONFUSED)) {
    test(`T-04: ${name} is refused with ${code}`, async () => assert.deepEqual(await knock(server, make()), [code, 4501]));
  }
});
