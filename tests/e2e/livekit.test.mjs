// livekit.test.mjs - tokens as LiveKit's own server SDK mints them: what they say is what the server does.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AccessToken, TokenVerifier, TrackSource } from 'livekit-server-sdk';

import { API_KEY, API_SECRET, openPeer, plant, runParley, startServer } from './harness.mjs';

const ROOM = 'livekit';
const WRONG_SECRET = plant('API secret', 'another-secret-that-is-long-enough-too-0002');

/** A token for a room, minted by the SDK; `grant` is laid over what joining needs. */
async function mint({ identity = 'ann', room = ROOM, grant = {}, key = API_KEY, secret = API_SECRET, change = () => {}, ...options } = {}) {
  const token = new AccessToken(key, secret, { identity, ...options });
  token.addGrant({ roomJoin: true, room, ...grant });
  change(token);
  return plant('token', await token.toJwt());
}

/** Adds claims that other services read. */
function forOthers(token) {
  Object.assign(token, { kind: 'standard', sha256: 'x', roomPreset: 'y' });
  token.addSIPGrant({ call: true });
}

function forTelephones(token) {
  token.grants.video = undefined;
  token.addSIPGrant({ admin: true });
}

describe("tokens of LiveKit's server SDK", () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  async function join(room, options = {}) {
    const peer = await openPeer(server, room);
    await peer.hello(await mint({ room, ...options }));
    return peer;
  }

  /** The error and close code with which a token is refused, or the code 'welcome'. */
  async function knock(token) {
    const peer = await openPeer(server, ROOM);
    peer.send({ type: 'hello', token, id: 1 });
    const answer = await peer.answer(1);
    if (answer.type !== 'welcome') return [answer.code, (await peer.closed()).code];
    await peer.leave();
    return ['welcome'];
  }

  /** What a peer may do to another one, by trying it. */
  async function mayOf(peer, to) {
    const tries = {
      offer: { type: 'relay', to, kind: 'offer', body: 'x' },
      data: { type: 'relay', to, kind: 'data', body: 'x' },
      broadcast: { type: 'broadcast', body: 'x' },
      update: { type: 'update', name: 'Renamed' },
      media: { type: 'update', media: { mic: true } },
      kick: { type: 'kick', peer: to },
    };
    const may = [];
    for (const [name, message] of Object.entries(tries)) {
      const answer = await peer.request(message);
      if (answer.type === 'ok') may.push(name);
      else assert.equal(answer.code, 'not_permitted', name);
    }
    return may;
  }

  const USUAL = ['offer', 'data', 'broadcast', 'media'];
  const EVERYTHING = Object.fromEntries([
    'roomAdmin', 'roomCreate', 'roomList', 'roomRecord', 'ingressAdmin', 'canPublish', 'canPublishData', 'canSubscribe',
    'canUpdateOwnMetadata', 'canSubscribeMetrics',
  ].map((name) => [name, true]));
  const GRANTS = [
    ['nothing but joining', {}, USUAL],
    ['everything', EVERYTHING, [...USUAL.slice(0, 3), 'update', 'media', 'kick']],
    ['canPublish false', { canPublish: false }, ['media']],
    ['canPublish false and canPublishData true', { canPublish: false, canPublishData: true }, ['data', 'broadcast', 'media']],
    ['canPublishData false', { canPublishData: false }, ['offer', 'media']],
    ['canUpdateOwnMetadata', { canUpdateOwnMetadata: true }, ['offer', 'data', 'broadcast', 'update', 'media']],
    ['roomAdmin', { roomAdmin: true }, [...USUAL, 'kick']],
    ['canSubscribe false, which means nothing in a mesh', { canSubscribe: false }, USUAL],
    ['canPublishSources, which nothing is made of', { canPublishSources: [TrackSource.CAMERA, TrackSource.SCREEN_SHARE_AUDIO] }, USUAL],
    ['hidden', { hidden: true }, ['media']],
  ];
  for (const [name, grant, expected] of GRANTS) {
    test(`with ${name}: may ${expected.join(', ')}, and no more`, async () => {
      const room = `grants-${GRANTS.findIndex((row) => row[0] === name)}`;
      const bob = await join(room, { identity: 'bob' });
      const ann = await join(room, { grant });
      assert.deepEqual(await mayOf(ann, bob.id), expected);
      await ann.leave();
      bob.vanish();
    });
  }

  test('name, metadata and attributes of the token are what others are told', async () => {
    const attributes = { role: 'host', 'größe': '€ 😀' };
    const bob = await join('told', { identity: 'bob' });
    const ann = await join('told', { identity: 'ann@example.org', name: 'Änn', metadata: '{"seat":4}', attributes });
    const { peer } = await bob.expect('peer-joined');
    for (const told of [ann.welcome.self, peer]) {
      const { identity, name, metadata, attributes: given } = told;
      assert.deepEqual({ identity, name, metadata, given }, { identity: 'ann@example.org', name: 'Änn', metadata: '{"seat":4}', given: attributes });
    }
  });

  test('who is hidden is told of others, and they are not told of him', async () => {
    const ann = await join('hidden');
    const eve = await join('hidden', { identity: 'eve', grant: { hidden: true } });
    const bob = await join('hidden', { identity: 'bob' });
    assert.deepEqual(eve.welcome.peers.map(({ peer }) => peer.identity), ['ann']);
    assert.deepEqual(bob.welcome.peers.map(({ peer }) => peer.identity), ['ann']);
    assert.equal((await eve.expect('peer-joined')).peer.id, bob.id);
    assert.deepEqual((await ann.everything()).map(({ peer }) => peer.identity), ['bob']);
  });

  const ADMITTED = {
    'the time to live that is usual (6 h)': {},
    'a time to live in seconds': { ttl: 60 },
    'a time to live in words': { ttl: '10m' },
    'claims that are for other services': { change: forOthers },
  };
  for (const [name, options] of Object.entries(ADMITTED))
    test(`a token with ${name} is let in`, async () => assert.deepEqual(await knock(await mint(options)), ['welcome']));

  const REFUSED = {
    'that expired': [{ ttl: -60 }, 'auth_expired', 4502],
    'signed with another secret': [{ secret: WRONG_SECRET }, 'auth_signature', 4501],
    'of a key that is not known': [{ key: 'nobody' }, 'auth_key', 4501],
    'for another room': [{ room: 'elsewhere' }, 'auth_room', 4503],
    'without roomJoin': [{ grant: { roomJoin: false } }, 'auth_grant', 4503],
    'without an identity': [{ identity: '', grant: { roomJoin: false } }, 'auth_claims', 4501],
    'that lives for a year': [{ ttl: '365d' }, 'auth_lifetime', 4501],
    'with more metadata than there may be': [{ metadata: 'x'.repeat(2049) }, 'auth_claims', 4501],
    'with an attribute that is no text': [{ attributes: { level: 7 } }, 'auth_claims', 4501],
    'with grants for SIP only': [{ change: forTelephones }, 'auth_claims', 4501],
  };
  for (const [name, [options, code, close]] of Object.entries(REFUSED))
    test(`a token ${name} is refused with ${code}`, async () => assert.deepEqual(await knock(await mint(options)), [code, close]));

  test("the SDK verifies tokens of `parley token create`, and no others", async () => {
    const env = { PARLEY_AUTH_KEYS: `${API_KEY}: ${API_SECRET}` };
    const args = ['token', 'create', '--room', ROOM, '--identity', 'ann', '--name', 'Ann', '--attribute', 'role=host', '--no-publish'];
    const { stdout } = await runParley(args, { env });
    const token = plant('token', stdout.trim());

    const claims = await new TokenVerifier(API_KEY, API_SECRET).verify(token);

    assert.deepEqual([claims.sub, claims.name, claims.attributes], ['ann', 'Ann', { role: 'host' }]);
    assert.deepEqual([claims.video.room, claims.video.roomJoin, claims.video.canPublish], [ROOM, true, false]);
    await assert.rejects(new TokenVerifier(API_KEY, WRONG_SECRET).verify(token), /signature/);
    await assert.rejects(new TokenVerifier('nobody', API_SECRET).verify(token), /iss/);
  });
});
