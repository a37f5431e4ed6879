// restart.test - the server goes away in the middle of calls, by accident or on purpose, and comes back.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { PATIENCE_MS, checkMedia, joinAs, startBrowser, startServer, untilNames } from './harness.mjs';

let server;
let browser;
let room;
let count = 0;
const pages = [];

before(async () => {
  server = await startServer();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
afterEach(async () => {
  for (const page of pages.splice(0)) {
    assert.deepEqual(page.problems, [], 'errors in the page, or refused by its Content-Security-Policy');
    await page.close();
  }
});

function newRoom() {
  count += 1;
  room = server.room(`restart-${count}`);
}

async function arrive(name, options) {
  const page = await joinAs(browser, room, name, options);
  pages.push(page);
  return page;
}

test('a server that dies is not heard in the call, and is joined again when it is back', async () => {
  newRoom();
  const ann = await arrive('Ann');
  const bob = await arrive('Bob');
  await Promise.all([checkMedia(ann, 1), checkMedia(bob, 1)]);
  const before = await ann.evaluate(() => document.querySelector('#call').call.self.id);

  await server.stop('SIGKILL');
  await ann.waitForFunction(() => document.querySelector('#call').call.state === 'reconnecting');
  await ann.waitForSelector('#banner:not([hidden])');
  await Promise.all([checkMedia(ann, 1), checkMedia(bob, 1)]);
  server = await startServer({ ports: server.ports });

  for (const page of [ann, bob]) {
    await page.waitForFunction((old) => {
      const { call } = document.querySelector('#call');
      return call.state === 'joined' && call.self.id !== old && call.peers.size === 1;
    }, before);
    await checkMedia(page, 1);
  }
  await untilNames(ann, 'Ann (you)', 'Bob');
  for (const page of [ann, bob]) page.problems = page.problems.filter((problem) => !/ERR_CONNECTION|WebSocket/.test(problem));
});

test('a server that is stopped is not heard in the call, nobody is said to be gone, and the call comes back', async () => {
  newRoom();
  const people = [await arrive('Ann', { prepare: recordNotes }), await arrive('Bob', { prepare: recordNotes })];
  await Promise.all(people.map((page) => checkMedia(page, 1)));
  for (const page of people) await page.evaluate(recordEvents);
  const knocked = people.map((page) => knocksInVain(page, 2));

  await server.stop('SIGTERM');
  for (const page of people) await page.waitForFunction(() => document.querySelector('#call').call.state === 'reconnecting');
  await Promise.all(knocked);
  await Promise.all(people.map((page) => checkMedia(page, 1)));
  for (const page of people) {
    const { events, notes } = await page.evaluate(() => ({ events: globalThis.events, notes: globalThis.notes }));
    assert.deepEqual(events, ['state reconnecting']);
    assert.deepEqual(notes.filter((note) => /gone|left/.test(note)), []);
  }
  await untilNames(people[0], 'Ann (you)', 'Bob');
  await untilNames(people[1], 'Ann', 'Bob (you)');
  server = await startServer({ ports: server.ports });

  for (const page of people) {
    await page.waitForFunction(() => document.querySelector('#call').call.state === 'joined' && document.querySelector('#call').call.peers.size === 1, null, { timeout: PATIENCE_MS });
    await checkMedia(page, 1);
    assert.deepEqual(await page.evaluate(() => globalThis.events.filter((event) => event.startsWith('warning'))), []);
    assert.deepEqual(await page.evaluate(() => globalThis.notes.filter((note) => /gone|left/.test(note))), []);
  }
});

/** Resolves when the page has asked so many times for a token to come back with, and nobody answered. */
function knocksInVain(page, times) {
  let failed = 0;
  return page.waitForEvent('requestfailed', { predicate: () => (failed += 1) >= times, timeout: PATIENCE_MS });
}

/** In the page, before anything else: what the banner said. */
function recordNotes() {
  globalThis.notes = [];
  addEventListener('DOMContentLoaded', () => {
    const banner = document.querySelector('#banner');
    new MutationObserver(() => globalThis.notes.push(banner.textContent)).observe(banner, { childList: true });
  });
}

/** In the page, once it is in the call. */
function recordEvents() {
  globalThis.events = [];
  const { call } = document.querySelector('#call');
  call.on('state', (state) => globalThis.events.push(`state ${state}`));
  call.on('warning', ({ code }) => globalThis.events.push(`warning ${code}`));
  call.on('peer-left', ({ reason }) => globalThis.events.push(`peer-left ${reason}`));
}

test('when more come at once than the server lets in, each waits for a moment and gets in', async () => {
  const narrow = await startServer({ settings: { 'limits.address_joins_per_s': '1', 'limits.address_joins_burst': '1' } });
  const names = ['Ann', 'Bob', 'Cyd'];

  const people = await Promise.all(names.map((name) => joinAs(browser, narrow.room('crowd'), name)));
  pages.push(...people);

  await Promise.all(people.map((page) => checkMedia(page, 2)));
  const metrics = await (await fetch(`http://127.0.0.1:${narrow.ports.admin}/metrics`)).text();
  assert.match(metrics, /^parley_rate_limited_total\{[^}]*join[^}]*\} [1-9]/m, 'nobody had to wait: the scene shows nothing');
  await narrow.stop();
});
