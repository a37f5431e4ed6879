// proxy.test.mjs - the chaos proxy does what it is told, and nothing else.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';

import { eventually, within } from '../e2e/support/wait.mjs';
import { ChaosProxy } from './proxy.mjs';
import { Random } from './random.mjs';

let server, proxy, port, accepted;

/** A socket that remembers what it heard and how it ended. */
function ear(socket) {
  socket.heard = '';
  socket.fate = null;
  socket.setEncoding('latin1');
  socket.on('data', (text) => (socket.heard += text));
  socket.on('end', () => (socket.fate ??= 'fin'));
  socket.on('error', (error) => (socket.fate ??= error.code === 'ECONNRESET' || error.code === 'EPIPE' ? 'rst' : error.code));
  socket.hears = (text) => within(eventuallyHeard(socket, text), () => `${text}; heard: ${socket.heard}`);
  socket.ends = () => within(eventuallyEnded(socket), 'the end of a connection');
  return socket;
}

async function eventuallyHeard(socket, text) {
  while (!socket.heard.includes(text)) await once(socket, 'data');
}

async function eventuallyEnded(socket) {
  while (socket.fate === null) await Promise.race([once(socket, 'end'), once(socket, 'close')]).catch(() => {});
  return socket.fate;
}

/** Connects through the proxy: {client, server}, both ends. */
async function dial() {
  const client = ear(connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
  await within(eventually(async () => (await tick(), accepted.length > 0), 'a connection'), 'a connection');
  return { client, server: accepted.shift() };
}

const tick = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(async () => {
  accepted = [];
  server = createServer({ allowHalfOpen: true }, (socket) => accepted.push(ear(socket)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = new ChaosProxy();
  port = await proxy.listen(server.address().port);
});

afterEach(() => {
  proxy.close();
  server.close();
});

test('what is said comes through both ways, and ends are passed on one way at a time', async () => {
  const { client, server: far } = await dial();

  client.end('ask');

  await far.hears('ask');
  assert.equal(await far.ends(), 'fin');
  far.end('answer');
  await client.hears('answer');
  assert.equal(await client.ends(), 'fin');
});

test('a reset of one side is a reset of the other', async () => {
  const { client, server: far } = await dial();
  client.write('here');
  await far.hears('here');

  far.resetAndDestroy();

  assert.equal(await client.ends(), 'rst');
});

test('a cut resets both sides, or ends them with a FIN', async () => {
  for (const how of ['rst', 'fin']) {
    const { client, server: far } = await dial();
    client.write('here');
    await far.hears('here');

    proxy.pairs[0].cut(how);

    assert.deepEqual([await client.ends(), await far.ends()], [how, how]);
    assert.equal(proxy.pairs.length, 0);
  }
});

test('a cut after so many bytes lets exactly these through', async () => {
  const { client, server: far } = await dial();
  client.write('one');
  await far.hears('one');

  proxy.pairs[0].cutAfter('up', 4);
  client.write('two');
  client.write('three');

  await far.ends();
  assert.equal(far.heard, 'onetwot');
  assert.equal(await client.ends(), 'rst');
});

test('nothing passes a frozen connection, and all of it, ends included, once it thaws', async () => {
  const frozen = await dial();
  const [pair] = proxy.pairs;
  const open = await dial();
  frozen.client.write('a');
  await frozen.server.hears('a');

  pair.freeze();
  frozen.client.end('b');
  open.client.write('past it');
  await open.server.hears('past it');
  assert.deepEqual([frozen.server.heard, frozen.server.fate, pair.isFrozen], ['a', null, true]);
  pair.thaw();

  await frozen.server.hears('ab');
  assert.equal(await frozen.server.ends(), 'fin');
});

test('what is cut while it is being shut down is closed all the same', async () => {
  const { client, server: far } = await dial();
  const [pair] = proxy.pairs;
  pair.freeze();
  client.end('b');
  // What comes on another connection afterwards shows that the proxy has read the end.
  const other = await dial();
  other.client.write('later');
  await other.server.hears('later');

  pair.thaw();
  pair.cut();

  await Promise.all([client.ends(), far.ends()]);
  assert.equal(proxy.pairs.includes(pair), false);
});

test('more than a pipe holds waits at its sender, and comes through unharmed', async () => {
  const { client, server: far } = await dial();
  const long = 'x'.repeat(5_000_000);

  proxy.pairs[0].freeze(50);
  client.end(long);

  assert.equal(await far.ends(), 'fin');
  assert.equal(far.heard.length, long.length);
});

test('delays of their own let one connection overtake another, and keep the order within each', async () => {
  const [slow, quick] = [await dial(), await dial()];
  const order = [];
  slow.server.once('data', () => order.push('slow'));
  quick.server.once('data', () => order.push('quick'));

  proxy.pairs[0].delay({ up: 150 }, 1000);
  const from = performance.now();
  slow.client.write('1');
  slow.client.write('2');
  quick.client.write('3');

  await slow.server.hears('12');
  assert.ok(performance.now() - from >= 150);
  assert.deepEqual(order, ['quick', 'slow']);
});

test('a throttled connection takes its time', async () => {
  const { client, server: far } = await dial();

  proxy.pairs[0].throttle(10_000, 60_000);
  const from = performance.now();
  client.end('x'.repeat(3000));

  assert.equal(await far.ends(), 'fin');
  assert.equal(far.heard.length, 3000);
  assert.ok(performance.now() - from >= 200, `${performance.now() - from} ms`);
});

test('while it refuses, new connections are reset and old ones go on', async () => {
  const old = await dial();

  proxy.refuse(60_000);
  const refused = ear(connect({ port, host: '127.0.0.1' }));

  assert.equal(await refused.ends(), 'rst');
  assert.equal(proxy.refused, 1);
  old.client.write('still here');
  await old.server.hears('still here');
});

test('a server that is down is a reset for who connects', async () => {
  server.close();
  proxy.target = 1;

  const client = ear(connect({ port, host: '127.0.0.1' }));

  assert.equal(await client.ends(), 'rst');
});

test('the same seed gives the same numbers, another gives others', () => {
  const draw = (seed) => {
    const random = new Random(seed);
    return [random.between(1, 6), random.unit(), random.pick(['a', 'b', 'c']), ...random.fork().some([1, 2, 3, 4], 2)];
  };

  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
  const random = new Random(1);
  const counts = Array(6).fill(0);
  for (let i = 0; i < 6000; i += 1) counts[random.between(0, 5)] += 1;
  assert.ok(counts.every((count) => count > 800 && count < 1200), String(counts));
});
