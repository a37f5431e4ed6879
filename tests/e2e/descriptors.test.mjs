// descriptors.test.mjs - the server runs out of file descriptors: it waits, it does not spin, and it comes back (T-57).
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as asLongAsMeasured } from 'node:timers/promises';

import { connectPeer, dial, eventually, meet, startServer } from './harness.mjs';

const SPARE = 8;
const CROWD = 40;
const MEASURED_MS = 2000;
/** A server that spins takes a whole core; an idle one next to nothing. */
const SHARE_MAX = 0.05;
const TICKS_PER_S = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** The processor time that a process has used, in seconds. @param {number} pid */
function usedSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S; // utime and stime: fields 14 and 15 of proc(5)
}

/** Which part of one core a process uses while it is watched. */
async function shareOfCore(pid) {
  const [used, began] = [usedSeconds(pid), performance.now()];
  await asLongAsMeasured(MEASURED_MS);
  return (usedSeconds(pid) - used) / ((performance.now() - began) / 1000);
}

/** Sets the soft limit only, so that it can be raised again without a privilege. */
const allow = (pid, descriptors) => execFileSync('prlimit', ['--pid', pid, `--nofile=${descriptors}:`]);
const softLimit = (pid) => execFileSync('prlimit', ['--pid', pid, '--nofile', '-o', 'SOFT', '--noheadings'], { encoding: 'utf8' }).trim();
const openCount = (pid) => readdirSync(`/proc/${pid}/fd`).length;

describe('descriptors', () => {
  test('T-57, M5: without descriptors left the server does not spin, serves who is there, and takes new ones once it can', async () => {
    const server = await startServer();
    const [ann, bob] = await meet(server, 'scarce', 'ann', 'bob');
    const before = softLimit(server.pid);
    allow(server.pid, openCount(server.pid) + SPARE);

    const crowd = [];
    for (let count = 0; count < CROWD; count++) crowd.push(await dial(server.address));
    await server.logged('accept.paused');
    const share = await shareOfCore(server.pid);

    assert.ok(share < SHARE_MAX, `it used ${(share * 100).toFixed(1)} % of a core`);
    assert.equal((await ann.request({ type: 'relay', to: bob.id, body: 'still here' })).type, 'ok');
    assert.equal((await bob.expect('relay')).body, 'still here');
    const complaints = server.lines.filter(({ event }) => event?.event === 'accept.paused').length;
    assert.ok(complaints < 20, `it complained ${complaints} times`);

    allow(server.pid, before);
    const cyd = await connectPeer(server, 'scarce', { sub: 'cyd' });
    for (const peer of [ann, bob]) assert.equal((await peer.expect('peer-joined')).peer.id, cyd.id);
    for (const connection of crowd) connection.hangUp();
    await server.stop();
  });

  test('T-57: descriptors that others give back are enough', async () => {
    const server = await startServer();
    const [ann] = await meet(server, 'scarce', 'ann');
    allow(server.pid, openCount(server.pid) + SPARE);
    const crowd = [];
    for (let count = 0; count < CROWD; count++) crowd.push(await dial(server.address));
    await server.logged('accept.paused');

    for (const connection of crowd) connection.hangUp();

    const bob = await eventually(() => connectPeer(server, 'scarce', { sub: 'bob' }).catch(() => null), 'a place for bob');
    assert.equal((await ann.expect('peer-joined')).peer.id, bob.id);
    await server.stop();
  });

  test('negative control: what spins is seen to', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdout.write("up"); for (;;);'], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve));
      const share = await shareOfCore(child.pid);
      assert.ok(share > SHARE_MAX, `it used ${(share * 100).toFixed(1)} % of a core`);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
