// backoff.test - when the SDK comes back, and after how long.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff, mayRetry } from '../../web-demo/sdk/backoff.js';

test('waits double from half a second to a quarter of a minute', () => {
  const backoff = new Backoff(() => 1);

  const waits = Array.from({ length: 7 }, () => backoff.next());

  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
});

test('jitter takes away up to half, so that clients do not return together', () => {
  assert.equal(new Backoff(() => 0).next(), 250);
  assert.equal(new Backoff(() => 0.5).next(), 375);
});

test('the wait that the server asked for comes on top', () => {
  assert.equal(new Backoff(() => 0).next(3000), 3250);
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
