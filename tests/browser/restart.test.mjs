// restart.test - the only server goes away in the middle of calls, by accident or on purpose, and comes back: nobody leaves, nothing is lost.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { PATIENCE_MS, checkMedia, joinAs, shoot, startAgain, startBrowser, startServer, until, untilNames } from './harness.mjs';
import { checkUntouched, idsOf, recalled, recordCall, recordConnections, recordFrames, recordNotes, say } from './instruments.mjs';

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
    assert.deepEqual(page.problems.filter((problem) => !/ERR_CONNECTION|WebSocket/.test(problem)), [], 'errors in the page, or refused by its Content-Security-Policy');
    await page.close();
  }
});

/** People in a call of their own, whose pages record what happens from here on. */
async function callOf(...names) {
  count += 1;
  room = server.room(`restart-${count}`);
  const people = [];
  for (const name of names) people.push(await joinAs(browser, room, name, { prepare: [recordConnections, recordNotes] }));
  pages.push(...people);
  await Promise.all(people.map((page) => checkMedia(page, names.length - 1)));
  for (const page of people) await page.evaluate(recordCall);
  for (const page of people) await page.evaluate(recordFrames);
  return people;
}

const untilState = (page, state) => page.waitForFunction((wanted) => document.querySelector('#call').call?.state === wanted, state, { timeout: PATIENCE_MS });
/** Notes go away by themselves: wait for one before what brings it. */
const untilBanner = (page, mood) => page.waitForSelector(`#banner[data-mood=${mood}]:not([hidden])`, { timeout: PATIENCE_MS });
const untilTold = (page, name) => page.waitForFunction((wanted) => globalThis.told.includes(wanted), name, { timeout: PATIENCE_MS });

/** What was said arrives, and nothing more than once: a last word comes after whatever might have been doubled. */
async function untilHeard(page, ...texts) {
  await until(`${texts.join(', ')} are heard`, () => page.evaluate((wanted) => wanted.every((text) => globalThis.heard.includes(text)), texts));
  assert.deepEqual((await recalled(page)).heard, texts);
}

/** The promise of the whole project: whoever looks only at the call has not noticed. */
async function checkUnnoticed(page, ids) {
  const { told, notes } = await checkUntouched(page, ids);
  assert.deepEqual(told.filter((event) => !/^peer-(away|back) /.test(event)), ['reconnecting', 'resumed']);
  assert.deepEqual(notes.filter((note) => /gone|left|anew/.test(note)), []);
}

for (const [signal, how, row] of [['SIGKILL', 'is killed', 'T-61'], ['SIGTERM', 'is stopped', 'T-60']])
  test(`a server that ${how} and started again: the same peers, no media touched, and what was said meanwhile arrives once (${row})`, async () => {
    const [ann, bob] = await callOf('Ann', 'Bob');
    const ids = await Promise.all([ann.evaluate(idsOf), bob.evaluate(idsOf)]);

    // Bob has this one, and his receipt is lost with the server: it is sent again, and must not be heard again.
    await ann.evaluate(say, 'zero');
    await bob.waitForFunction(() => globalThis.heard.length > 0);
    await server.stop(signal);
    await Promise.all([untilState(ann, 'reconnecting'), untilState(bob, 'reconnecting')]);
    await untilBanner(ann, 'busy');
    await shoot(ann, `${signal.toLowerCase()}-reconnecting`);
    for (const text of ['one', 'two']) await ann.evaluate(say, text);
    await bob.evaluate(say, 'three');
    await Promise.all([checkMedia(ann, 1), checkMedia(bob, 1)]);
    assert.deepEqual((await recalled(bob)).heard, ['Ann: zero'], 'nobody can have passed on the rest');
    const isTold = untilBanner(ann, 'good');
    server = await startAgain(server);

    await isTold;
    await shoot(ann, `${signal.toLowerCase()}-resumed`);
    await Promise.all([untilTold(ann, 'resumed'), untilTold(bob, 'resumed')]);
    await ann.evaluate(say, 'last');
    await untilHeard(bob, 'Ann: zero', 'Ann: one', 'Ann: two', 'Ann: last');
    await bob.evaluate(say, 'last');
    await untilHeard(ann, 'Bob: three', 'Bob: last');
    await Promise.all([checkMedia(ann, 1), checkMedia(bob, 1)]);
    await until('all receipts', async () => (await Promise.all([recalled(ann), recalled(bob)])).every(({ fates }) => Object.values(fates).every((fate) => fate === 'delivered')));
    await checkUnnoticed(ann, ids[0]);
    await checkUnnoticed(bob, ids[1]);
    await ann.waitForSelector('#banner', { state: 'hidden', timeout: PATIENCE_MS });
  });

test('a server that dies twice in a call of three is not noticed either', async () => {
  const people = await callOf('Ann', 'Bob', 'Cyd');
  const ids = await Promise.all(people.map((page) => page.evaluate(idsOf)));

  for (const round of [1, 2]) {
    await server.stop('SIGKILL');
    await Promise.all(people.map((page) => untilState(page, 'reconnecting')));
    await people[2].evaluate(say, `round ${round}`);
    server = await startAgain(server);
    await Promise.all(people.map((page) => untilState(page, 'joined')));
  }

  for (const page of people.slice(0, 2)) await untilHeard(page, 'Cyd: round 1', 'Cyd: round 2');
  await Promise.all(people.map((page) => checkMedia(page, 2)));
  for (const [index, page] of people.entries()) {
    const { record, told } = await recalled(page);
    assert.deepEqual(await page.evaluate(idsOf), ids[index]);
    assert.deepEqual([record.made, record.closed, record.restarts], [2, 0, 0]);
    assert.deepEqual(told.filter((event) => /^(peer-left|peer-joined|rejoined|warning)/.test(event)), []);
  }
});

test('whoever does not come back with the server has left once the grace time is over, and not before', async () => {
  const brief = await startServer({ settings: { 'rooms.grace': '5s' } });
  const ann = await joinAs(browser, brief.room('brief'), 'Ann');
  const bob = await joinAs(browser, brief.room('brief'), 'Bob');
  pages.push(ann);
  await checkMedia(ann, 1);
  await ann.evaluate(recordCall);

  await brief.stop('SIGKILL');
  await untilState(ann, 'reconnecting');
  await bob.close();
  const again = await startAgain(brief);
  await untilTold(ann, 'resumed');
  await ann.evaluate(say, 'are you there?');

  await untilNames(ann, 'Ann (you)');
  const { told, fates } = await recalled(ann);
  assert.deepEqual(told.filter((event) => /^peer-left/.test(event)).length, 1);
  assert.ok(told.indexOf('resumed') < told.findIndex((event) => /^peer-left/.test(event)));
  assert.deepEqual(fates, { 'are you there?': 'undelivered expired' });
  await again.stop();
});

test('a server with another key lets everybody join anew: that is told, and the call works again', async () => {
  const [ann, bob] = await callOf('Ann', 'Bob');
  const ids = await Promise.all([ann.evaluate(idsOf), bob.evaluate(idsOf)]);

  await server.stop('SIGKILL');
  await Promise.all([untilState(ann, 'reconnecting'), untilState(bob, 'reconnecting')]);
  await ann.evaluate(say, 'lost');
  const isTold = untilBanner(ann, 'warning');
  server = await startAgain(server, { state: undefined });

  await isTold;
  assert.match(await ann.textContent('#banner'), /may not have arrived/);
  await shoot(ann, 'rejoined');
  await Promise.all([untilTold(ann, 'rejoined'), untilTold(bob, 'rejoined')]);
  await untilNames(ann, 'Ann (you)', 'Bob');
  await Promise.all([checkMedia(ann, 1), checkMedia(bob, 1)]);
  await until('what was not receipted is reported', async () => /^undelivered /.test((await recalled(ann)).fates.lost));
  assert.notEqual((await ann.evaluate(idsOf)).self, ids[0].self);
  assert.notEqual((await bob.evaluate(idsOf)).self, ids[1].self);
  await ann.evaluate(say, 'found');
  await untilHeard(bob, 'Ann: found');
  assert.ok(!(await recalled(ann)).told.includes('resumed'));
});

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
