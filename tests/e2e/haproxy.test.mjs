// haproxy.test.mjs - scenes behind Debian's HAProxy: calls go through it, and limits count the caller, not the proxy.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { spawnSync } from 'node:child_process';

import { UpgradeRefused, connectPeer, openPeer, startServer } from './harness.mjs';
import { startHaproxy } from './support/haproxy.mjs';

const skip = spawnSync('haproxy', ['-v']).error ? 'haproxy is not installed' : false;

/** Callers that HAProxy sees under different addresses; all of 127/8 is loopback. */
const from = (localAddress) => ({ localAddress });

describe('behind HAProxy', { skip }, () => {
  let server, proxy;
  before(async () => {
    server = await startServer({
      config: {
        'server.trusted_proxies': '127.0.0.1/32',
        'limits.address_connections': 2,
        'server.public_url': 'https://call.example.org',
      },
    });
    proxy = await startHaproxy(server);
  });
  after(async () => {
    await proxy.stop();
    await server.stop();
  });

  test('ann over wss and bob over ws meet, and messages pass both ways', async () => {
    const ann = await connectPeer(proxy.tls, 'meet', { sub: 'ann' }, {}, { ca: proxy.ca, ...from('127.0.0.11') });
    const bob = await connectPeer(proxy.plain, 'meet', { sub: 'bob' }, {}, from('127.0.0.12'));
    await ann.expect('peer-joined');

    ann.send({ type: 'relay', to: bob.id, kind: 'offer', body: 'over tls' });
    bob.send({ type: 'relay', to: ann.id, kind: 'answer', body: 'over plain' });

    assert.equal((await bob.expect('relay')).body, 'over tls');
    assert.equal((await ann.expect('relay')).body, 'over plain');
    assert.equal((await bob.leave()).code, 1000);
    assert.equal((await ann.expect('peer-left')).reason, 'left');
    await ann.leave();
  });

  test('the third connection of one caller is refused, another caller is let in', async () => {
    for (const sub of ['ann', 'bob']) await connectPeer(proxy.plain, 'counted', { sub }, {}, from('127.0.0.21'));

    const third = await openPeer(proxy.plain, 'counted', from('127.0.0.21')).catch((error) => error);
    const other = await connectPeer(proxy.plain, 'counted', { sub: 'cyd' }, {}, from('127.0.0.22'));

    assert.ok(third instanceof UpgradeRefused);
    assert.deepEqual([third.status, JSON.parse(third.body).code], [429, 'address_limit']);
    assert.equal(other.welcome.peers.length, 2);
  });

  test('a caller cannot hide behind an X-Forwarded-For of its own', async () => {
    const claim = (address) => ({ ...from('127.0.0.31'), headers: { 'X-Forwarded-For': address } });
    await openPeer(proxy.plain, 'hidden', claim('192.0.2.1'));
    await openPeer(proxy.plain, 'hidden', claim('192.0.2.2'));
    const third = await openPeer(proxy.plain, 'hidden', claim('192.0.2.3')).catch((error) => error);
    assert.equal(third.status, 429);
  });

  test('whoever comes past the proxy and is not trusted is not believed', async () => {
    const claim = (address) => ({ ...from('127.0.0.41'), headers: { 'X-Forwarded-For': address } });
    await openPeer(server, 'past', claim('192.0.2.1'));
    await openPeer(server, 'past', claim('192.0.2.2'));
    const third = await openPeer(server, 'past', claim('192.0.2.3')).catch((error) => error);
    assert.equal(third.status, 429);
  });

  test('T-01: pages of the public URL may connect through it, others may not', async () => {
    const own = await openPeer(proxy.plain, 'origin', { ...from('127.0.0.51'), origin: 'https://call.example.org' });
    const foreign = await openPeer(proxy.plain, 'origin', { ...from('127.0.0.51'), origin: 'https://evil.com' }).catch(
      (error) => error,
    );
    assert.equal(own.socket.readyState, own.socket.OPEN);
    assert.equal(foreign.status, 403);
  });
});

describe('behind an HAProxy that is not trusted', { skip }, () => {
  test('all callers count as the proxy', async () => {
    const server = await startServer({ config: { 'limits.address_connections': 2 } });
    const proxy = await startHaproxy(server);
    try {
      await openPeer(proxy.plain, 'one', from('127.0.0.61'));
      await openPeer(proxy.plain, 'one', from('127.0.0.62'));
      const third = await openPeer(proxy.plain, 'one', from('127.0.0.63')).catch((error) => error);
      assert.equal(third.status, 429);
    } finally {
      await proxy.stop();
      await server.stop();
    }
  });
});
