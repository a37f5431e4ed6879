// cluster.test - a call of three whose peers are on three nodes: each node dies in turn, and Redis is gone for a minute; nobody notices.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';

import { ChaosProxy } from '../chaos/proxy.mjs';
import { skipWithoutRedis, startRedis } from '../e2e/support/redis.mjs';
import { PATIENCE_MS, checkMedia, joinAs, shoot, startAgain, startBrowser, startServer, until } from './harness.mjs';
import { checkUntouched, idsOf, recalled, recordCall, recordConnections, recordFrames, recordNotes, say } from './instruments.mjs';

const NAMES = ['Ann', 'Bob', 'Cyd'];
const OUTAGE_MS = Number(process.env.PARLEY_OUTAGE_MS ?? 60_000);

let redis, browser;
/** Each person's way to the cluster: as a load balancer's, it leads to another node when its own is gone. */
const ways = [];
const nodes = [];
let people = [];

before(async () => {
  redis = await startRedis();
  const env = {
    PARLEY_CLUSTER_KEY: randomBytes(32).toString('base64'),
    PARLEY_CLUSTER_REDIS_URL: redis.url,
    PARLEY_AUTH_KEYS: `dev: ${randomBytes(32).toString('base64')}`, // which all nodes mint with
  };
  for (const name of NAMES) {
    const node = await startServer({ env, settings: { 'cluster.node_name': name } });
    const way = new ChaosProxy();
    const port = await way.listen(node.ports.server);
    nodes.push(node);
    ways.push({ way, url: `http://127.0.0.1:${port}/r/cluster` });
  }
  await untilJoinedBy(nodes);
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  for (const { way } of ways) way.close();
  for (const node of nodes) await node.stop();
  await redis?.kill();
});
afterEach(async () => {
  for (const page of people) assert.deepEqual(page.problems.filter((problem) => !/ERR_CONNECTION|WebSocket/.test(problem)), []);
});

/** Leads a person to another node: the connection is cut, and the next one goes there. */
async function leadTo(person, node) {
  const page = people[person];
  const before = (await recalled(page)).told.filter((event) => event === 'resumed').length;
  ways[person].way.target = nodes[node].ports.server;
  for (const pair of ways[person].way.pairs) pair.cut();
  await until(`${NAMES[person]} is back`, async () => (await recalled(page)).told.filter((event) => event === 'resumed').length > before);
  await untilAllJoined();
}

const timesJoined = ({ log }, name) => log.split('\n').filter((line) => line.includes('cluster.node_joined') && line.includes(name)).length;

/** Each of them has heard of two others. */
const untilJoinedBy = (some) => until('the nodes know each other', () => some.every((node) => NAMES.filter((name) => timesJoined(node, name) > 0).length === 2));

const isJoined = (page) => page.evaluate(() => document.querySelector('#call').call?.state === 'joined');
const untilAllJoined = () => until('all are joined', async () => (await Promise.all(people.map(isJoined))).every(Boolean), PATIENCE_MS);

async function everybodyHears(text) {
  await people[0].evaluate(say, text);
  for (const page of people.slice(1))
    await until(`${text} is heard`, () => page.evaluate((wanted) => globalThis.heard.filter((one) => one === wanted).length === 1, `Ann: ${text}`));
}

test('three people on three nodes are in one call', { skip: skipWithoutRedis }, async () => {
  for (const [index, name] of NAMES.entries()) people.push(await joinAs(browser, ways[index].url, name, { prepare: [recordConnections, recordNotes] }));
  await Promise.all(people.map((page) => checkMedia(page, 2)));
  for (const page of people) await page.evaluate(recordCall);
  for (const page of people) await page.evaluate(recordFrames);
  await everybodyHears('hello');
});

test('each node is killed in turn, and another takes its place: the same peers, no media touched', { skip: skipWithoutRedis }, async () => {
  const ids = await Promise.all(people.map((page) => page.evaluate(idsOf)));
  for (const index of NAMES.keys()) {
    await nodes[index].stop('SIGKILL');
    await leadTo(index, (index + 1) % 3);
    await everybodyHears(`without ${NAMES[index]}'s node`);
    const known = nodes.map((node) => timesJoined(node, NAMES[index]));
    nodes[index] = await startAgain(nodes[index]);
    await until('it is known again', () => nodes.every((node, at) => at === index || timesJoined(node, NAMES[index]) > known[at]));
    await leadTo(index, index);
    await everybodyHears(`with ${NAMES[index]}'s node again`);
  }
  await untilAllJoined();
  await Promise.all(people.map((page) => checkMedia(page, 2)));
  await shoot(people[0], 'cluster-after-kills');
  for (const [index, page] of people.entries()) await checkUnnoticed(page, ids[index]);
});

test('Redis is gone for a minute: the call goes on, and what was said meanwhile arrives', { skip: skipWithoutRedis }, async () => {
  const ids = await Promise.all(people.map((page) => page.evaluate(idsOf)));
  await redis.kill();
  await people[0].evaluate(say, 'said without Redis');
  const end = Date.now() + OUTAGE_MS;
  while (Date.now() < end) await Promise.all(people.map((page) => checkMedia(page, 2)));
  for (const { ports } of nodes) assert.equal((await fetch(`http://127.0.0.1:${ports.admin}/readyz`)).status, 200);
  await redis.start();
  for (const page of people.slice(1)) await until('it is heard', () => page.evaluate(() => globalThis.heard.filter((one) => one === 'Ann: said without Redis').length === 1));
  await everybodyHears('said with Redis again');
  await Promise.all(people.map((page) => checkMedia(page, 2)));
  for (const [index, page] of people.entries()) await checkUnnoticed(page, ids[index]);
});

/** Whoever looks only at the call has not noticed. */
async function checkUnnoticed(page, ids) {
  const { told } = await checkUntouched(page, ids);
  assert.equal(ids.peers.length, 2);
  assert.deepEqual(told.filter((event) => /^(peer-left|peer-joined|rejoined|warning|ended)/.test(event)), []);
}
