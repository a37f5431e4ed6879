// page_headers.test.mjs - what the page and its scripts are sent with: the headers that keep foreign code out of it (T-45, T-47).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { request } from 'node:https';

import { rawRequest, startServer, within } from './harness.mjs';
import { newCertificate } from './support/certificate.mjs';

const ALLOWED = ['https://app.example.org', 'https://good.com:8443'];
const PAGES = ['/', '/r/x'];
const SERVED = [...PAGES, '/page/main.js', '/sdk/parley.js', '/page/style.css'];

/** Every directive there is, so that none is added or lost unseen. */
const POLICY = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:', 'blob:'],
  'media-src': ["'self'", 'blob:'],
  'connect-src': ["'self'"],
  'worker-src': ["'self'"],
  'manifest-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'self'", ...ALLOWED],
  'require-trusted-types-for': ["'script'"],
};

/** What the page asks the browser for; all else that is named is named for it alone as well. */
const FEATURES = ['camera', 'microphone', 'display-capture', 'fullscreen'];

/** A policy as an object; that a directive is there twice (the second is void then) is a fault. */
function directivesOf(policy) {
  const directives = {};
  for (const [name, ...sources] of policy.split(';').map((part) => part.trim().split(/\s+/))) {
    assert.ok(!(name in directives), `${name} is there twice`);
    directives[name] = sources;
  }
  return directives;
}

/** What in a page a policy without 'unsafe-inline' would not run: [] if nothing. */
function inlineCode(html) {
  const scripts = [...html.matchAll(/<script\b([^>]*)>([^]*?)<\/script>/gi)].filter(([, attributes, text]) => !/\bsrc=/i.test(attributes) || text.trim());
  const tags = [...html.matchAll(/<[a-z][^>]*>/gi)].map(([tag]) => tag);
  return [
    ...scripts.map(([text]) => text),
    ...tags.filter((tag) => /^<style\b/i.test(tag) || /\s(on[a-z]+|style|srcdoc)\s*=/i.test(tag) || /=\s*["']?\s*javascript:/i.test(tag)),
  ];
}

/** Throws unless these are the headers of the page. */
function assertPageHeaders(headers) {
  assert.deepEqual(directivesOf(headers['content-security-policy']), POLICY);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['referrer-policy'], 'no-referrer');
  const features = Object.fromEntries(headers['permissions-policy'].split(/,\s*/).map((part) => part.split('=')));
  for (const feature of FEATURES) assert.ok(feature in features, `${feature} is not named`);
  for (const [feature, allowed] of Object.entries(features)) assert.equal(allowed, '(self)', feature);
}

describe('the headers of the page', () => {
  let server;
  const { certFile, keyFile, pem } = newCertificate();
  before(async () => {
    server = await startServer({
      config: {
        'server.allowed_origins': ALLOWED.join(','),
        'server.tls_listen': '127.0.0.1:0',
        'server.tls_cert_file': certFile,
        'server.tls_key_file': keyFile,
      },
    });
  });
  after(() => server?.stop());

  const lines = (headers) => Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const get = (path, headers = {}, method = 'GET') =>
    rawRequest(server.address, `${method} ${path} HTTP/1.1\r\nHost: ${server.address}\r\n${lines(headers)}\r\n`);

  /** The headers of an answer over TLS. */
  const getOverTls = (path) =>
    within(new Promise((resolve, reject) => {
      const [host, port] = server.tlsAddress.split(':');
      request({ host, port, path, ca: pem, servername: 'localhost', agent: false }, (answer) => resolve(answer.resume().headers))
        .on('error', reject)
        .end();
    }), 'an answer over TLS');

  for (const path of SERVED) {
    test(`T-47: ${path} comes with the whole policy, without sniffing and referrer, and without HSTS on a plain connection`, async () => {
      const { status, headers } = await get(path);
      assert.equal(status, 200);
      assertPageHeaders(headers);
      assert.equal(headers['strict-transport-security'], undefined);
      assert.equal(headers['set-cookie'], undefined);
    });

    test(`T-47: ${path} over TLS has the same headers, and HSTS for a year`, async () => {
      const headers = await getOverTls(path);
      assertPageHeaders(headers);
      assert.ok(Number(/^max-age=(\d+)/.exec(headers['strict-transport-security'])?.[1]) >= 31_536_000);
    });

    test(`${path} has a quoted ETag; whoever knows it gets 304 with the same policy and no body`, async () => {
      const { headers } = await get(path);
      assert.match(headers.etag, /^"[^"]+"$/);
      const known = await get(path, { 'If-None-Match': headers.etag });
      assert.deepEqual([known.status, known.body, known.headers.etag], [304, '', headers.etag]);
      assertPageHeaders(known.headers);
      assert.equal((await get(path, { 'If-None-Match': '"another"' })).status, 200);
    });

    test(`${path} is packed only for those who take gzip, says so, and is then the same`, async () => {
      const plain = await get(path);
      const answer = await fetch(`${server.url}${path}`, { headers: { 'Accept-Encoding': 'gzip' } });
      assert.equal(plain.headers['content-encoding'], undefined);
      assert.match(plain.headers.vary, /accept-encoding/i);
      assert.equal(answer.headers.get('content-encoding'), 'gzip');
      assert.notEqual(answer.headers.get('etag'), plain.headers.etag);
      assert.equal(await answer.text(), plain.body);
      for (const refusal of ['identity', 'gzip;q=0', 'br', 'x-gzipped'])
        assert.equal((await get(path, { 'Accept-Encoding': refusal })).headers['content-encoding'], undefined, refusal);
    });

    test(`HEAD of ${path} has the headers of GET and no body`, async () => {
      const [whole, head] = [await get(path), await get(path, {}, 'HEAD')];
      assert.deepEqual([head.status, head.headers, head.body], [200, whole.headers, '']);
    });
  }

  for (const path of PAGES) {
    test(`T-47: ${path} has no code and no style within it`, async () => {
      const { headers, body } = await get(path);
      assert.match(headers['content-type'], /^text\/html; *charset=utf-8$/i);
      assert.match(body, /<script type="module" src="/);
      assert.deepEqual(inlineCode(body), []);
    });
  }

  test('T-47: what is refused is not sniffed for markup either', async () => {
    const { status, headers } = await get('/nowhere/<script>');
    assert.ok(status >= 400);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.match(headers['content-type'], /^application\/problem\+json/);
  });

  describe('negative controls', () => {
    const twists = {
      'a source more': ({ csp }) => ({ csp: csp.replace("script-src 'self'", "script-src 'self' 'unsafe-inline'") }),
      'a directive less': ({ csp }) => ({ csp: csp.replace("base-uri 'none'; ", '') }),
      'a directive twice': ({ csp }) => ({ csp: `script-src *; ${csp}` }),
      'a foreign frame': ({ csp }) => ({ csp: csp.replace(ALLOWED[0], 'https://evil.example') }),
      'sniffing allowed': () => ({ nosniff: undefined }),
      'another referrer policy': () => ({ referrer: 'origin' }),
      'the camera for all': ({ permissions }) => ({ permissions: permissions.replace('camera=(self)', 'camera=*') }),
      'no word on the camera': ({ permissions }) => ({ permissions: permissions.replace('camera=(self), ', '') }),
    };
    for (const [name, twist] of Object.entries(twists)) {
      test(`${name} is noticed`, async () => {
        const { headers } = await get('/');
        const of = { csp: headers['content-security-policy'], permissions: headers['permissions-policy'] };
        const { csp, nosniff, referrer, permissions } = { ...of, nosniff: 'nosniff', referrer: 'no-referrer', ...twist(of) };
        const twisted = { 'content-security-policy': csp, 'permissions-policy': permissions };
        assert.throws(() => assertPageHeaders({ ...twisted, 'x-content-type-options': nosniff, 'referrer-policy': referrer }), assert.AssertionError);
      });
    }

    for (const html of ['<script>x</script>', '<style>x</style>', '<p onclick="x">', '<p style="x">', '<a href="javascript:x">', '<SCRIPT src="/a.js">x</SCRIPT>'])
      test(`${html} is noticed`, () => assert.equal(inlineCode(`<body>${html}</body>`).length, 1));
  });
});
