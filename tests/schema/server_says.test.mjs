// server_says.test.mjs - docs/asyncapi.yaml is held equal to what the real server says.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { comeBack, gather, killAndRestart, meet, mintToken, openPeer, plant, startServer } from '../e2e/harness.mjs';
import { eventTypes, relayKinds, undeliveredReasons } from './code_tables.mjs';
import { faultsOf, keyOf, schemas, strictFaultsOf } from './document.mjs';

const TURN = {
  PARLEY_TURN_SERVERS_0_URLS: 'turn:turn.example.org:3478,turns:turn.example.org:443?transport=tcp',
  PARLEY_TURN_SERVERS_0_SECRET: plant('TURN secret', 'the-secret-of-the-schema-is-long-01'),
  PARLEY_TURN_SERVERS_1_URLS: 'stun:stun.example.org:3478',
};
const CONFIG = { 'rooms.grace': '1s', 'limits.mailbox_messages': 64, 'limits.outbox_messages': 64 };

describe('what the server says', () => {
  let server;
  let welcome;
  /** Every message that any peer of the scenes heard, as it was said. */
  let heard = [];
  const oneOf = (type) => heard.find((message) => message.type === type);

  before(async () => {
    server = await startServer({ env: TURN, config: CONFIG });
    const spoken = [...(await sessions()), ...(await calls())];
    heard = spoken.flatMap((peer) => peer.heard.map(({ raw }) => JSON.parse(raw)));
  });
  after(() => server.stop());

  /** Gus speaks to hal, who reads and receipts, and to those who go away; at last the server dies and gus comes back. */
  async function sessions() {
    const [gus, hal, ida, kim, lea] = await gather(server, 'sessions', { sub: 'gus', video: { roomAdmin: true } }, 'hal', 'ida', 'kim', 'lea');
    const tell = ({ id }) => gus.sendNumbered({ type: 'relay', to: id, body: 'hi' });
    tell(hal);
    await hal.expect('relay');
    hal.receipt();
    await gus.expect('receipt');
    gus.sendNumbered({ type: 'broadcast', body: 'hi all' });
    await gus.expect('ok');
    gus.send({ type: 'relay', to: hal.id, body: 'too early', seq: 99 });
    await gus.expectError('out_of_order');
    await gus.request({ type: 'refresh', token: mintToken({ sub: 'gus', video: { room: 'sessions' } }) });
    await gus.expect('ticket');

    ida.vanish();
    await gus.expect('peer-away');
    const back = await comeBack(server, ida);
    await gus.expect('peer-back');
    tell(kim);
    await gus.request({ type: 'kick', peer: kim.id });
    tell(lea);
    await lea.leave();
    back.vanish();
    gus.receipt();
    for (let time = 0; time < 80; time++) tell(ida);
    for (const reason of undeliveredReasons()) await gus.expect('undelivered', (event) => event.reason === reason);

    server = await killAndRestart(server);
    const reborn = await comeBack(server, gus);
    await reborn.expect('roster');
    return [gus, hal, ida, kim, lea, back, reborn];
  }

  /** Ann and bob say all there is to say; the others go, each in another way; and the server stops. */
  async function calls() {
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
    return [ann, bob, cyd, dan, eve, early, plain];
  }

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
    assert.deepEqual([...new Set(heard.flatMap(({ session }) => session ?? []))].sort(), [...schemas.welcomeKind.enum].sort());
  });

  test('is what the schemas name, and not a member more', () => {
    for (const message of heard) assert.deepEqual([message, strictFaultsOf(keyOf('server', message.type), message)], [message, []]);
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
    const chosen = [['error', 'code'], ['peer-left', 'reason'], ['undelivered', 'reason'], ['relay', 'kind'], ['bye', 'code'], ['bye', 'action']];
    for (const [type, field] of [...chosen, ['welcome', 'session']]) {
      assert.match(faultsOf(keyOf('server', type), { ...oneOf(type), [field]: 'later' }).join(), /allowed values/);
    }
  });

  test('would not pass with accepted in a welcome that is not resumed, nor without it in one that is', () => {
    const resumed = heard.find(({ session }) => session === 'resumed');
    const { accepted: _, ...lacking } = resumed;
    assert.deepEqual(faultsOf('serverWelcome', resumed), []);
    for (const wrong of [lacking, { ...resumed, session: 'new' }]) assert.notDeepEqual(faultsOf('serverWelcome', wrong), []);
  });
});
