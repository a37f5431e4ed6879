// page.test - the page by itself: names that are code, missing cameras, refusals in plain words.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT, checkMedia, joinAs, openPage, receivedBy, startBrowser, startServer, tileOf, until, untilCard, untilJoined, untilNames } from './harness.mjs';

const BLNS = join(ROOT, '../shared/data/strings/blns.json');
const NAME_BYTES_MAX = 256;
const MARKUP = '<img src=x onerror="document.title=1"><script>document.title=2</script>';

let server;
let browser;

before(async () => {
  server = await startServer({ settings: { 'rooms.capacity': '2' } });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test('a name full of markup is a name (T-47)', async () => {
  const ann = await joinAs(browser, server.room('markup'), 'Ann');
  const title = await ann.title();
  const mallory = await joinAs(browser, server.room('markup'), MARKUP.slice(0, 64));

  await untilNames(ann, 'Ann (you)', MARKUP.slice(0, 64));
  await untilNames(mallory, `${MARKUP.slice(0, 64)} (you)`, 'Ann');

  assert.equal(await ann.locator('#grid img, #grid script').count(), 0);
  assert.equal(await ann.title(), title);
  assert.deepEqual([...ann.problems, ...mallory.problems], []);
  await Promise.all([ann.close(), mallory.close()]);
});

test('naughty strings are names like any other (T-43, T-47)', { skip: existsSync(BLNS) ? false : `${BLNS} is not here` }, async () => {
  const names = JSON.parse(readFileSync(BLNS, 'utf8')).filter((name) => !name.includes('\0') && name.isWellFormed?.() !== false && Buffer.byteLength(name) <= NAME_BYTES_MAX);
  const ann = await joinAs(browser, server.room('naughty'), 'Ann');
  let dialogs = 0;
  ann.on('dialog', (dialog) => ((dialogs += 1), dialog.dismiss()));
  const bob = await joinAs(browser, server.room('naughty'), 'Bob');
  await untilNames(ann, 'Ann (you)', 'Bob');
  const parts = await ann.locator('#grid *').count();
  await ann.evaluate(watchNames);

  await bob.evaluate(renameThrough, names);
  const seen = await until('the last name', async () => {
    const all = await ann.evaluate(() => globalThis.seenNames);
    return all[all.length - 1] === 'the end' && all;
  });

  const wanted = names.map((name) => name.trim() || 'Guest');
  assert.deepEqual(wanted.filter((name) => !seen.includes(name)), []);
  assert.ok(names.length > 400, `${names.length} names`);
  assert.equal(await ann.locator('#grid *').count(), parts);
  assert.equal(dialogs, 0);
  assert.deepEqual([...ann.problems, ...bob.problems], []);
  await Promise.all([ann.close(), bob.close()]);
});

/** In Ann's page: keeps what stands on Bob's tile after each change. */
function watchNames() {
  globalThis.seenNames = [];
  const { call } = document.querySelector('#call');
  const bob = [...call.peers.keys()][0];
  const text = document.querySelector(`#grid .tile[data-peer="${bob}"] .name`);
  call.on('peer-updated', () => globalThis.seenNames.push(text.textContent));
}

/** In Bob's page: takes one name after the other, as fast as the server lets. */
async function renameThrough(names) {
  const { call } = document.querySelector('#call');
  for (const name of [...names, 'the end'])
    for (;;) {
      const error = await call.update({ name }).then(() => null, (reason) => reason);
      if (!error) break;
      if (error.code !== 'rate_limited') throw error;
      await new Promise((wake) => setTimeout(wake, error.retryAfterMs ?? 100));
    }
}

test('without permission for the camera one is told so, and may join to watch', async () => {
  const ann = await joinAs(browser, server.room('denied'), 'Ann');
  const refusing = await startBrowser({ mayUse: false });
  const bob = await openPage(refusing, server.room('denied'));
  await bob.fill('#join-name', 'Bob');

  await bob.click('#join-button');
  await bob.waitForSelector('#join-notice:not([hidden])');
  assert.equal(await bob.textContent('#join-notice-code'), 'media_denied');
  assert.match(await bob.textContent('#join-notice-title'), /microphone and camera are blocked/);
  assert.equal(await bob.textContent('#join-button'), 'Join to watch and listen');
  await bob.click('#join-button');
  await untilJoined(bob);

  await checkMedia(bob, 1);
  await tileOf(ann, 'Bob').locator('.icon-mic-off').waitFor({ state: 'visible' });
  await tileOf(ann, 'Bob').locator('video').waitFor({ state: 'hidden' });
  await ann.close();
  await refusing.close();
});

test('no device, and one in use, are told apart', async () => {
  for (const [name, code, title] of [['NotFoundError', 'media_missing', /No microphone and camera found/], ['NotReadableError', 'media_busy', /cannot be opened/]]) {
    const page = await openPage(browser, server.room('devices'), {
      prepare: `navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('x', '${name}'));`,
    });
    await page.waitForSelector('#join-notice:not([hidden])');
    assert.equal(await page.textContent('#join-notice-code'), code);
    assert.match(await page.textContent('#join-notice-title'), title);
    await page.close();
  }
});

test('whoever has neither microphone nor camera joins to watch and listen, with one press', async () => {
  const ann = await joinAs(browser, server.room('bare'), 'Ann');
  const bob = await openPage(browser, server.room('bare'), {
    prepare: `navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('x', 'NotFoundError'));`,
  });
  await bob.waitForSelector('#join-notice:not([hidden])');
  await bob.fill('#join-name', 'Bob');
  assert.equal(await bob.textContent('#join-button'), 'Join to watch and listen');

  await bob.click('#join-button');
  await untilJoined(bob);

  await checkMedia(bob, 1);
  assert.deepEqual(await bob.evaluate(() => document.querySelector('#call').call.self.media), { mic: false, camera: false, screen: false });
  await tileOf(ann, 'Bob').locator('.icon-mic-off').waitFor({ state: 'visible' });
  await Promise.all([ann.close(), bob.close()]);
});

test('whoever has a microphone but no camera is heard', async () => {
  const ann = await joinAs(browser, server.room('mic'), 'Ann');
  const bob = await openPage(browser, server.room('mic'), { prepare: withholdCamera });
  await bob.waitForSelector('#join-notice:not([hidden])');
  assert.match(await bob.textContent('#join-notice-title'), /No camera found/);
  await bob.fill('#join-name', 'Bob');

  await bob.click('#join-button');
  await untilJoined(bob);

  assert.deepEqual(await bob.evaluate(() => document.querySelector('#call').call.self.media), { mic: true, camera: false, screen: false });
  await until('Bob is heard', async () => (await receivedBy(ann)).some((peer) => peer.audioSamples > 0));
  await Promise.all([ann.close(), bob.close()]);
});

/** In the page, before anything else: there is a microphone, and no camera. */
function withholdCamera() {
  const { mediaDevices } = navigator;
  const ask = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = (wish) => (wish.video ? Promise.reject(new DOMException('x', 'NotFoundError')) : ask(wish));
}

test('a page without a secure context says so', async () => {
  const page = await openPage(browser, server.room('insecure'), {
    prepare: `Object.defineProperty(Navigator.prototype, 'mediaDevices', { value: undefined });`,
  });
  await page.waitForSelector('#join-notice:not([hidden])');
  assert.equal(await page.textContent('#join-notice-code'), 'insecure_context');
  await page.close();
});

test('a full room is a card with a way on', async () => {
  const room = server.room('full');
  const people = [await joinAs(browser, room, 'Ann'), await joinAs(browser, room, 'Bob')];
  const cyd = await openPage(browser, room);
  await cyd.click('#join-button');
  await untilCard(cyd, 'room_full');

  await people.pop().close();
  await untilNames(people[0], 'Ann (you)');
  await cyd.click('#card-again');
  await cyd.click('#join-button');
  await untilJoined(cyd);

  await checkMedia(cyd, 1);
  await Promise.all([people[0].close(), cyd.close()]);
});

test('the copied link carries no token', async () => {
  const page = await joinAs(browser, server.room('copied'), 'Ann');
  await browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);

  await page.click('#alone-invite');
  await until('the link is copied', async () => (await page.evaluate(() => navigator.clipboard.readText())) === server.room('copied'));
  assert.ok(await page.locator('#alone-hint').isHidden());

  await page.close();
});

test('a server without --dev asks for an invitation', async () => {
  const page = await openPage(browser, server.room('closed'));
  await page.route('**/v1/dev/token', (route) => route.fulfill({ status: 404, body: '{"code":"not_found"}' }));
  await page.click('#join-button');

  await untilCard(page, 'needs_invitation');
  await page.close();
});

test('a server that cannot be reached is a card, and trying again helps when it is back', async () => {
  const other = await startServer();
  const page = await openPage(browser, other.room('gone'));
  await other.stop();

  await page.click('#join-button');
  await untilCard(page, 'unreachable');
  const back = await startServer({ ports: other.ports });
  await page.click('#card-again');
  await page.click('#join-button');
  await page.waitForSelector('#call:not([hidden])');

  await page.close();
  await back.stop();
});

test('the first page leads to a room', async () => {
  const page = await openPage(browser, `${server.url}/`);
  assert.match(await page.inputValue('#home-room'), /^[a-z]{3}-[a-z]{4}-[a-z]{3}$/);

  await page.fill('#home-room', 'not a room');
  await page.click('#home-form button');
  assert.equal(page.url(), `${server.url}/`);
  await page.fill('#home-room', 'team@daily');
  await page.click('#home-form button');

  await page.waitForURL(`${server.url}/r/team@daily`);
  assert.equal(await page.textContent('#join-room'), 'team@daily');
  await page.close();
});
