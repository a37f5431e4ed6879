// crowd - a thread of scripted clients in rooms of 2 to 5; told by the campaign when to send, to look, and to end.
import { parentPort, workerData } from 'node:worker_threads';

import { Client } from './client.mjs';
import { DISTORTIONS } from './distortions.mjs';
import { HistoryPart } from './history.mjs';
import { Random } from './random.mjs';

const TICK_MS = 25;
const REPORT_MS = 200;
/** What may be under way from one client: enough to keep the path busy, and now and then to fill a mailbox. */
const OUTSTANDING_MAX = 64;
/** After so many messages, on average, a client leaves, or vanishes, and comes anew. */
const STAY_MESSAGES = 3000;
/** How many messages are sent at once, and how often; receipts are gathered the better for it. */
const BURSTS = /** @type {const} */ ([
  [1, 40],
  [5, 30],
  [25, 30],
]);
const BURST_MEAN = 9.4;
const LENGTHS = /** @type {const} */ ([
  [30, 60],
  [300, 30],
  [3000, 9],
  [30_000, 1],
]);

const { part, origin, seed, rooms, url, ca, perSecond, distortion, comesAndGoes } = workerData;
const random = new Random(seed);
const history = new HistoryPart(part, origin);
const clients = rooms.flatMap(({ name, size }) =>
  Array.from({ length: size }, (_, index) => {
    const distort = distortion && DISTORTIONS[distortion]();
    return new Client(`${name}.${index}`, { url, ca, room: name, history, random: random.fork(), distort });
  }),
);
let isSending = false;

function tick() {
  const due = (perSecond / clients.length) * (TICK_MS / 1000);
  for (const client of clients) {
    const count = random.happens(due / BURST_MEAN) ? random.weighed(BURSTS) : 0;
    for (let i = 0; i < count && client.outstanding < OUTSTANDING_MAX; i += 1) client.send(random.weighed(LENGTHS));
    if (comesAndGoes && client.isLive && random.happens(due / STAY_MESSAGES)) goAndComeBack(client);
  }
}

/** @param {Client} client */
function goAndComeBack(client) {
  if (random.happens(0.7)) client.leave();
  else client.vanish();
  setTimeout(() => void client.start(), random.between(0, 3000));
}

function report() {
  const connected = clients.filter((client) => client.isConnected).length;
  const outstanding = clients.reduce((sum, client) => sum + client.outstanding, 0);
  parentPort.postMessage({ clients: clients.length, connected, outstanding, counts: clients.map(({ counts }) => counts) });
}

const COMMANDS = {
  send: () => (isSending = true),
  hold: () => (isSending = false),
  roam: () => random.pick(clients).roam(),
  look: () => clients.forEach((client) => client.look()),
  close: async () => {
    await history.close();
    report();
    parentPort.postMessage('closed');
    clearInterval(reports);
    for (const client of clients) client.leave();
  },
};

parentPort.on('message', (command) => void COMMANDS[command]());
setInterval(() => isSending && tick(), TICK_MS);
const reports = setInterval(report, REPORT_MS);
for (const client of clients) void client.start();
