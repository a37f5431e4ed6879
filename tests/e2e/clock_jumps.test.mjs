// clock_jumps.test.mjs - scenes of a wall clock that is set while calls go on: no timer and no session follows it (T-59).
import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';

import { comeBack, connectPeer, eventually, folderWith, gather, mintToken, nowSeconds, openPeer, startServer } from './harness.mjs';

/** Debian keeps it in the folder of its architecture. */
const LIBRARY = readdirSync('/usr/lib').map((folder) => join('/usr/lib', folder, 'faketime', 'libfaketimeMT.so.1')).find(existsSync);
const skip = LIBRARY ? false : 'libfaketime is not installed';

let server;
let clock;
afterEach(() => server.stop());

/** A server whose wall clock obeys setClock(), while its monotonic clock goes on as it does. */
async function serve(config) {
  clock = join(folderWith({ now: '+0' }), 'now');
  const asan = [process.env.ASAN_OPTIONS, 'verify_asan_link_order=0'].filter(Boolean).join(':');
  const faketime = { FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_DONT_FAKE_MONOTONIC: '1', FAKETIME_NO_CACHE: '1' };
  server = await startServer({ config, env: { LD_PRELOAD: LIBRARY, ASAN_OPTIONS: asan, ...faketime } });
}

/** Sets the wall clock, and waits until the server is seen to have it. @param {string} shift such as +1d */
async function setClock(shift) {
  writeFileSync(clock, shift);
  const expected = Date.now() + Number.parseInt(shift, 10) * 86_400_000;
  await eventually(async () => {
    const witness = await connectPeer(server, 'witness', { exp: nowSeconds() + 3 * 86_400 });
    await witness.leave();
    const { ts } = server.lines.findLast(({ event }) => event?.event === 'peer.leave').event;
    return Math.abs(Date.parse(ts) - expected) < 3_600_000;
  }, `the clock to show ${shift}`);
}

const typesOf = ({ heard }) => heard.map(({ type }) => type);

for (const shift of ['+1d', '-1d']) {
  describe(`the wall clock jumps by ${shift} (T-59)`, { skip }, () => {
    test('and calls go on: nobody is away or gone, and nobody is too silent or too loud', async () => {
      await serve({ 'limits.ping_interval': '1s', 'limits.ping_timeout': '3s', 'auth.session_grace': '0s', 'limits.messages_burst': 100 });
      const [ann, bob] = await gather(server, 'call', 'ann', 'bob');

      await setClock(shift);

      for (let count = 0; count < 50; count++) {
        ann.sendNumbered({ type: 'relay', to: bob.id, body: count });
        assert.equal((await bob.expect('relay')).body, count);
      }
      bob.receipt();
      assert.equal((await ann.expect('receipt', ({ seq }) => seq === 50)).from, bob.id);
      for (const peer of [ann, bob]) {
        assert.equal((await peer.request({ type: 'ping' })).type, 'pong');
        assert.ok(!typesOf(peer).some((type) => ['peer-away', 'peer-left', 'bye'].includes(type)), typesOf(peer).join());
      }
    });

    test('and who is away stays away for as long as before, and comes back with its ticket', async () => {
      await serve({ 'auth.session_grace': '0s' });
      const [ann, bob] = await gather(server, 'away', 'ann', 'bob');
      bob.vanish();
      await ann.expect('peer-away');
      ann.sendNumbered({ type: 'relay', to: bob.id, body: 'before' });

      await setClock(shift);
      ann.sendNumbered({ type: 'relay', to: bob.id, body: 'after' });

      const back = await comeBack(server, bob);
      assert.equal(back.welcome.session, 'resumed');
      assert.deepEqual((await back.everything()).map(({ body }) => body), ['before', 'after']);
      assert.ok(!typesOf(ann).includes('peer-left'));
      assert.equal((await back.request({ type: 'ping' })).type, 'pong', 'and is not ended by the clock afterwards');
    });

    test('and who joins now is the polite one towards all who are there', async () => {
      await serve();
      await gather(server, 'polite', 'ann', 'bob');
      await setClock(shift);
      const late = await openPeer(server, 'polite');
      await late.hello(mintToken({ sub: 'cyd', exp: nowSeconds() + 3 * 86_400, video: { room: 'polite' } }));
      assert.deepEqual(late.welcome.peers.map(({ polite }) => polite), [true, true]);
    });
  });
}
