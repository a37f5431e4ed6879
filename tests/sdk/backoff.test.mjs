// backoff.test - when the SDK comes back, and after how long.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff, mayRetry, wayBack } from '../../web-demo/sdk/backoff.js';

test('waits double from half a second to a quarter of a minute', () => {
  const backoff = new Backoff(() => 1);

  const waits = Array.from({ length: 7 }, () => backoff.next());

  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
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
