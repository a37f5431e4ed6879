// backoff.test - when the SDK comes back, and after how long.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff, mayRetry, wayBack } from '../../web-demo/sdk/backoff.js';

test('waits double from half a second to a quarter of a minute', () => {
  const backoff = new Backoff(() => 1);

  const waits = Array.from({ length: 7 }, () => backoff.next());

  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
});

test('while the session outlives its connection no wait is longer than a sixth of that time, and later as long as ever', () => {
  let now = 0;
  const backoff = new Backoff(() => 1, () => now);
  backoff.onWelcome(30_000);

  const waits = Array.from({ length: 10 }, () => {
    const wait = backoff.next();
    now += wait;
    return wait;
  });

  assert.deepEqual(waits, [500, 1000, 2000, 4000, 5000, 5000, 5000, 5000, 5000, 15_000]);
});

for (const [graceMs, longest] of [[1000, 500], [60_000, 10_000], [600_000, 15_000], [0, 15_000], [undefined, 15_000]])
  test(`of ${graceMs} ms to come back in, a wait takes up to ${longest}`, () => {
    const backoff = new Backoff(() => 1, () => 0);
    backoff.onWelcome(graceMs);

    const waits = Array.from({ length: 8 }, () => backoff.next());

    assert.equal(Math.max(...waits), longest);
  });

test('the time to come back in begins anew with each welcome, and the wait that the server asked for still comes on top', () => {
  let now = 0;
  const backoff = new Backoff(() => 1, () => now);
  backoff.onWelcome(30_000);
  for (let i = 0; i < 6; i += 1) backoff.next();
  now = 40_000;
  assert.equal(backoff.next(), 15_000);

  backoff.onWelcome(30_000);

  assert.equal(backoff.next(), 5000);
  assert.equal(backoff.next(7000), 12_000);
});

test('jitter takes away up to all of it, so that clients do not return together', () => {
  assert.equal(new Backoff(() => 0).next(), 0);
  assert.equal(new Backoff(() => 0.5).next(), 250);
});

test('the first attempt comes within half a second: the server may be back in a moment', () => {
  assert.ok(new Backoff(() => 0.999).next() <= 500);
});

test('who comes back gives up a hanging attempt sooner than who joins, and later each time', () => {
  const backoff = new Backoff(() => 1);

  const patience = Array.from({ length: 5 }, () => [backoff.patienceMs, backoff.next()][0]);

  assert.deepEqual(patience, [10_000, 4000, 8000, 10_000, 10_000]);
});

for (const [what, code, action, hasTicket, mayRenew, way] of [
  ['a broken connection', 1006, undefined, true, false, 'resume'],
  ['a server that restarts', 1012, 'resume', true, false, 'resume'],
  ['a session whose token is over, with a function for tokens', 4502, 'stop', true, true, 'rejoin'],
  ['a session whose token is over, without one', 4502, undefined, true, false, 'stop'],
  ['a fresh token that is refused as expired', 4502, undefined, false, true, 'stop'],
  ['bye with rejoin', 4000, 'rejoin', true, false, 'rejoin'],
  ['bye with stop', 4000, 'stop', true, true, 'stop'],
  ['a kick', 4504, 'stop', true, true, 'stop'],
  ['a token that came too late for this connection', 4508, undefined, false, true, 'resume'],
])
  test(`after ${what}: ${way}`, () => {
    assert.equal(wayBack(code, action, hasTicket, mayRenew), way);
  });

test('the wait that the server asked for comes on top', () => {
  assert.equal(new Backoff(() => 0.5).next(3000), 3250);
});

test('after a good connection waits are short again', () => {
  const backoff = new Backoff(() => 1);
  for (let i = 0; i < 5; i += 1) backoff.next();

  backoff.reset();

  assert.equal(backoff.next(), 500);
});

test('close codes below 4500 and those of a broken or restarted server are worth coming back for', () => {
  for (const code of [1001, 1006, 1011, 1012, 1013, 4000, 4001, 4002, 4003, 4499]) assert.ok(mayRetry(code), `${code}`);
});

test('close codes from 4500 and those for a faulty client are final', () => {
  for (const code of [1000, 1002, 1003, 1007, 1008, 1009, 4500, 4501, 4502, 4503, 4504, 4506, 4508, 4999]) assert.ok(!mayRetry(code), `${code}`);
});
