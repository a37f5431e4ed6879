// death - `node tests/chaos/death.mjs`: how long a node's clients are away when it is killed, with the real SDK, behind HAProxy.
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { Client } from './client.mjs';
import { ClusterUnderTest } from './cluster.mjs';
import { Random } from './random.mjs';

const { values } = parseArgs({ options: { sessions: { type: 'string', default: '2000' }, nodes: { type: 'string', default: '3' } } });
const [sessions, nodes] = [Number(values.sessions), Number(values.nodes)];
const ROOM_SIZE = 4;
const SETTLE_MS = 3000;
const PATIENCE_MS = 60_000;

const random = new Random(1);
const cluster = new ClusterUnderTest(nodes, { rooms: { grace: '30s' } }, 'release');
/** What each client noted since the kill: [ms, event]. @type {Map<string, [number, string][]>} */
const notes = new Map();
let killed = 0;
const history = {
  get nowMs() {
    return performance.now();
  },
  write(name, event) {
    if (killed) notes.set(name, [...(notes.get(name) ?? []), [performance.now() - killed, event]]);
  },
};

async function untilAll(clients) {
  const end = performance.now() + PATIENCE_MS;
  while (!clients.every((client) => client.isConnected)) {
    if (performance.now() > end) throw new Error('not everybody is there');
    await pause(50);
  }
}

function percentiles(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN);
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

await cluster.start();
const clients = Array.from({ length: sessions }, (_, index) => {
  const room = `r${Math.floor(index / ROOM_SIZE)}`;
  return new Client(`c${index}`, { url: `wss://127.0.0.1:${cluster.port}`, ca: cluster.certificate, room, history, random: random.fork(), distort: null });
});
for (const client of clients) {
  void client.start();
  await pause(3);
}
await untilAll(clients);
await pause(SETTLE_MS);
killed = performance.now();
const killedAt = Date.now();
await cluster.pick(random).kill();
await pause(SETTLE_MS * 2);
await untilAll(clients);
const firstOf = (events, wanted) => events.find(([, event]) => wanted.test(event))?.[0];
const all = [...notes.values()];
const away = all.filter((events) => firstOf(events, /^down/) !== undefined);
const moved = all.filter((events) => firstOf(events, /^down/) === undefined && firstOf(events, /^(resumed|rebuilt)/) !== undefined);
process.stdout.write(`sessions ${sessions}, nodes ${nodes}\n`);
process.stdout.write(`lost their node, ms until they are back: ${JSON.stringify(percentiles(away.map((events) => firstOf(events, /^(resumed|rebuilt)/))))}\n`);
process.stdout.write(`lost their home only, ms until it is another: ${JSON.stringify(percentiles(moved.map((events) => firstOf(events, /^(resumed|rebuilt)/))))}\n`);
process.stdout.write(`told that somebody left: ${all.filter((events) => firstOf(events, /^left/) !== undefined).length}, that a session ended: ${all.filter((events) => firstOf(events, /^end/) !== undefined).length}\n`);
const gone = cluster.log.split('\n').filter((line) => line.includes('cluster.node_gone')).map((line) => Math.round(Date.parse(JSON.parse(line).ts) - killedAt));
process.stdout.write(`the others took it for gone after, ms: ${gone.join(', ')}\n`);
await cluster.kill();
process.exit(0);
