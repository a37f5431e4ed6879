// node_versions.test.mjs - scenes of a node beside one that is older, or newer, and says less, or more, than it does itself.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';

import { connectPeer, plant, skipWithoutRedis, startRedis, startServer } from './harness.mjs';
import { BusNode, byte, number, text } from './support/bus_node.mjs';

const KEY = plant('cluster key', 'a-cluster-key-of-nodes-that-are-not-of-one-version');
const REQUEST = 1;
const DELIVERY = 2;
const UNKNOWN = 250;
const JOIN = 0;
const WELCOME = 0;
const CLIENT = 7;
const BOB = 'B'.repeat(22);
const GRANTS = 0b1_1110; // publish, subscribe, publish data, update oneself

const record = (...fields) => text(Buffer.concat(fields).toString('latin1'));

/** bob joins the room by a connection of that node; `more` is what a later version says after all that is known. */
function joinOf(room, more) {
  const head = [byte(REQUEST), byte(JOIN), number(CLIENT), number(0), byte(0), number(0), number(-1)];
  const profile = record(text('bob'), text(''), text(''), byte(0), byte(0), byte(GRANTS), more);
  return Buffer.concat([...head, text(room), Buffer.from(BOB), profile, byte(1), number(Math.floor(Date.now() / 1000) + 600), more]);
}

/** The type of the event, and the client that hears it. */
const deliveryOf = (payload) => ({ event: payload[1], client: Number(payload.readBigUInt64BE(6)) });

const BEFORE_GOODBYES = Buffer.alloc(0);
const AFTER_ALL = Buffer.concat([byte(0), number(0), number(0), number(0), text('what nobody knows yet')]);

describe('a node of another version', { skip: skipWithoutRedis }, () => {
  let redis, node, other;
  beforeEach(async () => {
    redis = await startRedis();
    node = await startServer({ config: { 'cluster.node_name': 'ours' }, env: { PARLEY_CLUSTER_KEY: KEY, PARLEY_CLUSTER_REDIS_URL: redis.url } });
    await node.logged('bus.up');
  });
  afterEach(async () => {
    other?.close();
    await node.stop();
    await redis.kill();
  });

  for (const [kind, version, later, more] of [
    ['older', 1, BEFORE_GOODBYES, BEFORE_GOODBYES],
    ['newer', 2, AFTER_ALL, text('more')],
  ]) {
    test(`that is ${kind} is a member, and its peers are in rooms of this one`, async () => {
      const ann = await connectPeer(node, 'versions', { sub: 'ann' }, { receipts: true });
      other = new BusNode(redis.url, KEY, { name: kind, version, later });
      await node.logged('cluster.node_joined', ({ name }) => name === kind);
      await other.bind();

      other.say(Buffer.concat([byte(UNKNOWN), text('of a type that only it knows')]));
      other.say(joinOf('versions', more));

      const joined = await ann.expect('peer-joined');
      const { version: spoken, payload } = await other.hear((said) => said[0] === DELIVERY && said[1] === WELCOME, 'a welcome');
      assert.deepEqual([joined.peer.id, joined.peer.identity], [BOB, 'bob']);
      assert.equal(deliveryOf(payload).client, CLIENT);
      assert.equal(spoken, 1, 'the highest version that both read');
      assert.ok(!node.lines.some(({ event }) => event?.event === 'cluster.link_broken'));
    });
  }
});
