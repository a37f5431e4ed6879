// mitigations.test.mjs - each way in which libwebsockets 4.1.6 can be hurt, tried on the real binary: M1 to M9, and the door.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect as connectTls } from 'node:tls';
import { after, before, describe, test } from 'node:test';

import {
  BINARY, OPCODE, connectPeer, dial, eventually, frame, mintToken, rawRequest, rawUpgrade, startServer, upgradeRequest, within,
} from './harness.mjs';
import { newCertificate } from './support/certificate.mjs';
import { hostileRequests } from './support/hostile.mjs';

/** Opens a WebSocket and says hello. */
async function join(server, room = 'mitigations') {
  const connection = await rawUpgrade(server, room);
  assert.equal((await connection.head()).status, 101);
  connection.write(frame(JSON.stringify({ type: 'hello', token: mintToken({ video: { room } }) })));
  await connection.expect('welcome');
  return connection;
}

/** It still answers: had it hung or crashed, this would wait in vain. */
async function assertAlive(address) {
  const { status } = await rawRequest(address, `GET /livez HTTP/1.1\r\nHost: ${address}\r\n\r\n`);
  assert.equal(status, 200);
}

describe('mitigations', () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  for (const door of ['address', 'adminAddress']) {
    test(`M1: an upgrade to h2c is hung up on, with all that a WebSocket would need (${door})`, async () => {
      const eve = await dial(server[door]);
      eve.write(upgradeRequest(server[door], '/v1/rooms/mitigations/ws',
        { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQAAP__' }));
      await eve.closed();
      assert.doesNotMatch(String(eve.bytes), /101/);
      await assert.rejects(eve.head(), /closed/);
    });

    test(`M1: a kept-alive request and then an unknown upgrade read no freed memory (${door})`, async () => {
      const eve = await dial(server[door]);
      const first = `GET /livez HTTP/1.1\r\nHost: ${server[door]}\r\nConnection: keep-alive\r\n\r\n`;
      eve.write(first + first.replace('keep-alive', 'Upgrade\r\nUpgrade: foo'));
      await eve.closed();
      await assertAlive(server[door]);
    });

    test(`M4: CONNECT makes no raw connection (${door})`, async () => {
      const eve = await dial(server[door]);
      eve.write('CONNECT example.org:80 HTTP/1.1\r\nHost: example.org\r\n\r\n');
      eve.write('bytes that a raw connection would take');
      await within(eve.closed(), 'the end of the connection', 8000); // deadlines of other kinds come later
    });

    for (const [name, second] of Object.entries({
      'a POST': 'POST /v1/dev/token HTTP/1.1\r\nHost: HOST\r\nContent-Length: 10\r\n\r\n0123456789',
      'a GET with a body': 'GET /livez HTTP/1.1\r\nHost: HOST\r\nContent-Length: 10\r\n\r\n0123456789',
      'a POST and more': 'POST /livez HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\n\r\n0123456789GET / HTTP/1.1\r\n\r\n',
    })) {
      test(`M9: a request and then ${name} in one write do not hang the server (${door})`, async () => {
        for (const first of ['GET /livez HTTP/1.1\r\nHost: HOST\r\n\r\n', 'POST /livez HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\n\r\n0123']) {
          const eve = await dial(server[door]);
          eve.write((first + second).replaceAll('HOST', server[door]));
          await eve.closed();
          assert.equal(String(eve.bytes).split('HTTP/1.1 ').length - 1, 0, 'only one answer');
          await assertAlive(server[door]);
        }
      });
    }

    test(`M7: a negative Content-Length is a bad request (${door})`, async () => {
      const { status } = await rawRequest(server[door], `POST /livez HTTP/1.1\r\nHost: ${server[door]}\r\nContent-Length: -1\r\n\r\n`);
      assert.equal(status, 400);
    });
  }

  for (const [name, lines] of Object.entries({
    'Content-Length and Transfer-Encoding': 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n',
    'two Content-Lengths': 'Content-Length: 4\r\nContent-Length: 4\r\n',
    'a Content-Length of hex digits': 'Content-Length: 0x4\r\n',
    'a Content-Length with a sign': 'Content-Length: +4\r\n',
    'a Host with a NUL': 'Host: a\0b\r\nContent-Length: 4\r\n',
    'an Origin with a control byte': 'Origin: http://a\x01\r\nContent-Length: 4\r\n',
  })) {
    test(`M7: ${name}: refused, and the connection is closed`, async () => {
      const host = lines.startsWith('Host') ? '' : `Host: ${server.address}\r\n`;
      const { status } = await rawRequest(server.address, `POST /v1/turn/credentials HTTP/1.1\r\n${host}${lines}\r\n0\r\n\r\n`);
      assert.ok(status === 400 || status === 403, `answered with ${status}`);
    });
  }

  test('a body without a Content-Length is answered with 411, one over 64 KiB with 413', async () => {
    const post = (lines) => rawRequest(server.address, `POST /v1/turn/credentials HTTP/1.1\r\nHost: ${server.address}\r\n${lines}\r\n`);
    assert.equal((await post('')).status, 411);
    assert.equal((await post('Transfer-Encoding: chunked\r\n')).status, 411);
    assert.equal((await post('Content-Length: 65537\r\n')).status, 413);
    assert.equal((await post('Content-Length: 99999999999999999999999\r\n')).status, 413);
  });

  test('M3, T-36: permessage-deflate is offered, and not taken', async () => {
    const ann = await rawUpgrade(server, 'mitigations',
      { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' } });
    const { status, headers } = await ann.head();
    assert.equal(status, 101);
    assert.equal(headers['sec-websocket-extensions'], undefined);
    ann.hangUp();
  });

  test('M6: what is no UTF-8 is closed with 1007', async () => {
    const eve = await join(server);
    eve.write(frame(Buffer.from([0xc3, 0x28])));
    assert.equal(await eve.closeCode(), 1007);
  });

  for (const [name, claim] of Object.entries({ '1 MiB': 1n << 20n, '1 TiB': 1n << 40n, '2^62 bytes': 1n << 62n })) {
    test(`M6, T-21: a frame that claims ${name} is closed with 1009 at its first byte`, async () => {
      const eve = await join(server);
      const head = Buffer.alloc(15);
      head[0] = 0x81;
      head[1] = 0xff;
      head.writeBigUInt64BE(claim, 2);
      eve.write(head);
      assert.equal(await eve.closeCode(), 1009);
    });
  }

  test('T-21: a length with its highest bit set ends the connection', async () => {
    const eve = await join(server);
    eve.write(Buffer.concat([Buffer.from([0x81, 0xff]), Buffer.alloc(13, 0xff)]));
    await eve.closed();
    await assertAlive(server.address);
  });

  test('T-22: the 65th fragment of a message is closed with 1008', async () => {
    const eve = await join(server);
    const rest = Array.from({ length: 64 }, () => frame(' ', { opcode: OPCODE.CONTINUATION, fin: false }));
    eve.write(Buffer.concat([frame('{', { fin: false }), ...rest]));
    assert.equal(await eve.closeCode(), 1008);
  });

  test('a message of 64 fragments with pings between them arrives', async () => {
    const ann = await join(server);
    const text = JSON.stringify({ type: 'ping', id: 7 }).padEnd(64);
    const parts = [...text].map((c, i) => frame(c, { opcode: i === 0 ? OPCODE.TEXT : OPCODE.CONTINUATION, fin: i === 63 }));
    ann.write(Buffer.concat(parts.flatMap((part) => [frame('p', { opcode: OPCODE.PING }), part])));
    assert.equal((await ann.expect('pong')).re, 7);
    ann.hangUp();
  });

  for (const [name, bytes] of Object.entries({
    'a reserved bit': frame('{}', { rsv: 4 }),
    'a reserved opcode': frame('{}', { opcode: 3 }),
    'a continuation of nothing': frame('{}', { opcode: OPCODE.CONTINUATION }),
  })) {
    test(`T-23: ${name} is closed with 1002`, async () => {
      const eve = await join(server);
      eve.write(bytes);
      assert.equal(await eve.closeCode(), 1002);
    });
  }

  test('T-24: an unmasked frame does no harm', async () => {
    const eve = await join(server);
    eve.write(Buffer.concat([Buffer.from([0x81, 4]), Buffer.from('true'), frame('', { opcode: OPCODE.CLOSE })]));
    await eve.closed();
    await assertAlive(server.address);
  });

  test('T-33: ten thousand pings in a row are survived, and others are served meanwhile', async () => {
    const eve = await join(server);
    eve.write(Buffer.concat(Array.from({ length: 10_000 }, () => frame('flood', { opcode: OPCODE.PING }))));
    await assertAlive(server.address);
    eve.hangUp();
  });

  test("M6: libwebsockets' own log is limited, however often it is made to speak", async () => {
    const quiet = await startServer();
    for (let i = 0; i < 120; i++) {
      const eve = await dial(quiet.address);
      eve.write('GET / HTTP/1.1\r\nget /again\r\n\r\n'); // "Duplicated method", a warning
      await eve.closed();
    }
    await assertAlive(quiet.address);
    const said = quiet.lines.filter(({ event }) => event?.event === 'lws').length;
    await quiet.stop();
    assert.ok(said > 0 && said < 80, `it said ${said} lines`);
  });

  test('T-41: nothing of a request shows in the headers of the answer', async () => {
    for (const target of ['/r/x%0d%0aSet-Cookie:%20evil=1', '/livez?a=%0d%0aSet-Cookie:%20evil=1', '/%0d%0aSet-Cookie:%20evil=1']) {
      const { headers, body } = await rawRequest(server.address,
        `GET ${target} HTTP/1.1\r\nHost: ${server.address}\r\nOrigin: http://evil.example\r\nX-Evil: evil\r\n\r\n`);
      assert.doesNotMatch(JSON.stringify(headers) + body, /evil/);
    }
  });

  test('T-40: two thousand hostile requests, and none gets what it wants', async () => {
    const requests = hostileRequests(server.address, 2000);
    assert.ok(requests.length >= 2000);
    const ask = async (request) => {
      const connection = await dial(server.address);
      connection.write(Buffer.from(request, 'latin1'));
      connection.socket.end();
      await connection.closed();
      const head = await connection.head().catch(() => ({ status: 0 }));
      assert.ok([0, 400, 401, 403, 404, 405, 411, 413, 426].includes(head.status), `${head.status} for ${JSON.stringify(request)}`);
      assert.doesNotMatch(String(connection.bytes), /hostile-marker|parley_build_info|root:/);
    };
    for (let i = 0; i < requests.length; i += 50) await Promise.all(requests.slice(i, i + 50).map(ask));
    await assertAlive(server.address);
  });

  test('T-40: paths that say the same in other words serve the same, and never the admin listener', async () => {
    for (const path of ['//livez', '/./livez', '/x/../livez', '/%6civez', '/livez?']) {
      const { status, body } = await rawRequest(server.address, `GET ${path} HTTP/1.1\r\nHost: ${server.address}\r\n\r\n`);
      assert.deepEqual({ status, body }, { status: 200, body: '{"status":"ok"}' }, path);
    }
    for (const path of ['/metrics', '//metrics', '/x/../metrics', '/%6detrics']) {
      const { status } = await rawRequest(server.address, `GET ${path} HTTP/1.1\r\nHost: ${server.address}\r\n\r\n`);
      assert.equal(status, 404, path);
    }
  });

  test('T-39: the admin listener on loopback answers to no name that DNS could rebind', async () => {
    const ask = (host) => rawRequest(server.adminAddress, `GET /metrics HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.equal((await ask('evil.example')).status, 403);
    assert.equal((await ask('localhost.evil.example:9464')).status, 403);
    assert.equal((await ask('localhost:9464')).status, 200);
    assert.equal((await ask('[::1]')).status, 200);
  });
});

describe('deadlines (T-29)', () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  /** Writes one more byte each time until the server hangs up. */
  async function dribble(text) {
    const eve = await dial(server.address);
    eve.write(text);
    const timer = setInterval(() => eve.write('a'), 500); // what makes it slow
    await eve.closed().finally(() => clearInterval(timer));
  }

  test('a header that never ends is hung up on', () => dribble(`GET / HTTP/1.1\r\nHost: ${server.address}\r\nX: `));
  test('a body that never ends is hung up on', () =>
    dribble(`POST /v1/turn/credentials HTTP/1.1\r\nHost: ${server.address}\r\nContent-Length: 60000\r\n\r\n`));
  test('a connection that says nothing is hung up on', () => dribble(''));
});

describe('TLS', () => {
  let server;
  before(async () => {
    const { certFile, keyFile } = newCertificate();
    server = await startServer({
      config: { 'server.tls_listen': '127.0.0.1:0', 'server.tls_cert_file': certFile, 'server.tls_key_file': keyFile },
    });
  });
  after(() => server?.stop());

  const alpn = (ALPNProtocols) =>
    within(new Promise((resolve) => {
      const { hostname: host, port } = new URL(`tcp://${server.tlsAddress}`);
      const socket = connectTls({ host, port: Number(port), rejectUnauthorized: false, ALPNProtocols }, () => {
        resolve(socket.alpnProtocol);
        socket.destroy();
      });
      socket.on('error', () => resolve('refused'));
    }), 'a TLS handshake');

  /** What `openssl s_client` makes of it: its exit status and its words. */
  const client = (args, input = '') =>
    within(new Promise((resolve) => {
      const child = spawn('openssl', ['s_client', '-connect', server.tlsAddress, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
      let text = '';
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part) => (text += part));
      child.stdin.on('error', () => {});
      child.stdin.write(input);
      if (!input) child.stdin.end();
      child.on('close', (status) => resolve({ status, text }));
    }), 'openssl s_client');

  test('M2: HTTP/2 is never chosen', async () => {
    assert.equal(await alpn(['h2', 'http/1.1']), 'http/1.1');
    assert.notEqual(await alpn(['h2']), 'h2');
  });

  test('T-37: TLS 1.1 and 1.0 are refused', async () => {
    for (const version of ['-tls1_1', '-tls1']) {
      const { status, text } = await client([version, '-cipher', 'ALL:@SECLEVEL=0']);
      assert.ok(status !== 0 && /alert protocol version/.test(text), text);
    }
  });

  for (const cipher of ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'AES128-GCM-SHA256', 'ECDHE-RSA-AES128-SHA256']) {
    test(`T-37: TLS 1.2 with ${cipher} is refused`, async () => {
      const { status, text } = await client(['-tls1_2', '-cipher', `${cipher}:@SECLEVEL=0`]);
      assert.ok(status !== 0 && /handshake failure/.test(text), text);
    });
  }

  test('T-37: TLS 1.2 with an AEAD suite is taken, without compression', async () => {
    const { status, text } = await client(['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256']);
    assert.equal(status, 0, text);
    assert.match(text, /Compression: NONE/);
  });

  test('T-37: renegotiation is refused', async () => {
    const { text } = await client(['-tls1_2'], 'R\n');
    assert.match(text, /no renegotiation/);
  });

  test('T-37: answers over our TLS carry HSTS', async () => {
    const { text } = await client(['-quiet', '-ign_eof'], 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
    assert.match(text, /Strict-Transport-Security: max-age=31536000/i);
  });
});

test('M8: SIGTERM tells every peer before anything is torn down', async () => {
  const server = await startServer();
  const ann = await connectPeer(server, 'mitigations', { sub: 'ann' });
  const bob = await join(server);
  const stopped = server.stop();
  assert.equal((await bob.expect('bye')).code, 'shutting_down');
  assert.equal(await bob.closeCode(), 1012);
  ann.hangUp?.();
  await stopped;
});

describe('descriptors run out (M5, T-57)', () => {
  const CONNECTIONS = 100;

  /** The server with 64 file descriptors; its addresses are read off its log. */
  async function startWithFew() {
    const settings = ['server.listen=127.0.0.1:0', 'admin.listen=127.0.0.1:0', 'log.format=json', 'limits.address_connections=1000'];
    const args = ['serve', '--dev', ...settings.flatMap((setting) => ['--set', setting])];
    const child = spawn('sh', ['-c', 'ulimit -n 64; exec "$0" "$@"', BINARY, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (part) => (log += part));
    const addresses = () => [...log.matchAll(/"server.listening","address":"([^"]*)"/g)].map(([, address]) => address);
    await eventually(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return /server.ready/.test(log);
    }, 'the server to be ready');
    const exit = new Promise((resolve) => child.on('close', resolve));
    return { child, exit, log: () => log, address: addresses()[0], adminAddress: addresses()[1] };
  }

  /** Seconds of processor time that a process has used. */
  const processorTime = (pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  };

  test('those over the limit are told 503, the admin listener answers, nothing spins, and it goes on afterwards', async () => {
    const server = await startWithFew();
    try {
      const crowd = [];
      for (let i = 0; i < CONNECTIONS; i++) crowd.push(await dial(server.address));
      const away = (connection) => String(connection.bytes) !== '' || connection.socket.destroyed || connection.socket.readableEnded;
      await eventually(async () => {
        await assertAlive(server.adminAddress);
        return crowd.filter(away).length >= CONNECTIONS / 2;
      }, 'half of the crowd to be turned away');
      const answers = await Promise.all(crowd.filter(away).map((connection) => connection.head().catch(() => ({ status: 0 }))));
      assert.ok(answers.some(({ status }) => status === 503));

      const before = processorTime(server.child.pid);
      await new Promise((resolve) => setTimeout(resolve, 2000)); // a rate needs a time to be measured over
      const used = processorTime(server.child.pid) - before;
      assert.ok(used < 0.5, `${used} s of processor time in 2 s of quiet`);

      for (const connection of crowd) connection.hangUp();
      await eventually(async () => {
        const { status } = await rawRequest(server.address, `GET /livez HTTP/1.1\r\nHost: ${server.address}\r\n\r\n`).catch(() => ({}));
        return status === 200;
      }, 'the server to accept again');
    } finally {
      server.child.kill('SIGTERM');
      assert.equal(await within(server.exit, 'the end of the server').finally(() => server.child.kill('SIGKILL')), 0, server.log());
    }
  });
});
