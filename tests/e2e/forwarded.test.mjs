// forwarded.test.mjs - scenes of who is believed when it says who calls: trusted proxies, in one header, and nobody else (T-14).
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';

import { dial, openPeer, startServer, upgradeRequest } from './harness.mjs';

let server;
const serve = async (config) => (server = await startServer({ config: { 'limits.address_connections': 2, ...config } }));
afterEach(() => server.stop());

/** The status of an upgrade with these headers: 101, or 429 for one too many of an address. */
const knock = (headers) => openPeer(server, 'blue', { headers }).then(() => 101, ({ status }) => status);
const statusesOf = async (headers) => [await knock(headers(1)), await knock(headers(2)), await knock(headers(3))];

const TRUSTED = { 'server.trusted_proxies': '127.0.0.0/8,::1' };
const STANDARD = { ...TRUSTED, 'server.forwarded_header': 'forwarded' };

describe('a proxy that is trusted', () => {
  test('is believed: each caller has limits of its own', async () => {
    await serve(TRUSTED);
    assert.deepEqual(await statusesOf((n) => ({ 'X-Forwarded-For': `192.0.2.${n}` })), [101, 101, 101]);
    assert.deepEqual(await statusesOf(() => ({ 'X-Forwarded-For': '192.0.2.77' })), [101, 101, 429]);
    const { address } = await server.logged('http.refused', ({ code }) => code === 'address_limit');
    assert.equal(address, '192.0.2.77', 'the log has the caller too');
  });

  test('is believed from the right: what a client wrote before it changes nothing', async () => {
    await serve(TRUSTED);
    assert.deepEqual(await statusesOf((n) => ({ 'X-Forwarded-For': `198.51.100.${n}, 192.0.2.7, 127.0.0.9` })), [101, 101, 429]);
  });

  test('is believed in several lines of X-Forwarded-For as in one', async () => {
    await serve(TRUSTED);
    const lines = (n) => `X-Forwarded-For: 198.51.100.${n}\r\nX-Forwarded-For: 192.0.2.7\r\n`;
    const statuses = [];
    for (const n of [1, 2, 3]) {
      const connection = await dial(server.address);
      connection.write(upgradeRequest(server.address, '/v1/rooms/blue/ws').replace('\r\n', `\r\n${lines(n)}`));
      statuses.push((await connection.head()).status);
    }
    assert.deepEqual(statuses, [101, 101, 429]);
  });

  test('may write the header of RFC 7239 instead', async () => {
    await serve(STANDARD);
    assert.deepEqual(await statusesOf((n) => ({ Forwarded: `for="[2001:db8:${n}::1]:4711";proto=https` })), [101, 101, 101]);
    assert.deepEqual(await statusesOf((n) => ({ Forwarded: `for=198.51.100.${n}, for=192.0.2.7` })), [101, 101, 429]);
  });

  test('passes the other header on as the client forged it, and that is not read', async () => {
    await serve(TRUSTED);
    const first = (n) => ({ 'X-Forwarded-For': '192.0.2.7', Forwarded: `for=198.51.100.${n}` });
    assert.deepEqual(await statusesOf(first), [101, 101, 429]);
    await server.stop();
    await serve(STANDARD);
    const second = (n) => ({ Forwarded: 'for=192.0.2.7', 'X-Forwarded-For': `198.51.100.${n}` });
    assert.deepEqual(await statusesOf(second), [101, 101, 429]);
  });

  test('that cannot be understood is itself the caller, which is counted, and logged once', async () => {
    await serve(TRUSTED);
    const hostile = ['unknown', `${'198.51.100.1, '.repeat(200)}192.0.2.1`, '192.0.2.1, "'];
    const statuses = [];
    for (const value of hostile) statuses.push(await knock({ 'X-Forwarded-For': value }));

    assert.deepEqual(statuses, [101, 101, 429]);
    assert.equal(await server.metric('parley_forwarded_ignored_total'), 3);
    const told = server.lines.filter(({ event }) => event?.event === 'forwarded.ignored');
    assert.ok(told.length >= 1 && told.length <= 2, 'at most one a second');
    assert.equal(told[0].event.proxy, '127.0.0.1');
  });
});

describe('anybody else', () => {
  test('is not believed, in neither header (T-14)', async () => {
    await serve({ 'server.trusted_proxies': '192.0.2.0/24' });
    assert.deepEqual(await statusesOf((n) => ({ 'X-Forwarded-For': `198.51.100.${n}` })), [101, 101, 429]);
    assert.equal(await knock({ Forwarded: 'for=198.51.100.9' }), 429);
    assert.equal(await server.metric('parley_forwarded_ignored_total'), 0, 'what was not looked at is not counted');
  });

  test('is not believed when nobody is trusted, as it is by default', async () => {
    await serve({ 'server.forwarded_header': 'forwarded' });
    assert.deepEqual(await statusesOf((n) => ({ Forwarded: `for=198.51.100.${n}` })), [101, 101, 429]);
  });
});
