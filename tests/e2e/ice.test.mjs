// ice.test.mjs - scenes of ICE servers: what the welcome brings, by region, and the HTTP endpoint in both its shapes.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { connectPeer, mintToken, nowSeconds, plant, rawRequest, startServer } from './harness.mjs';

const SECRETS = {
  north: plant('TURN secret', 'the-secret-of-the-north-is-long-01'),
  south: plant('TURN secret', 'the-secret-of-the-south-is-long-02'),
};

const YAML = `
turn:
  ttl: 10m
  region: north
  servers:
    - urls: ["stun:stun.example.org:3478"]
    - urls: ["turn:north.example.org:3478", "turns:north.example.org:443?transport=tcp"]
      region: north
      secret: ${SECRETS.north}
    - urls: ["turn:south.example.org:3478"]
      region: south
      secret: ${SECRETS.south}
`;

const credentialOf = (secret, username) => createHmac('sha1', secret).update(username).digest('base64');

/** The first URLs of a list of ICE servers. */
const firstUrls = (iceServers) => iceServers.map(({ urls }) => urls[0].split(/[:.]/)[1]);

describe('ICE servers', () => {
  let server;
  before(async () => {
    server = await startServer({ yaml: YAML });
  });
  after(() => server.stop());

  const ask = (query, token, method = 'GET') =>
    fetch(`${server.url}/v1/turn/credentials${query}`, { method, headers: token ? { authorization: `Bearer ${token}` } : {} });

  test('the welcome brings them, with credentials that coturn would compute just so', async () => {
    const ann = await connectPeer(server, 'ice', { sub: 'ann' });

    const { iceServers, iceTtl } = ann.welcome;
    const turns = iceServers.filter(({ username }) => username);
    assert.equal(iceTtl, 600);
    assert.equal(turns.length, 2);
    for (const { urls, username, credential } of turns) {
      const region = urls[0].includes('north') ? 'north' : 'south';
      assert.equal(credential, credentialOf(SECRETS[region], username));
      const [, expiry, user] = username.match(/^(\d+):(.*)$/);
      assert.equal(user, `ice.${ann.id}`);
      assert.ok(Math.abs(Number(expiry) - nowSeconds() - 600) < 60);
    }
    const [stun] = iceServers.filter(({ username }) => !username);
    assert.deepEqual(stun, { urls: ['stun:stun.example.org:3478'] });
  });

  for (const [region, expected] of [
    [undefined, ['north', 'stun', 'south']],
    ['north', ['north', 'stun', 'south']],
    ['south', ['south', 'stun', 'north']],
    ['nowhere', ['stun', 'north', 'south']],
  ]) {
    test(`a client of region ${region} gets ${expected.join(', ')}`, async () => {
      const ann = await connectPeer(server, `region-${region}`, { sub: 'ann' }, region ? { region } : {});
      assert.deepEqual(firstUrls(ann.welcome.iceServers), expected);
    });
  }

  test('ann and bob have credentials of their own', async () => {
    const ann = await connectPeer(server, 'own', { sub: 'ann' });
    const bob = await connectPeer(server, 'own', { sub: 'bob' });
    const names = [ann, bob].map(({ welcome }) => welcome.iceServers.find(({ username }) => username).username);
    assert.notEqual(names[0], names[1]);
  });

  test('over HTTP in the shape of the TURN REST draft', async () => {
    const answer = await ask('', mintToken({ video: { room: 'rest' } }));

    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type'), /^application\/json/);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    const { username, password, ttl, uris } = await answer.json();
    plant('TURN password', password);
    assert.equal(password, credentialOf(SECRETS.north, username));
    assert.equal(ttl, 600);
    assert.deepEqual(uris, ['turn:north.example.org:3478', 'turns:north.example.org:443?transport=tcp']);
  });

  test("over HTTP in the browser's shape", async () => {
    const answer = await ask('?format=iceServers', mintToken({ video: { room: 'rest' } }), 'POST');
    assert.equal(answer.status, 200);
    const { iceServers } = await answer.json();
    assert.deepEqual(firstUrls(iceServers), ['north', 'stun', 'south']);
    for (const { credential } of iceServers) if (credential) plant('TURN password', credential);
  });

  test('over HTTP the region may be chosen', async () => {
    const answer = await ask('?region=south', mintToken({ video: { room: 'rest' } }));
    const { username, password, uris } = await answer.json();
    assert.equal(plant('TURN password', password), credentialOf(SECRETS.south, username));
    assert.deepEqual(uris, ['turn:south.example.org:3478']);
  });

  test('over HTTP pages of other origins are refused, and the own one is told that it may read', async () => {
    const authorization = `Bearer ${mintToken({ video: { room: 'rest' } })}`;
    const from = (origin) => fetch(`${server.url}/v1/turn/credentials`, { headers: { authorization, origin } });
    const [own, foreign] = [await from(server.url), await from('https://evil.com')];
    assert.deepEqual([own.status, own.headers.get('access-control-allow-origin')], [200, server.url]);
    assert.deepEqual([foreign.status, foreign.headers.get('access-control-allow-origin')], [403, null]);
    plant('TURN password', (await own.json()).password);
  });

  const REFUSED = [
    ['without a token', () => undefined, 401, 'auth_missing'],
    ['with an expired token', () => mintToken({ exp: 1, video: { room: 'r' } }), 401, 'auth_expired'],
    ['with a forged token', () => mintToken({ video: { room: 'r' } }, { key: 'f'.repeat(32) }), 401, 'auth_signature'],
    ['with a token that grants no joining', () => mintToken({ video: { room: 'r', roomJoin: false } }), 403, 'auth_grant'],
  ];
  for (const [name, make, status, code] of REFUSED) {
    test(`over HTTP ${name}: ${status} ${code}, as problem JSON`, async () => {
      const answer = await ask('', make());
      assert.equal(answer.status, status);
      assert.match(answer.headers.get('content-type'), /^application\/problem\+json/);
      const problem = await answer.json();
      assert.deepEqual([problem.type, problem.status, problem.code], ['about:blank', status, code]);
      assert.ok(problem.title.length > 0);
    });
  }

  test('T-02: a token in the query is refused with 400, without a word of it in the answer', async () => {
    const token = mintToken({ video: { room: 'r' } });
    for (const name of ['token', 'access_token', 'jwt', 'x']) {
      const request = `GET /v1/turn/credentials?${name}=${token} HTTP/1.1\r\nHost: ${server.address}\r\n\r\n`;
      const { status, body } = await rawRequest(server.address, request);
      assert.deepEqual([status, JSON.parse(body).code], [400, 'token_in_url']);
      assert.ok(!body.includes(token.slice(0, 20)));
    }
  });
});

describe('without TURN servers', () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server.stop());

  test('the welcome has an empty list that never expires', async () => {
    const { welcome } = await connectPeer(server, 'bare', { sub: 'ann' });
    assert.deepEqual([welcome.iceServers, welcome.iceTtl], [[], null]);
  });

  test('the HTTP endpoint has nothing to give', async () => {
    const authorization = `Bearer ${mintToken({ video: { room: 'r' } })}`;
    const answer = await fetch(`${server.url}/v1/turn/credentials`, { headers: { authorization } });
    assert.equal(answer.status, 404);
  });
});
