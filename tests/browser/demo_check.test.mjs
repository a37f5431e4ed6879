// demo_check.test - the check that `./dev demo --check` ends with: it passes for a server that works, and for no other.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT, freePort, startServer } from './harness.mjs';

/** Runs the check to its end: {status, stdout, stderr}. @param {string[]} args */
function check(...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, 'tests/browser/demo_check.mjs'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const end = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (end[name] += text));
    child.on('error', reject).on('close', (status) => resolve({ status, ...end }));
  });
}

const decodedLines = ({ stdout }) => stdout.split('\n').filter((line) => / [1-9]\d* frames decoded, [1-9]\d* audio samples$/.test(line));

test('two people meet at a server that works: status 0, and a line on what each received', async () => {
  const server = await startServer();
  const end = await check(server.room('demo'));
  await server.stop();

  assert.equal(end.status, 0, end.stderr);
  assert.deepEqual(decodedLines(end).map((line) => line.split(':')[0]), ['Ann receives Bob', 'Bob receives Ann']);
  assert.match(end.stdout, /^PASS: /m);
});

test('nobody listens there: status 1 and the reason', async () => {
  const end = await check(`http://127.0.0.1:${await freePort()}/r/demo`);

  assert.equal(end.status, 1);
  assert.match(end.stderr, /^FAIL: .*ERR_CONNECTION_REFUSED/m);
  assert.deepEqual(decodedLines(end), []);
});

test('two people are one too many for the room: status 1 and a reason', async () => {
  const server = await startServer({ settings: { 'rooms.capacity': '1' } });
  const end = await check(server.room('demo'));
  await server.stop();

  assert.equal(end.status, 1);
  assert.match(end.stderr, /^FAIL: ./m);
  assert.deepEqual(decodedLines(end), []);
});

test('without an address it says how it is used', async () => {
  const end = await check();
  assert.deepEqual([end.status, end.stdout], [64, '']);
  assert.match(end.stderr, /^usage: /);
});
