// sessions.test - connections are lost, look alive and are dead, or sleep; sessions go on, or end for a reason that is told.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, test } from 'node:test';
import WebSocket from 'ws';
import { ChaosProxy } from '../chaos/proxy.mjs';
import { API_KEY, API_SECRET, mintToken } from '../e2e/support/token.mjs';
import { PATIENCE_MS, checkMedia, joinAs, shoot, startBrowser, startServer, tileOf, until, untilCard, untilJoined, untilNames } from './harness.mjs';
import { GAP_MAX_MS, idsOf, recordCall, recordConnections, recordFrames, recordNotes, say } from './instruments.mjs';

let server;
let browser;
let proxy;
let origin;
let room;
let count = 0;
const pages = [];

before(async () => {
  server = await startServer({ env: { PARLEY_AUTH_KEYS: `${API_KEY}: ${API_SECRET}` } });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  proxy?.close();
  await server?.stop();
});
afterEach(async () => {
  for (const page of pages.splice(0)) {
    assert.deepEqual(page.problems, [], 'errors in the page, or refused by its Content-Security-Policy');
    await page.close();
  }
});

/** Ann comes through a proxy that can spoil her connection, Bob directly. */
async function annAndBob({ annsToken } = {}) {
  count += 1;
  room = `sessions-${count}`;
  proxy?.close();
  proxy = new ChaosProxy();
  origin = `http://127.0.0.1:${await proxy.listen(server.ports.server)}`;
  const prepare = [recordConnections, recordNotes];
  const ann = await joinAs(browser, `${origin}/r/${room}${annsToken ? `#token=${annsToken}` : ''}`, 'Ann', { prepare });
  const bob = await joinAs(browser, server.room(room), 'Bob', { prepare });
  pages.push(ann, bob);
  await Promise.all([checkMedia(ann, 1), checkMedia(bob, 1)]);
  for (const page of [ann, bob]) await page.evaluate(recordCall);
  for (const page of [ann, bob]) await page.evaluate(recordFrames);
  return [ann, bob];
}

const tokenOf = (sub, video = {}) => mintToken({ sub, name: sub, video: { room, ...video } });
const untilTold = (page, event) => page.waitForFunction((wanted) => globalThis.told.includes(wanted), event, { timeout: PATIENCE_MS });
const recalled = (page) => page.evaluate(() => ({ record: globalThis.record, told: globalThis.told, heard: globalThis.heard, fates: globalThis.fates, frames: globalThis.frames }));
const goBlack = () => proxy.pairs.forEach((pair) => pair.freeze());

/** Ann and Bob talk to each other, and what was said before has arrived once, in order. */
async function checkHeard([ann, bob], byBob, byAnn) {
  await ann.evaluate(say, 'last');
  await bob.evaluate(say, 'last');
  await until('the last words', async () => (await recalled(ann)).heard.includes('Bob: last') && (await recalled(bob)).heard.includes('Ann: last'));
  assert.deepEqual((await recalled(bob)).heard, [...byBob, 'Ann: last']);
  assert.deepEqual((await recalled(ann)).heard, [...byAnn, 'Bob: last']);
}

/** No connection between the two was closed or restarted, the picture went on, and nobody left. */
async function checkUntouched(people, ids) {
  for (const [index, page] of people.entries()) {
    const { record, told, frames } = await recalled(page);
    assert.deepEqual(await page.evaluate(idsOf), ids[index]);
    assert.deepEqual([record.made, record.closed, record.restarts], [1, 0, 0]);
    assert.ok(frames.longestGapMs < GAP_MAX_MS, `${frames.longestGapMs} ms without a new frame`);
    assert.deepEqual(told.filter((event) => /^(peer-left|peer-joined|rejoined|ended|warning)/.test(event)), []);
  }
}

test('a connection that breaks is taken up again, and nothing is lost', async () => {
  const people = await annAndBob();
  const [ann, bob] = people;
  const ids = await Promise.all(people.map((page) => page.evaluate(idsOf)));

  for (const pair of proxy.pairs) pair.cut();
  await ann.evaluate(say, 'one');
  await bob.evaluate(say, 'two');

  await untilTold(ann, 'resumed');
  await checkHeard(people, ['Ann: one'], ['Bob: two']);
  await checkUntouched(people, ids);
});

test('offline and online: the old connection looks alive and is dead, the new one takes the session over at once', async () => {
  const people = await annAndBob();
  const [ann, bob] = people;
  const ids = await Promise.all(people.map((page) => page.evaluate(idsOf)));

  goBlack();
  const opened = proxy.opened;
  await ann.evaluate(say, 'one');
  await bob.evaluate(say, 'two');
  const goOnline = await goOffline(ann);
  await Promise.all([checkMedia(ann, 1), checkMedia(bob, 1)]);
  await goOnline();

  await untilTold(ann, 'resumed');
  assert.ok(proxy.opened > opened, 'over a new connection');
  assert.deepEqual((await recalled(bob)).told, [], 'before the server could miss her');
  await checkHeard(people, ['Ann: one'], ['Bob: two']);
  await checkUntouched(people, ids);
});

/** Takes the network from one page; what it returns gives that back. What is open already is not touched by either. */
async function goOffline(page) {
  const tab = await browser.context.newCDPSession(page);
  await tab.send('Network.enable');
  await tab.send('Network.emulateNetworkConditions', { offline: true, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  return () => tab.detach();
}

test('a connection that dies in silence is noticed, its peer is away and not gone, and the session goes on (T-31)', async () => {
  const people = await annAndBob();
  const [ann, bob] = people;
  const ids = await Promise.all(people.map((page) => page.evaluate(idsOf)));

  goBlack();
  proxy.refuse(PATIENCE_MS);
  await ann.evaluate(say, 'one');
  await bob.evaluate(say, 'two');
  await untilTold(bob, 'peer-away Ann');
  await tileOf(bob, 'Ann').locator('.tile-state', { hasText: 'Reconnecting to the server' }).waitFor({ state: 'visible' });
  await shoot(bob, 'away');
  await Promise.all([checkMedia(ann, 1), checkMedia(bob, 1)]);
  await ann.waitForSelector('#banner[data-mood=busy]:not([hidden])', { timeout: PATIENCE_MS });
  await shoot(ann, 'silence-reconnecting');
  proxy.mend();

  await Promise.all([untilTold(ann, 'resumed'), untilTold(bob, 'peer-back Ann')]);
  await tileOf(bob, 'Ann').locator('.tile-state').waitFor({ state: 'hidden' });
  await checkHeard(people, ['Ann: one'], ['Bob: two']);
  await checkUntouched(people, ids);
});

test('a tab that is suspended for longer than the server waits comes back as the same peer', async () => {
  const people = await annAndBob();
  const [ann, bob] = people;
  const ids = await Promise.all(people.map((page) => page.evaluate(idsOf)));
  await ann.evaluate(countTicks);

  const tab = await suspend(ann);
  goBlack();
  await bob.evaluate(say, 'two');
  const before = await tab.ticks();
  await untilTold(bob, 'peer-away Ann');
  await checkMedia(bob, 1);
  assert.equal(await tab.ticks(), before, 'the tab was awake: the scene shows nothing');
  await tab.wake();

  await Promise.all([untilTold(ann, 'resumed'), untilTold(bob, 'peer-back Ann')]);
  await shoot(ann, 'awake');
  await checkHeard(people, [], ['Bob: two']);
  await Promise.all([checkMedia(ann, 1), checkMedia(bob, 1)]);
  await checkUntouched([bob], [ids[1]]);
  assert.deepEqual(await ann.evaluate(idsOf), ids[0]);
});

/** Lets no line of a page's JavaScript run any more; Chromium's own way to freeze a tab spares those that are in a call. */
async function suspend(page) {
  const tab = await browser.context.newCDPSession(page);
  const paused = once(tab, 'Debugger.paused');
  await tab.send('Debugger.enable');
  await tab.send('Debugger.pause');
  await paused;
  return {
    ticks: async () => (await tab.send('Runtime.evaluate', { expression: 'globalThis.ticks' })).result.value,
    wake: () => tab.detach(),
  };
}

/** In the page: a timer of its own, which stands still while the tab is suspended. */
function countTicks() {
  globalThis.ticks = 0;
  setInterval(() => (globalThis.ticks += 1), 500);
}

test('who was removed while away does not come back (T-67)', async () => {
  const [ann, bob] = await annAndBob();
  const { self } = await ann.evaluate(idsOf);

  goBlack();
  proxy.refuse(PATIENCE_MS);
  await kick(self);
  await untilTold(bob, 'peer-left Ann kicked');
  for (const pair of proxy.pairs) pair.cut();
  proxy.mend();

  await untilCard(ann, 'kicked');
  assert.match(await ann.textContent('#card-title'), /removed from the call/);
  await shoot(ann, 'kicked');
  await untilNames(bob, 'Bob (you)');
});

/** A moderator without a page: comes, removes somebody, and goes. */
async function kick(peer) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/rooms/${room}/ws`, 'parley.v1');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'hello', token: tokenOf('moderator', { roomAdmin: true, hidden: true }) }));
  await once(socket, 'message');
  socket.send(JSON.stringify({ type: 'kick', peer }));
  socket.send(JSON.stringify({ type: 'leave' }));
  await once(socket, 'close');
}

test('who joins from elsewhere is told so in the first place, and may join there instead', async () => {
  count += 1;
  room = `sessions-${count}`;
  const link = `${server.room(room)}#token=${tokenOf('ann')}`;
  const first = await joinAs(browser, link, 'Ann');
  const bob = await joinAs(browser, server.room(room), 'Bob');
  await checkMedia(bob, 1);

  const second = await joinAs(browser, link, 'Ann');
  pages.push(first, bob, second);

  await untilCard(first, 'replaced');
  assert.equal(await first.textContent('#card-title'), 'You joined from elsewhere');
  await shoot(first, 'replaced');
  await Promise.all([checkMedia(second, 1), checkMedia(bob, 1)]);
  await untilNames(bob, 'Bob (you)', 'ann');

  await first.click('#card-again');
  await first.click('#join-button');
  await untilJoined(first);
  await untilCard(second, 'replaced');
  await Promise.all([checkMedia(first, 1), checkMedia(bob, 1)]);
});
