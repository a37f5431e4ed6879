// relay.test - a call through a real TURN server, with the credentials that Parley issued and nothing else.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PATIENCE_MS, checkMedia, freePort, joinAs, receivedBy, startBrowser, startServer, until } from './harness.mjs';
import { GAP_MAX_MS, recordConnections, recordFrames, relayOnly } from './instruments.mjs';
import { rememberedCount } from './secrets.mjs';

const TURNSERVER = '/usr/bin/turnserver';
const SECRET = 'north-north-north-north-north-north';
const WRONG_SECRET = 'south-south-south-south-south-south';
const SHORT_PATIENCE_MS = 10_000;

const skip = existsSync(TURNSERVER) ? false : `${TURNSERVER} is not installed`;

let browser;
let turn;

before(async () => {
  if (skip) return;
  turn = await startTurn();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await turn?.stop();
});

async function startTurn() {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'parley-turn-'));
  const child = spawn(TURNSERVER, [
    '-n', '--no-cli', '--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1', `--listening-port=${port}`, '--realm=parley.test',
    '--use-auth-secret', `--static-auth-secret=${SECRET}`, '--allow-loopback-peers', '--no-tls', '--no-dtls', '--log-file=stdout',
    `--pidfile=${join(folder, 'pid')}`,
  ], { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder });
  const server = { port, log: '', stop };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (server.log += chunk));
  await until('coturn listens', async () => {
    if (child.exitCode !== null) throw new Error(`coturn ended:\n${server.log}`);
    return isOpen(port);
  });
  return server;

  async function stop() {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

function isOpen(port) {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.on('connect', () => (socket.destroy(), resolve(true))).on('error', () => resolve(false));
  });
}

/** Pages of this server may use TURN only. */
function startServerWith(secret, settings = {}) {
  return startServer({
    settings: { 'turn.servers[0].urls': `turn:127.0.0.1:${turn.port}?transport=udp`, ...settings },
    env: { PARLEY_TURN_SERVERS_0_SECRET: secret },
  });
}

test('two people who can only relay meet through coturn', { skip }, async () => {
  const server = await startServerWith(SECRET);
  const ann = await joinAs(browser, server.room('relay'), 'Ann', { prepare: relayOnly });
  const bob = await joinAs(browser, server.room('relay'), 'Bob', { prepare: relayOnly });

  const sides = await Promise.all([checkMedia(ann, 1), checkMedia(bob, 1)]);

  for (const [{ pair }] of sides) assert.deepEqual([pair.local, pair.remote], ['relay', 'relay']);
  assert.ok(rememberedCount('a TURN password') > 0, 'no password was seen, so that none is searched for in the log');
  await Promise.all([ann.close(), bob.close()]);
  await server.stop();
});

test('credentials made with another secret relay nothing', { skip }, async () => {
  const server = await startServerWith(WRONG_SECRET);
  const ann = await joinAs(browser, server.room('relay'), 'Ann', { prepare: relayOnly });
  const bob = await joinAs(browser, server.room('relay'), 'Bob', { prepare: relayOnly });

  await Promise.all([ann, bob].map((page) => assert.rejects(checkMedia(page, 1, SHORT_PATIENCE_MS), /waited in vain/)));

  await Promise.all([ann.close(), bob.close()]);
  await server.stop();
});

test('when credentials are renewed, relayed pairs restart ICE, by their impolite side alone, and a direct one does not', { skip }, async () => {
  const server = await startServerWith(SECRET, { 'turn.ttl': '60s' });
  const arrive = (room, name, ...more) => joinAs(browser, server.room(room), name, { prepare: [recordConnections, recordPushes, ...more] });
  // Of each pair the one that came first is impolite: Cyd, who needs no relay, is asked by both; Ann and Bob need it both.
  const relayed = [await arrive('relayed', 'Cyd'), await arrive('relayed', 'Ann', relayOnly), await arrive('relayed', 'Bob', relayOnly)];
  const direct = [await arrive('direct', 'Dan'), await arrive('direct', 'Eve')];
  const people = [...relayed, ...direct];
  const checkAll = () => Promise.all([...relayed.map((page) => checkMedia(page, 2)), ...direct.map((page) => checkMedia(page, 1))]);
  await checkAll();
  for (const page of people) await page.evaluate(recordFrames);
  const before = await Promise.all(relayed.map(generationsOf));

  await Promise.all(people.map((page) => page.waitForFunction(() => globalThis.pushes === 1, null, { timeout: PATIENCE_MS })));
  await until('all pairs gathered anew', async () => {
    const now = await Promise.all(relayed.map(generationsOf));
    return now.every((ufrags, side) => ufrags.every((ufrag, index) => ufrag !== before[side][index]));
  });
  for (const page of relayed.slice(1)) await until('the pairs in use are relayed', async () => (await receivedBy(page)).every(({ pair }) => pair?.local === 'relay'));
  await checkAll();

  const records = await Promise.all(people.map((page) => page.evaluate(() => globalThis.record)));
  // Ann restarts for her own credentials and for Bob's: once if both were renewed within 3 s, which a slow machine does not grant.
  const [cyd, ann, ...others] = records.map(({ restarts }) => restarts);
  assert.ok(cyd === 2 && (ann === 1 || ann === 2), `Cyd: ${cyd}, Ann: ${ann}`);
  assert.deepEqual(others, [0, 0, 0]);
  assert.deepEqual(records.map(({ made, closed }) => [made, closed]), [[2, 0], [2, 0], [2, 0], [1, 0], [1, 0]]);
  // A starved machine may be late with a consent check (`disconnected`); whether that harms is told by the frames.
  for (const { states } of records) assert.deepEqual(states.filter((state) => ['failed', 'closed'].includes(state)), []);
  for (const page of people) assert.ok((await page.evaluate(() => globalThis.frames.longestGapMs)) < GAP_MAX_MS);
  await Promise.all(people.map((page) => page.close()));
  await server.stop();
});

/** What names the ICE generation in use, of each connection. */
function generationsOf(page) {
  return page.evaluate(() => globalThis.connections.map((pc) => /a=ice-ufrag:(\S+)/.exec(pc.currentLocalDescription.sdp)[1]));
}

/** In the page, before anything else: counts the credentials that the server pushed. */
function recordPushes() {
  globalThis.pushes = 0;
  globalThis.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener('message', ({ data }) => (globalThis.pushes += JSON.parse(data).type === 'ice-servers' ? 1 : 0));
    }
  };
}
