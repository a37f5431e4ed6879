// chaos.test.mjs - a short campaign against the real binary, judged by the checker; and proof that the checker would see a fault.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';

import { folderWith } from '../e2e/support/server.mjs';
import { judge, runCampaign } from './campaign.mjs';
import { KINDS } from './nemesis.mjs';

const folder = folderWith();
const SHORT = {
  seed: Number(process.env.PARLEY_CHAOS_SEED ?? 1),
  messages: 20_000,
  faults: 2 * KINDS.length + 1,
  least: 2,
  stops: 1,
  perSecond: 600,
  rooms: 12,
  threads: 1,
  graceMs: 15_000,
  longStopMs: 6000,
  comesAndGoes: true,
  distortion: null,
  only: null,
  limits: { ping_interval: '2s', ping_timeout: '5s' },
  build: 'dev',
  endsCalm: true,
};

describe('a server under chaos', () => {
  const file = join(folder, 'short');
  let outcome;
  before(async () => (outcome = await runCampaign(SHORT, file)));

  test('nothing is lost, doubled or out of order, and everybody is told what became of what they sent', () => {
    assert.ok(outcome.verdict.isRight, outcome.verdict.text);
    assert.deepEqual(outcome.troubles, []);
    assert.ok(outcome.figures.sent >= SHORT.messages);
    assert.ok(outcome.figures.settled > SHORT.messages / 2, JSON.stringify(outcome.figures));
  });

  test('every kind of fault was made twice, and sessions came back in both ways', (t) => {
    t.diagnostic(JSON.stringify(outcome.figures));
    for (const kind of KINDS) assert.ok(outcome.figures.faults[kind] >= 2, kind);
    assert.equal(outcome.figures.faults.stop, 1);
    assert.ok(outcome.figures.resumed > 0);
    assert.ok(outcome.figures.rebuilt > 0);
  });

  test('the same history with one message lost, doubled or swapped is refused', async () => {
    for (const [harm, rule] of [
      [lose, 'receipt'],
      [double, 'once'],
      [swap, 'order'],
    ]) {
      const harmed = join(folder, rule);
      writeFileSync(harmed, harm(readFileSync(file, 'utf8').split('\n')).join('\n'));

      const verdict = await judge(harmed);

      assert.equal(verdict.isRight, false, rule);
      assert.match(verdict.text, new RegExp(`violated: ${rule}`));
    }
  });
});

describe('clients with a fault of their own are seen', () => {
  const brief = { ...SHORT, messages: 3000, rooms: 4, comesAndGoes: false, endsCalm: false };

  test('one that forgets what it has handled is seen when a server dies', async () => {
    const plan = { ...brief, faults: 4, least: 0, stops: 0, distortion: 'forgetful', only: 'kill' };
    const { verdict } = await runCampaign(plan, join(folder, 'forgetful'));

    assert.match(verdict.text, /violated: once/);
  });

  test('one that receipts what it has not handled is seen', async () => {
    const plan = { ...brief, faults: 0, least: 0, stops: 0, distortion: 'deaf' };
    const { verdict } = await runCampaign(plan, join(folder, 'deaf'));

    assert.match(verdict.text, /violated: receipt/);
  });
});

/** [who, event, id, peer] of a line. @param {string} line */
const words = (line) => line.split(' ').slice(1);

/** Without the line that says that a settled message was handled. @param {string[]} lines */
function lose(lines) {
  const settled = new Set(lines.filter((line) => words(line)[1] === 'settled').map((line) => words(line)[2]));
  const at = lines.findIndex((line) => words(line)[1] === 'handled' && settled.has(words(line)[2]));
  return [...lines.slice(0, at), ...lines.slice(at + 1)];
}

/** @param {string[]} lines */
function double(lines) {
  const at = lines.findIndex((line) => words(line)[1] === 'handled');
  return [...lines.slice(0, at), lines[at], ...lines.slice(at)];
}

/** Two messages of one sender to one addressee that are handled in the other order. @param {string[]} lines */
function swap(lines) {
  const areAlike = (a, b) => a[1] === 'handled' && [0, 1, 3].every((index) => a[index] === b[index]);
  const at = lines.findIndex((line, index) => index > 0 && areAlike(words(lines[index - 1]), words(line)));
  const [first, second] = [words(lines[at - 1])[2], words(lines[at])[2]];
  const swapped = [lines[at - 1].replace(first, second), lines[at].replace(second, first)];
  return [...lines.slice(0, at - 1), ...swapped, ...lines.slice(at + 1)];
}
