// cluster.test.mjs - a short campaign against three nodes behind HAProxy, whose ways to Redis fail, and Redis itself; judged by the checker.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';

import { skipWithoutRedis } from '../e2e/support/redis.mjs';
import { folderWith } from '../e2e/support/server.mjs';
import { runCampaign } from './campaign.mjs';
import { CLUSTER_KINDS, KINDS } from './nemesis.mjs';

const skip = skipWithoutRedis || (spawnSync('haproxy', ['-v']).error ? 'haproxy is not installed' : false);

const SHORT = {
  seed: Number(process.env.PARLEY_CHAOS_SEED ?? 1),
  messages: 12_000,
  faults: KINDS.length + CLUSTER_KINDS.length + 1,
  least: 1,
  stops: 1,
  nodes: 3,
  perSecond: 400,
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

describe('three nodes under chaos', { skip }, () => {
  let outcome;
  before(async () => (outcome = await runCampaign(SHORT, join(folderWith(), 'cluster'))));

  test('nothing is lost, doubled or out of order, and everybody is told what became of what they sent', (t) => {
    t.diagnostic(JSON.stringify(outcome.figures));
    assert.ok(outcome.verdict.isRight, outcome.verdict.text);
    assert.deepEqual(outcome.troubles, []);
    assert.ok(outcome.figures.sent >= SHORT.messages);
    assert.ok(outcome.figures.settled > SHORT.messages / 2, JSON.stringify(outcome.figures));
  });

  test('every kind of fault was made, and sessions came back in both ways', () => {
    for (const kind of [...KINDS, ...CLUSTER_KINDS]) assert.ok(outcome.figures.faults[kind] >= 1, kind);
    assert.ok(outcome.figures.resumed > 0);
    assert.ok(outcome.figures.rebuilt > 0);
  });
});
