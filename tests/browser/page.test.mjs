// page.test - the page by itself: names that are code, missing cameras, refusals in plain words, keyboards and phones.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT, checkMedia, joinAs, openPage, startBrowser, startServer, tileOf, until, untilCard, untilJoined, untilNames } from './harness.mjs';

const BLNS = join(ROOT, '../shared/data/strings/blns.json');
const NAME_BYTES_MAX = 256;
const TARGET_MIN_PX = 44;
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

async function tokenFor(room) {
  const answer = await fetch(`${server.url}/v1/dev/token`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ room, name: 'Guest' }) });
  return (await answer.json()).token;
}

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

test('an invitation for another room is refused in plain words, and its token leaves the address at once', async () => {
  const page = await openPage(browser, `${server.room('this')}#token=${await tokenFor('that')}`);
  assert.equal(page.url(), server.room('this'));
  await page.click('#join-button');

  await untilCard(page, 'auth_room');
  assert.match(await page.textContent('#card-title'), /for another room/);
  assert.ok(await page.locator('#card-again').isHidden());
  await page.close();
});

test('an invitation lets its guest in, and the copied link carries no token', async () => {
  const page = await openPage(browser, `${server.room('invited')}#token=${await tokenFor('invited')}`);
  await page.click('#join-button');
  await page.waitForSelector('#call:not([hidden])');
  await browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);

  await page.click('#tool-invite');
  await until('the link is copied', async () => (await page.evaluate(() => navigator.clipboard.readText())) === server.room('invited'));

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

test('a call can be joined, muted and left with the keyboard alone', async () => {
  const page = await openPage(browser, server.room('keys'));
  await tabTo(page, 'join-name');
  await page.keyboard.type('Ann');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#call:not([hidden])');

  await tabTo(page, 'tool-mic');
  await page.keyboard.press('Space');
  await page.waitForSelector('#tool-mic[aria-pressed=false]');
  await tabTo(page, 'tool-leave');
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'none');
  await page.keyboard.press('Enter');

  await untilCard(page, 'left');
  await page.close();
});

async function tabTo(page, id) {
  for (let presses = 0; presses < 20; presses += 1) {
    if ((await page.evaluate(() => document.activeElement?.id)) === id) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`Tab never comes to #${id}`);
}

test('on phones and large screens everything fits, and every button can be hit', async () => {
  const refusing = await startBrowser({ mayUse: false });
  const page = await openPage(refusing, server.room('sizes'));
  for (const step of ['join', 'notice', 'call', 'card']) {
    for (const viewport of [{ width: 320, height: 568 }, { width: 390, height: 844 }, { width: 844, height: 390 }, { width: 1920, height: 1080 }]) {
      await page.setViewportSize(viewport);
      const { overflow, small } = await page.evaluate(measure, TARGET_MIN_PX);
      assert.ok(overflow <= 0, `${step} at ${viewport.width}: ${overflow} px too wide`);
      assert.deepEqual(small, [], `${step} at ${viewport.width}`);
    }
    await STEPS[step]?.(page);
  }
  await refusing.close();
});

/** How the page gets from one step to the next. */
const STEPS = {
  join: async (page) => (await page.click('#join-button'), await page.waitForSelector('#join-notice:not([hidden])')),
  notice: async (page) => (await page.click('#join-button'), await page.waitForSelector('#call:not([hidden])')),
  call: async (page) => (await page.click('#tool-leave'), await untilCard(page, 'left')),
};

/** In the page: how much too wide it is, and which buttons are too small. */
function measure(least) {
  const buttons = [...document.querySelectorAll('button, a, input')].filter((one) => one.checkVisibility());
  const small = buttons.filter((one) => one.getBoundingClientRect().height < least || one.getBoundingClientRect().width < least);
  const right = Math.max(...[...document.querySelectorAll('body *')].filter((one) => one.checkVisibility() && !one.closest('.tile')).map((one) => one.getBoundingClientRect().right));
  return { overflow: Math.ceil(Math.max(right, document.documentElement.scrollWidth) - innerWidth), small: small.map((one) => one.id || one.className) };
}
