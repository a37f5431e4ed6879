// link.test - when ICE of a link is restarted, by which side, and when it is left alone.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Link } from '../../web-demo/sdk/link.js';
import { LocalMedia } from '../../web-demo/sdk/local_media.js';
import { fakePlatform } from './fakes.mjs';

const TTL_S = 60;
/** The server pushes at three quarters. */
const PUSH_MS = 45_000;
const TOGETHER_MS = 3000;
const NO_MEDIA = { mic: false, camera: false, screen: false };
const IMPOLITE = false;
const POLITE = true;

let platform;
beforeEach(() => {
  platform = fakePlatform();
});

const configOf = (username, iceTtl = TTL_S) => ({ iceServers: [{ urls: ['turn:a'], username, credential: 'c' }], iceTtl });

/** Ann's link to Bob, connected over a pair whose candidate of ours is of `pairType`. */
function linkOf(polite, pairType, iceTtl = TTL_S) {
  const sent = [];
  const local = new LocalMedia(platform, () => {});
  const errors = [];
  const link = new Link(configOf('old', iceTtl), polite, NO_MEDIA, local, platform, {
    send: (kind, body) => sent.push({ kind, body }),
    onTrack() {},
    onState() {},
    onError: (error) => errors.push(error),
  });
  link.pc.pairType = pairType;
  link.pc.beginGeneration('first');
  return { link, pc: link.pc, sent, errors };
}

test('the browser is given the servers, and nothing of ours besides', () => {
  const { link, pc } = linkOf(IMPOLITE, 'relay');
  assert.deepEqual(Object.keys(pc.config).sort(), ['bundlePolicy', 'iceServers']);

  link.setConfiguration(configOf('fresh'));

  assert.equal(pc.config.iceServers[0].username, 'fresh');
  assert.deepEqual(Object.keys(pc.config).sort(), ['bundlePolicy', 'iceServers']);
});

test('a relayed link restarts once when its credentials are renewed before they expire', async () => {
  const { link, pc, sent } = linkOf(IMPOLITE, 'relay');
  await platform.clock.advance(PUSH_MS);

  link.setConfiguration(configOf('fresh'));
  await platform.clock.advance(TOGETHER_MS);
  assert.equal(pc.restarts, 1);
  pc.beginGeneration('second');
  await platform.clock.advance(PUSH_MS - TOGETHER_MS - 1);

  assert.equal(pc.restarts, 1);
  assert.deepEqual(sent, []);
});

test('it restarts again with each renewal of a long call', async () => {
  const { link, pc } = linkOf(IMPOLITE, 'relay');

  for (const generation of ['second', 'third', 'fourth']) {
    await platform.clock.advance(PUSH_MS - TOGETHER_MS);
    link.setConfiguration(configOf(generation));
    await platform.clock.advance(TOGETHER_MS);
    pc.beginGeneration(generation);
  }

  assert.equal(pc.restarts, 3);
});

for (const type of ['host', 'srflx', 'prflx'])
  test(`a link over a ${type} candidate is left alone by both sides`, async () => {
    for (const polite of [IMPOLITE, POLITE]) {
      const { link, pc, sent } = linkOf(polite, type);
      await platform.clock.advance(PUSH_MS);

      link.setConfiguration(configOf('fresh'));
      await platform.clock.advance(PUSH_MS);

      assert.equal(pc.restarts, 0);
      assert.deepEqual(sent, []);
    }
  });

test('the polite side never restarts for its credentials: it asks, once', async () => {
  const { link, pc, sent } = linkOf(POLITE, 'relay');
  await platform.clock.advance(PUSH_MS);

  link.setConfiguration(configOf('fresh'));
  await platform.clock.advance(PUSH_MS);

  assert.deepEqual(sent, [{ kind: 'candidate', body: { restart: true } }]);
  assert.equal(pc.restarts, 0);
});

test('the impolite side restarts when it is asked, also where its own candidate is direct', async () => {
  const { link, pc } = linkOf(IMPOLITE, 'host');

  await link.receive('candidate', { restart: true });
  await platform.clock.advance(TOGETHER_MS);

  assert.equal(pc.restarts, 1);
});

test('who is asked while a restart is under way does not begin another', async () => {
  const { link, pc } = linkOf(IMPOLITE, 'relay');
  await platform.clock.advance(PUSH_MS);
  link.setConfiguration(configOf('fresh'));
  await platform.clock.advance(TOGETHER_MS);

  await link.receive('candidate', { restart: true });
  await platform.clock.advance(TOGETHER_MS);
  assert.equal(pc.restarts, 1);
  pc.beginGeneration('second');
  await platform.clock.advance(TOGETHER_MS);

  assert.equal(pc.restarts, 1);
});

test('both renewed within a moment: one restart serves both', async () => {
  const { link, pc } = linkOf(IMPOLITE, 'relay');
  await platform.clock.advance(PUSH_MS);

  link.setConfiguration(configOf('fresh'));
  await platform.clock.advance(1000);
  await link.receive('candidate', { restart: true });
  await platform.clock.advance(TOGETHER_MS);
  pc.beginGeneration('second');
  await platform.clock.advance(TOGETHER_MS);

  assert.equal(pc.restarts, 1);
});

test('the polite side passes over the request: nobody asks it for that', async () => {
  const { link, pc, errors } = linkOf(POLITE, 'relay');

  await link.receive('candidate', { restart: true });
  await platform.clock.advance(PUSH_MS);

  assert.equal(pc.restarts, 0);
  assert.deepEqual(errors, []);
});

test('fresh credentials long before the old ones expire restart nothing yet', async () => {
  const { link, pc } = linkOf(IMPOLITE, 'relay');
  await platform.clock.advance(10_000);

  link.setConfiguration(configOf('fresh after a resume'));
  await platform.clock.advance(20_000);
  assert.equal(pc.restarts, 0);
  await platform.clock.advance(10_000 + TOGETHER_MS);

  assert.equal(pc.restarts, 1, 'but when two thirds of the old ones are over');
});

test('old credentials alone restart nothing: there is nothing better to gather with', async () => {
  const { pc } = linkOf(IMPOLITE, 'relay');

  await platform.clock.advance(10 * PUSH_MS);

  assert.equal(pc.restarts, 0);
});

test('credentials that never expire restart nothing', async () => {
  const { link, pc } = linkOf(IMPOLITE, 'relay', null);
  await platform.clock.advance(PUSH_MS);

  link.setConfiguration(configOf('fresh', null));
  await platform.clock.advance(PUSH_MS);

  assert.equal(pc.restarts, 0);
});

test('a restart for another reason has renewed them already', async () => {
  const { link, pc } = linkOf(IMPOLITE, 'relay');
  await platform.clock.advance(PUSH_MS);
  link.setConfiguration(configOf('fresh'));

  pc.become('failed');
  await platform.clock.advance(0);
  pc.beginGeneration('second');
  pc.become('connected');
  await platform.clock.advance(PUSH_MS - 1);

  assert.equal(pc.restarts, 1);
});

test('a link that fails is restarted again only when the first restart was answered', async () => {
  const { pc } = linkOf(IMPOLITE, 'host');

  pc.become('failed');
  await platform.clock.advance(60_000);
  assert.equal(pc.restarts, 1, 'the peer is away: its answer waits');
  pc.beginGeneration('second');
  await platform.clock.advance(15_000);

  assert.equal(pc.restarts, 2, 'it came, and did not help');
});

test('a closed link keeps no timers', async () => {
  const { link, pc } = linkOf(IMPOLITE, 'relay');
  await platform.clock.advance(PUSH_MS);
  link.setConfiguration(configOf('fresh'));
  pc.become('failed');

  link.close();
  await platform.clock.advance(0);

  assert.deepEqual(platform.clock.waits, []);
  assert.equal(pc.restarts, 0);
});
