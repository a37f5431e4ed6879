// upgrade.test.mjs - scenes before the upgrade: who is turned away at the door, and with which words.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import {
  UpgradeRefused,
  connectPeer,
  mintToken,
  openPeer,
  rawRequest,
  rawUpgrade,
  startServer,
  upgradeRequest,
} from './harness.mjs';

const ALLOWED = ['https://app.example.org', 'https://good.com:8443', 'http://xn--bcher-kva.example'];

/** T-01: spellings that a browser would not send for an allowed page, or that belong to another page. */
const FOREIGN = [
  'https://evil.com',
  'null',
  '*',
  'https://app.example.org.evil.com',
  'https://evil.com/https://app.example.org',
  'https://evil-app.example.org',
  'https://evilapp.example.org',
  'https://sub.app.example.org',
  'https://example.org',
  'https://app.example.or',
  'https://app.example.orgx',
  'https://app.example.org.',
  'https://app.example.org/',
  'https://app.example.org/path',
  'https://app.example.org?x',
  'https://app.example.org#x',
  'https://app.example.org:8443',
  'https://app.example.org:0443',
  'https://app.example.org:',
  'https://good.com',
  'https://good.com:8443.evil.com',
  'https://good.com:84430',
  'https://good.com:08443',
  'http://app.example.org',
  'wss://app.example.org',
  'ftp://app.example.org',
  'app.example.org',
  '//app.example.org',
  'https:app.example.org',
  'https:/app.example.org',
  'HTTPS://app.example.org',
  'https://APP.example.org',
  'https://app.example.org\t',
  'https://user@app.example.org',
  'https://app.example.org@evil.com',
  'https://app.example.org https://evil.com',
  'https://app.example.org, https://evil.com',
  'https://app%2Eexample.org',
  'https://app\\.example.org',
  'https://app.example.org\\@evil.com',
  'http://bücher.example',
  'http://xn--bcher-kva.example.',
  'file://',
  'chrome-extension://abcdefghijklmnop',
  'http://127.0.0.1',
  'http://localhost',
];

describe('before the upgrade', () => {
  let server;
  before(async () => {
    server = await startServer({ config: { 'server.allowed_origins': ALLOWED.join(',') } });
  });
  after(() => server.stop());

  /** The status of an upgrade and the code of its problem, and that the answer is problem JSON where it is a refusal. */
  async function knock(headers, query = '') {
    const connection = await rawUpgrade(server, 'door', { headers, query });
    const head = await connection.head();
    if (head.status === 101) {
      connection.hangUp();
      return [101];
    }
    await connection.closed();
    assert.match(head.headers['content-type'] ?? '', /^application\/problem\+json/);
    return [head.status, JSON.parse(String(connection.bytes)).code];
  }

  for (const origin of FOREIGN) {
    test(`T-01: Origin ${JSON.stringify(origin)} is refused with 403`, async () => {
      const trimmed = origin.trim() === origin ? origin : `${origin}x`; // HTTP ignores white space at the ends
      assert.deepEqual(await knock({ Origin: Buffer.from(trimmed).toString('latin1') }), [403, 'origin_refused']);
    });
  }

  test('T-01: two Origin headers are refused', async () => {
    const [status] = await knock({ Origin: ALLOWED[0], origin: 'https://evil.com' });
    assert.ok(status === 400 || status === 403, String(status));
  });

  for (const origin of [...ALLOWED, null]) {
    test(`T-01: Origin ${origin} is let in`, async () => assert.deepEqual(await knock({ Origin: origin }), [101]));
  }

  test("T-01: the server's own page is let in, also under another name for it", async () => {
    assert.deepEqual(await knock({ Origin: `http://${server.address}` }), [101]);
    assert.deepEqual(await knock({ Host: 'call.example.org', Origin: 'http://call.example.org' }), [101]);
    assert.deepEqual(await knock({ Host: 'call.example.org', Origin: 'http://evil.com' }), [403, 'origin_refused']);
  });

  test('T-01: no cookie is set, and a cookie lets nobody in', async () => {
    const connection = await rawUpgrade(server, 'door', { headers: { Cookie: 'session=1', Origin: 'https://evil.com' } });
    const { status, headers } = await connection.head();
    assert.deepEqual([status, headers['set-cookie']], [403, undefined]);
  });

  test('a refused origin opens nothing: ws sees the 403 and its problem', async () => {
    const refusal = await openPeer(server, 'door', { origin: 'https://evil.com' }).catch((error) => error);
    assert.ok(refusal instanceof UpgradeRefused);
    const problem = JSON.parse(refusal.body);
    assert.deepEqual([refusal.status, problem.status, problem.type, problem.code], [403, 403, 'about:blank', 'origin_refused']);
    assert.equal(refusal.headers.connection.toLowerCase(), 'close');
  });

  const token = mintToken({ video: { room: 'door' } });
  for (const query of [
    `?token=${token}`,
    `?access_token=${token}`,
    `?x=${token}`,
    `?a=b&jwt=${token}`,
    '?token=',
    '?token=abc',
  ]) {
    test(`T-02: the query ${query.slice(0, 20)} is refused with 400 and not reflected`, async () => {
      const { status, headers, body } = await rawRequest(
        server.address,
        upgradeRequest(server.address, `/v1/rooms/door/ws${query}`),
      );
      assert.deepEqual([status, JSON.parse(body).code], [400, 'token_in_url']);
      assert.ok(!JSON.stringify([headers, body]).includes(token.slice(0, 16)));
    });
  }

  test('another query is not read and does no harm', async () => assert.deepEqual(await knock({}, '?lang=de&x'), [101]));

  const ODD = [
    ['no subprotocol', { 'Sec-WebSocket-Protocol': null }, [400, 'subprotocol']],
    ['another subprotocol', { 'Sec-WebSocket-Protocol': 'chat' }, [400, 'subprotocol']],
    ['a later subprotocol only', { 'Sec-WebSocket-Protocol': 'parley.v2' }, [400, 'subprotocol']],
    ['ours among others', { 'Sec-WebSocket-Protocol': 'parley.v2, parley.v1' }, [101]],
    ['WebSocket version 8', { 'Sec-WebSocket-Version': '8' }, [426, 'upgrade_required']],
    ['no WebSocket version', { 'Sec-WebSocket-Version': null }, [426, 'upgrade_required']],
  ];
  for (const [name, headers, expected] of ODD) {
    test(`${name}: ${expected.join(' ')}`, async () => assert.deepEqual(await knock(headers), expected));
  }

  test('T-36: permessage-deflate is offered in vain', async () => {
    const connection = await rawUpgrade(server, 'door', {
      headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' },
    });
    const { status, headers } = await connection.head();
    assert.deepEqual(
      [status, headers['sec-websocket-extensions'], headers['sec-websocket-protocol']],
      [101, undefined, 'parley.v1'],
    );
    connection.hangUp();
    const peer = await connectPeer(server, 'deflate', {}, {}, { perMessageDeflate: true });
    assert.equal(peer.socket.extensions, '');
  });

  const PLAIN = [
    ['GET', '/v1/rooms/door/ws', 426, 'upgrade_required'],
    ['POST', '/v1/rooms/door/ws', 405, 'method_not_allowed'],
    ['GET', '/nowhere', 404, 'not_found'],
    ['GET', '/metrics', 404, 'not_found'],
    ['DELETE', '/livez', 405, 'method_not_allowed'],
    ['POST', '/v1/dev/token', 404, 'not_found'],
  ];
  for (const [method, path, status, code] of PLAIN) {
    test(`${method} ${path} without an upgrade: ${status} ${code}`, async () => {
      const answer = await fetch(`${server.url}${path}`, { method });
      assert.equal(answer.status, status);
      assert.equal((await answer.json()).code, code);
      assert.equal(answer.headers.get('connection'), 'close');
    });
  }

  for (const path of ['/livez', '/readyz', '/healthz']) {
    test(`${path} is 200 on the main listener`, async () => assert.equal((await fetch(`${server.url}${path}`)).status, 200));
  }
});
