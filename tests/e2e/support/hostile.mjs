// hostile.mjs - requests that nobody honest sends, made from tables (T-40); none of them may get a 2xx, 3xx or 5xx.

const MARK = 'hostile-marker';

const TARGETS = [
  '/../../etc/passwd', '/..%2f..%2fetc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/sdk/../../etc/passwd', '/page/..%5c..%5cetc/passwd',
  '/sdk/%2e%2e%2f%2e%2e%2fetc%2fpasswd', '/page/....//....//etc/passwd', '/%c0%ae%c0%ae/etc/passwd', '/sdk/parley.js%00.png',
  '/livez%00', '/livez;a=b', '/readyz;', '/livez/', '/livez/x', '/LIVEZ', '/livez%20', '/livez%0a', '/livez%7f', '/livez%', '/livez%zz',
  '/metrics', '//metrics', '/x/../metrics', '/metrics/', '/%6detrics', '/v1/turn/credentials/', '/v1/turn', '/v1//dev/token/x',
  '/.git/config', '/.env', '/index.html', '/page/', '/sdk/', '/sdk', '/page', '/r/', '/r', '/r/a/b', '/r/..%2flivez%2f', '/r/%00', '/r/a%2fb',
  '/r/<script>', `/${MARK}`, `/?token=${MARK}`, `/?jwt=${MARK}`, `/r/x?access_token=${MARK}`, '/?a=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln',
  'http://evil.example/livez', 'https://evil.example:443/livez', '//evil.example/livez', 'evil.example:443', '*', 'livez', '?', '#', '',
  '/v1/rooms/x/ws', '/v1/rooms//ws', '/v1/rooms/../ws', '/v1/rooms/x/ws/', '/v1/rooms/a%2fb/ws', '/v1/rooms/x', '/v1/rooms',
  `/${'a'.repeat(200)}`, `/${'a'.repeat(9000)}`, `/${'../'.repeat(500)}etc/passwd`, `/${'%2e'.repeat(500)}`, '/\\..\\..\\windows', '/\x01', '/\x7f', '/\xff\xfe',
];

const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'CONNECT', 'get', 'PRI', 'G\0T', 'FOO', ''];

/** What is wrong besides the target: each gives the lines after the request line, and perhaps another version. */
const TWISTS = [
  (host) => ({ lines: `Host: ${host}\r\n` }),
  (host) => ({ lines: `Host: ${host}\r\nX-Twist: ${MARK}\r\nOrigin: https://${MARK}.example\r\n` }),
];

/** On a good target, any one of these makes the request one that is to be refused. */
const BAD = [
  (host) => ({ lines: `Host: ${host}\r\nHost: ${host}\r\n` }),
  () => ({ lines: '' }),
  () => ({ lines: `Host: ${MARK}/x\r\n` }),
  () => ({ lines: 'Host: a b\r\n' }),
  () => ({ lines: 'Host: user@host\r\n' }),
  () => ({ lines: 'Host: x:99999999\r\n' }),
  () => ({ lines: 'Host: a\0b\r\n' }),
  () => ({ lines: 'Host: [::1\r\n' }),
  (host) => ({ lines: `Host: ${host}\r\nContent-Length: -1\r\n` }),
  (host) => ({ lines: `Host: ${host}\r\nContent-Length: 1 1\r\n\r\nx` }),
  (host) => ({ lines: `Host: ${host}\r\nContent-Length: 0x1\r\n\r\nx` }),
  (host) => ({ lines: `Host: ${host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n` }),
  (host) => ({ lines: `Host: ${host}\r\nContent-Length: 18446744073709551617\r\n` }),
  (host) => ({ lines: `Host: ${host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n` }),
  (host) => ({ lines: `Host: ${host}\r\nTransfer-Encoding: chunked\r\n` }),
  (host) => ({ lines: `Host: ${host}\r\nTransfer-Encoding: identity, chunked\r\n` }),
  (host) => ({ lines: `Host: ${host}\r\nOrigin: a\r\nOrigin: b\r\n` }),
  (host) => ({ lines: `Host: ${host}\r\n`, version: 'HTTP/2.0' }),
  (host) => ({ lines: `Host: ${host}\r\n`, version: 'HTTP/1.1 x' }),
  (host) => ({ lines: `Host: ${host}\r\n`, version: 'HTTP/9.9' }),
  (host) => ({ lines: `Host: ${host}\r\nX: ${'a'.repeat(9000)}\r\n` }),
  (host) => ({ lines: `Host: ${host}\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n` }),
  (host) => ({ lines: `Host: ${host}\r\nConnection: Upgrade\r\nUpgrade: ${MARK}\r\n` }),
  (host) => ({ lines: `Host: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n` }),
];
const GOOD_TARGETS = ['/livez', '/readyz', '/healthz', '/', '/r/x', '/sdk/parley.js', '/page/style.css', '/v1/turn/credentials'];

const write = (method, target, { lines, version = 'HTTP/1.1' }) => `${method} ${target} ${version}\r\n${lines}\r\n`;

/** At least `count` requests to `host`, the same ones each time. */
export function hostileRequests(host, count) {
  const requests = [];
  for (const target of TARGETS)
    for (const method of METHODS) for (const twist of TWISTS) requests.push(write(method, target, twist(host)));
  for (const target of GOOD_TARGETS)
    for (const method of ['GET', 'HEAD', 'POST']) for (const bad of BAD) requests.push(write(method, target, bad(host)));
  if (requests.length < count) throw new Error(`the tables make only ${requests.length} requests`);
  return requests;
}
