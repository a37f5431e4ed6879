// tls.test.mjs - scenes with the server's own certificate: wss beside ws, and nothing older than TLS 1.2 with AEAD.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { request } from 'node:https';
import { connect } from 'node:tls';

import { connectPeer, startServer, within } from './harness.mjs';
import { newCertificate } from './support/certificate.mjs';

/** The same certificate, with an end that lies a day back. */
function expired(certFile, keyFile) {
  return execFileSync('openssl', ['x509', '-in', certFile, '-signkey', keyFile, '-days', '-1'], { stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('a certificate that ends soon', () => {
  for (const [state, age] of Object.entries({ soon: () => null, expired })) {
    test(`is served, and the log warns that its end is ${state}`, async () => {
      const { certFile, keyFile } = newCertificate();
      const aged = age(certFile, keyFile);
      if (aged) writeFileSync(certFile, aged);
      const config = {
        'server.tls_listen': '127.0.0.1:0',
        'server.tls_cert_file': certFile,
        'server.tls_key_file': keyFile,
      };
      const server = await startServer({ config });
      const warning = await server.logged('tls.expires');
      await server.stop();

      assert.deepEqual([warning.level, warning.state, warning.file], ['warn', state, certFile]);
    });
  }
});

describe('wss', () => {
  const { certFile, keyFile, pem } = newCertificate();
  let ca = pem;
  let server, secure;
  before(async () => {
    const config = {
      'server.tls_listen': '127.0.0.1:0',
      'server.tls_cert_file': certFile,
      'server.tls_key_file': keyFile,
      'limits.messages_burst': 100_000,
      'limits.bytes_burst': '1GiB',
    };
    server = await startServer({ config });
    secure = { roomUrl: (room) => `wss://${server.tlsAddress}/v1/rooms/${room}/ws` };
  });
  after(() => server.stop());

  const portOf = () => Number(server.tlsAddress.split(':').at(-1));

  /** How a handshake ends: the protocol and cipher, or the error. */
  function handshake(options) {
    const socket = connect({ host: '127.0.0.1', port: portOf(), ca, servername: 'localhost', ...options });
    const end = new Promise((resolve) => {
      socket.on('secureConnect', () =>
        resolve({
          protocol: socket.getProtocol(),
          cipher: socket.getCipher().name,
          alpn: socket.alpnProtocol,
          fingerprint: socket.getPeerCertificate().fingerprint256,
        }),
      );
      socket.on('error', (error) => resolve({ error: error.code ?? error.message }));
    });
    return within(end, 'a handshake').finally(() => socket.destroy());
  }

  test('ann over wss and bob over ws are in the same room', async () => {
    const ann = await connectPeer(secure, 'mixed', { sub: 'ann' }, {}, { ca });
    const bob = await connectPeer(server, 'mixed', { sub: 'bob' });
    await ann.expect('peer-joined');

    const body = 'x'.repeat(60_000);
    ann.send({ type: 'relay', to: bob.id, body });
    bob.send({ type: 'broadcast', body });

    assert.equal((await bob.expect('relay')).body, body);
    assert.equal((await ann.expect('broadcast')).body, body);
    assert.equal(await server.metric('parley_connections', 'transport="wss"'), 1);
    assert.equal((await ann.leave()).code, 1000);
    assert.equal((await bob.expect('peer-left')).reason, 'left');
  });

  test('a slow reader over wss is closed as over ws (T-32)', async () => {
    const ann = await connectPeer(server, 'slow', { sub: 'ann' });
    const bob = await connectPeer(secure, 'slow', { sub: 'bob' }, {}, { ca });
    await ann.expect('peer-joined');
    let away = null;
    const gone = ann.expect('peer-away').then((event) => (away = event));
    bob.stopReading();
    for (let sent = 0; !away && sent < 2000; sent++) {
      await ann.request({ type: 'relay', to: bob.id, body: 'x'.repeat(60_000) });
    }
    assert.equal((await gone).peer, bob.id);
    bob.goOnReading();
    assert.deepEqual(await bob.refusal(), { error: 'slow_consumer', close: 4001 });
  });

  test('T-37: TLS 1.2 and 1.3 with AEAD are spoken, and http/1.1 only', async () => {
    assert.equal((await handshake({})).protocol, 'TLSv1.3');
    const old = await handshake({ maxVersion: 'TLSv1.2' });
    assert.equal(old.protocol, 'TLSv1.2');
    assert.match(old.cipher, /GCM|POLY1305/);
    assert.equal((await handshake({ ALPNProtocols: ['h2', 'http/1.1'] })).alpn, 'http/1.1');
  });

  test('T-38: on SIGHUP the certificate is read anew; a bad one is not taken; connections live on', async () => {
    const ann = await connectPeer(secure, 'renewed', { sub: 'ann' }, {}, { ca });
    const fingerprint = async () => (await handshake({ rejectUnauthorized: false })).fingerprint;
    const renewed = newCertificate();
    const first = await fingerprint();

    writeFileSync(certFile, 'this is no certificate');
    process.kill(server.pid, 'SIGHUP');
    await server.logged('tls.reload_failed');
    const kept = await fingerprint();
    copyFileSync(renewed.certFile, certFile);
    copyFileSync(renewed.keyFile, keyFile);
    process.kill(server.pid, 'SIGHUP');
    await server.logged('tls.reloaded');

    assert.equal(kept, first);
    assert.notEqual(await fingerprint(), first);
    assert.equal((await ann.request({ type: 'ping' })).type, 'pong');
    ca = renewed.pem;
  });

  test('T-38: on SIGHUP an expired certificate does not replace one that is good', async () => {
    const fingerprint = async () => (await handshake({ rejectUnauthorized: false })).fingerprint;
    const first = await fingerprint();

    const good = readFileSync(certFile);
    writeFileSync(certFile, expired(certFile, keyFile));
    process.kill(server.pid, 'SIGHUP');
    const { reason } = await server.logged('tls.reload_failed', (event) => /expired/.test(event.reason));

    assert.ok(reason.startsWith(`server.tls_cert_file: ${certFile}: `), reason);
    assert.equal(await fingerprint(), first);
    writeFileSync(certFile, good);
  });

  for (const [name, options] of Object.entries({
    'TLS 1.1': { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    CBC: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA:AES128-SHA:@SECLEVEL=0' },
    'no forward secrecy': { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256:@SECLEVEL=0' },
  })) {
    test(`T-37: ${name} is refused`, async () => assert.ok((await handshake(options)).error, 'it was taken'));
  }

  test('HSTS is sent over TLS, and not without', async () => {
    const answer = await within(
      new Promise((resolve, reject) => {
        request({ host: '127.0.0.1', port: portOf(), path: '/livez', ca, servername: 'localhost', agent: false }, resolve)
          .on('error', reject)
          .end();
      }),
      'an answer over TLS',
    );
    answer.resume();
    assert.match(answer.headers['strict-transport-security'], /^max-age=\d{8}/);
    assert.equal((await fetch(`${server.url}/livez`)).headers.get('strict-transport-security'), null);
  });
});
