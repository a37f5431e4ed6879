// harness.test.mjs - negative controls of the harness itself: what it is there to notice, it notices.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { Inbox, faultOfLine, folderWith, frame, leaks, marker, mintToken, parseLogLine, plantedSdp, within } from './harness.mjs';

/** A stand-in for the binary: it is ready at once, and on SIGTERM says its last words and ends with a status. */
const STAND_IN = `#!${process.execPath}
const http = require('node:http');
const [lastWords, status, metrics] = JSON.parse(process.env.STAND_IN);
const log = (event) => console.error(JSON.stringify(event));
const open = (answer) => new Promise((resolve) => {
  const server = http.createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1', () => resolve(server.address().port));
});
Promise.all([
  open((request, response) => response.writeHead(request.url === '/metrics' ? 404 : 200).end()),
  open((request, response) => response.end(metrics)),
]).then((ports) => {
  for (const port of ports) log({ event: 'server.listening', scheme: 'http', address: '127.0.0.1:' + port });
  log({ event: 'server.ready' });
});
process.on('SIGTERM', () => { console.error(lastWords); process.exit(status); });
`;

/** Lets a process of its own start and stop the stand-in; gives what the harness complained about. */
function complaintAbout(lastWords, { status = 0, metrics = '', secret = 'nothing of the kind' } = {}) {
  const folder = folderWith({ 'stand-in': STAND_IN });
  chmodSync(join(folder, 'stand-in'), 0o700);
  const script = `
    import { plant, startServer } from ${JSON.stringify(new URL('./harness.mjs', import.meta.url))};
    plant('secret', ${JSON.stringify(secret)});
    const server = await startServer({ env: { STAND_IN: ${JSON.stringify(JSON.stringify([lastWords, status, metrics]))} } });
    await server.stop().catch((error) => console.log(error.message));`;
  const env = { ...process.env, PARLEY_BINARY: join(folder, 'stand-in'), NODE_TEST_CONTEXT: '' };
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' });
  assert.equal(stderr, '');
  return stdout;
}

test('a server that ends well is not complained about', () => assert.equal(complaintAbout('goodbye'), ''));

for (const words of [
  '==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x1',
  'room.c:7:3: runtime error: signed integer overflow',
  '==7==ERROR: LeakSanitizer: detected memory leaks',
  "parley: room.c:7: room_join: Assertion `peer' failed.",
]) {
  test(`a server that says ${words.slice(0, 40)} is complained about`, () =>
    assert.match(complaintAbout(words), /sanitizer spoke/));
}

test('a server that ends with another status is complained about', () => {
  assert.match(complaintAbout('goodbye', { status: 1 }), /ended with 1, not 0/);
});

test('T-02: a planted secret in the log or in /metrics is found', () => {
  const secret = 'a-secret-that-was-planted';
  assert.match(complaintAbout(`token=${secret}`, { secret }), /the log holds a secret/);
  assert.match(complaintAbout('goodbye', { secret, metrics: `parley_x{y="${secret}"} 1` }), /\/metrics holds a secret/);
});

test('T-02: tokens, SDP and markers are planted by those who make them', () => {
  const token = mintToken({ video: { room: 'x' } });
  const texts = [token, token.split('.')[2], plantedSdp(1000), marker('chat')];
  for (const text of texts) assert.ok(leaks(`before ${text} after`, 'it').length > 0);
  assert.deepEqual(leaks('before and after', 'it'), []);
});

test('what never comes is given up, with a word on what it was', async () => {
  await assert.rejects(within(new Promise(() => {}), 'godot', 1), /in vain for godot/);
  const inbox = new Inbox();
  const waiting = inbox.take(() => false, 'a reply');
  inbox.push('something else');
  inbox.end('it is over');
  await assert.rejects(waiting, /no more a reply: it is over; untaken: \["something else"\]/);
});

test('log lines of both forms are read, and faults in them are seen', () => {
  const event = { event: 'peer.join', name: 'a "b"\n', others: '2' };
  const logfmt = 'event=peer.join name="a \\"b\\"\\n" others=2';
  assert.deepEqual(parseLogLine(logfmt), event);
  assert.deepEqual(parseLogLine(JSON.stringify(event)), event);
  assert.equal(faultOfLine(logfmt), null);
  for (const line of [
    'hello',
    'event=x name=a"b',
    'event=x name="a',
    '{"event":',
    'level=info',
    `event=${'x'.repeat(2048)}`,
    'event=x\u001b',
    'event=\u202e',
  ]) {
    assert.ok(faultOfLine(line), line);
  }
});

test('frames are built as RFC 6455, 5.7 has them', () => {
  const bytes = frame('Hello');
  assert.deepEqual([...bytes.subarray(0, 2)], [0x81, 0x85]);
  assert.equal(String(Buffer.from(bytes.subarray(6).map((byte, index) => byte ^ bytes[2 + (index % 4)]))), 'Hello');
  assert.deepEqual([...frame('x'.repeat(65536)).subarray(0, 10)], [0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0]);
});
