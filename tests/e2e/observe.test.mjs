// observe.test.mjs - scenes of an operator who looks on: logs that parse, metrics that are sound, and neither tells too much.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import {
  ROOT,
  connectPeer,
  eventually,
  faultOfLine,
  meet,
  mintToken,
  openPeer,
  rawRequest,
  rawUpgrade,
  startServer,
} from './harness.mjs';
import { checkMetrics } from './support/promtool.mjs';

const STRINGS = join(ROOT, '..', 'shared', 'data', 'strings', 'blns.json');
const skip = existsSync(STRINGS) ? false : `there is no ${STRINGS}`;
/** Names that a token may carry: at most 256 bytes. */
const namesOf = (texts) => texts.filter((text) => Buffer.byteLength(text) <= 256);
/** A few of our own, for where the list is not there. */
const OWN_NAMES = [
  'a\nb=c',
  'level=error event=x',
  '\u001b[31mred',
  '\u202egnp.exe',
  '"}{"event":"x"',
  '\u2028',
  'é🙂',
  '',
  ' ',
  '\\',
  '%s%n',
];

for (const format of ['json', 'logfmt']) {
  describe(`the log in ${format}`, () => {
    let server;
    before(async () => {
      server = await startServer({ config: { 'log.format': format } });
    });
    after(() => server.stop());

    const joinsSeen = () => server.lines.filter(({ event }) => event?.event === 'peer.join');

    /** Lets everyone of these names join, one after another, and gives the line that each one's join is worth. */
    async function logJoins(room, names) {
      const bob = await connectPeer(server, room, { sub: 'bob' });
      await server.logged('peer.join', (event) => event.peer === bob.id);
      const before = joinsSeen().length;
      for (const name of names) {
        const ann = await connectPeer(server, room, { sub: 'ann', name });
        const { peer } = await bob.expect('peer-joined');
        assert.equal(peer.name, name);
        await server.logged('peer.join', (event) => event.peer === ann.id);
        await ann.leave();
        await bob.expect('peer-left');
      }
      return joinsSeen().slice(before);
    }

    test('T-43: the naughtiest names go through join and roster unharmed, each with one line in the log', { skip }, async () => {
      const names = namesOf(JSON.parse(readFileSync(STRINGS, 'utf8')));
      const lines = await logJoins('naughty', names);
      assert.equal(lines.length, names.length);
      lines.forEach(({ event }, index) => assert.equal(event.name, names[index]));
    });

    test('T-43: names made to forge lines do not', async () => {
      const lines = await logJoins('forged', OWN_NAMES);
      assert.deepEqual(
        lines.map(({ event }) => event.name),
        OWN_NAMES,
      );
    });

    test('T-43: the same for identities, also in the roster', async () => {
      const bob = await connectPeer(server, 'identities', { sub: 'bob' });
      for (const sub of OWN_NAMES.filter(Boolean)) {
        const ann = await connectPeer(server, 'identities', { sub });
        assert.equal((await bob.expect('peer-joined')).peer.identity, sub);
        assert.equal((await server.logged('peer.join', (event) => event.peer === ann.id)).identity, sub);
        await ann.leave();
        await bob.expect('peer-left');
      }
    });

    test('what requests hold does not get into the log unescaped', async () => {
      for (const path of ['/%0a%0dlevel=error', '/\u001b[31m', '/v1/rooms/a%0ab/ws', `/${'x'.repeat(3000)}`]) {
        await rawRequest(server.address, `GET ${path} HTTP/1.1\r\nHost: ${server.address}\r\nX-Forwarded-For: a\r\n\r\n`).catch(
          () => null,
        );
      }
      const refused = await rawUpgrade(server, 'x', { headers: { Origin: 'https://evil.com" level=error' } });
      await refused.closed();
    });

    test('T-43: every line is one event, printable, and at most 2 KiB', async () => {
      const faults = server.lines.map(({ line }) => [faultOfLine(line), line]).filter(([fault]) => fault);
      assert.deepEqual(faults, []);
      assert.ok(server.lines.length > 20);
    });

    test('the events of a life have stable names and lead to each other', async () => {
      const [ann] = await meet(server, 'life', 'ann');
      await ann.leave();
      const join = await server.logged('peer.join', ({ peer }) => peer === ann.id);
      const leave = await server.logged('peer.leave', ({ peer }) => peer === ann.id);
      assert.deepEqual([join.room, leave.room, leave.reason], ['life', 'life', 'left']);
      assert.equal(join.conn, leave.conn);
      await server.logged('connection.close', ({ conn }) => conn === join.conn);

      const eve = await openPeer(server, 'life');
      eve.send({ type: 'hello', token: mintToken({ exp: 1, video: { room: 'life' } }) });
      await eve.closed();
      const reject = await server.logged('auth.reject', ({ room }) => room === 'life');
      assert.equal(reject.code, 'auth_expired');
      for (const event of [join, leave, reject]) assert.ok(event.level && event.ts, JSON.stringify(event));
    });
  });
}

describe('metrics', () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server.stop());

  /** The series of a page: name and labels, without the values. */
  const seriesOf = (page) =>
    page
      .split('\n')
      .filter((line) => line && !line.startsWith('#'))
      .map((line) => line.replace(/ [^ ]*$/, ''));

  test('promtool finds no fault with them', async () => {
    await meet(server, 'promtool', 'ann', 'bob');
    const { status, text } = await checkMetrics(await server.metricsText());
    assert.deepEqual([status, text], [0, '']);
  });

  test('promtool does find faults where there are some', async () => {
    const page = await server.metricsText();
    const broken = [
      page.replace(/^# TYPE parley_joins_total counter$/m, '# TYPE parley_joins_total gauge'),
      `${page}parley_joins_total{\n`,
      `${page}${page}`,
    ];
    for (const text of broken) assert.notEqual((await checkMetrics(text)).status, 0);
  });

  test('they are text of version 0.0.4, and on the admin listener only', async () => {
    const answer = await fetch(`${server.adminUrl}/metrics`);
    assert.match(answer.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
    assert.equal((await fetch(`${server.url}/metrics`)).status, 404);
    for (const path of ['/livez', '/readyz']) assert.equal((await fetch(`${server.adminUrl}${path}`)).status, 200);
    for (const path of ['/', '/v1/turn/credentials', '/v1/rooms/x/ws'])
      assert.equal((await fetch(`${server.adminUrl}${path}`)).status, 404);
  });

  test('gauges and counters tell what happens', async () => {
    const fresh = await startServer();
    const [ann, bob] = await meet(fresh, 'counted', 'ann', 'bob');
    await ann.request({ type: 'relay', to: bob.id, body: 1 });
    await connectPeer(fresh, 'counted', { sub: 'eve', exp: 1 }).catch(() => null);

    const gauges = async () => ({
      rooms: await fresh.metric('parley_rooms'),
      peers: await fresh.metric('parley_peers'),
      connections: await fresh.metric('parley_connections', 'transport="ws"'),
    });
    const isRight = ({ rooms, peers, connections }) => rooms === 1 && peers === 2 && connections === 2;
    await eventually(async () => isRight(await gauges()), 'one room, two peers and two connections'); // taken once a second

    const counters = {
      joined: await fresh.metric('parley_joins_total', 'result="ok"'),
      relayedIn: await fresh.metric('parley_messages_total', 'type="relay",direction="in"'),
      relayedOut: await fresh.metric('parley_messages_total', 'type="relay",direction="out"'),
      expired: await fresh.metric('parley_auth_failures_total', 'auth_expired'),
      timed: await fresh.metric('parley_join_seconds_count'),
    };
    assert.deepEqual(counters, { joined: 2, relayedIn: 1, relayedOut: 1, expired: 1, timed: 2 });
    await fresh.stop();
  });

  test('T-44: after a thousand rooms there are as many series as before, and no name in any of them', async () => {
    const before = seriesOf(await server.metricsText());
    const word = `word-${randomBytes(8).toString('hex')}`;

    for (let hundred = 0; hundred < 10; hundred++) {
      const rooms = Array.from({ length: 100 }, (_, index) => `${word}-${hundred}-${index}`);
      const peers = await Promise.all(rooms.map((room) => connectPeer(server, room, { sub: `${word}-identity` })));
      for (const peer of peers) peer.send({ type: word });
      await Promise.all(peers.map((peer) => peer.leave()));
    }

    const page = await server.metricsText();
    assert.deepEqual(seriesOf(page), before);
    assert.ok(!page.includes(word));
    await eventually(async () => (await server.metric('parley_peers')) <= 10, 'the rooms to be empty');
  });
});
