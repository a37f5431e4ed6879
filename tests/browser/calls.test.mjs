// calls.test - people call each other: pages in Chromium, through the real server.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { checkMedia, joinAs, receivedBy, startBrowser, startServer, tileOf, until, untilCard, untilNames } from './harness.mjs';

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
  room = server.room(`scene-${count}`);
}

async function arrive(name, options) {
  const page = await joinAs(browser, room, name, options);
  pages.push(page);
  return page;
}

const micOff = (page, name) => tileOf(page, name).locator('.icon-mic-off');
const picture = (page, name) => tileOf(page, name).locator('video');

test('two people see and hear each other', async () => {
  newRoom();
  const ann = await arrive('Ann');
  const bob = await arrive('Bob');

  await Promise.all([checkMedia(ann, 1), checkMedia(bob, 1)]);

  await untilNames(ann, 'Ann (you)', 'Bob');
  await untilNames(bob, 'Bob (you)', 'Ann');
});

test('three people see and hear each other, also the one who comes late', async () => {
  newRoom();
  const ann = await arrive('Ann');
  const bob = await arrive('Bob');
  await Promise.all([checkMedia(ann, 1), checkMedia(bob, 1)]);

  const cyd = await arrive('Cyd');

  await Promise.all([ann, bob, cyd].map((page) => checkMedia(page, 2)));
  await untilNames(cyd, 'Ann', 'Bob', 'Cyd (you)');
});

test('who mutes is seen as muted, and heard again afterwards', async () => {
  newRoom();
  const ann = await arrive('Ann');
  const bob = await arrive('Bob');
  await micOff(ann, 'Bob').waitFor({ state: 'hidden' });

  await bob.click('#tool-mic');
  await micOff(ann, 'Bob').waitFor({ state: 'visible' });
  assert.equal(await bob.getAttribute('#tool-mic', 'aria-pressed'), 'false');

  await bob.click('#tool-mic');
  await micOff(ann, 'Bob').waitFor({ state: 'hidden' });
  await checkMedia(ann, 1);
});

test('who joins muted is seen as muted', async () => {
  newRoom();
  const ann = await arrive('Ann');
  await ann.click('#tool-mic');
  await ann.waitForSelector('#tool-mic[aria-pressed=false]');

  const bob = await arrive('Bob');

  await micOff(bob, 'Ann').waitFor({ state: 'visible' });
});

test('a camera that is off shows an initial, and comes back without a new offer', async () => {
  newRoom();
  const ann = await arrive('Ann');
  const bob = await arrive('Bob');
  await picture(ann, 'Bob').waitFor({ state: 'visible' });
  await checkMedia(ann, 1);

  await bob.click('#tool-camera');
  await picture(ann, 'Bob').waitFor({ state: 'hidden' });
  assert.equal(await tileOf(ann, 'Bob').locator('.avatar').textContent(), 'B');
  await bob.click('#tool-camera');
  await picture(ann, 'Bob').waitFor({ state: 'visible' });

  await checkMedia(ann, 1);
});

test('a shared screen is a picture of its own', async () => {
  newRoom();
  const ann = await arrive('Ann');
  const bob = await arrive('Bob');
  await checkMedia(ann, 1);

  await bob.click('#tool-screen');
  const video = ann.locator('#stage .tile video');
  await video.waitFor({ state: 'visible' });
  await until('the screen is drawn', () => video.evaluate((element) => element.videoWidth > 0 && element.currentTime > 0));
  assert.equal(await ann.locator('#stage .name').textContent(), 'Bob: screen');

  await bob.click('#tool-screen');
  await ann.locator('#stage').waitFor({ state: 'hidden' });
});

test('who leaves is gone for the others, lets go of the devices, and may come back', async () => {
  newRoom();
  const ann = await arrive('Ann');
  const bob = await arrive('Bob');
  await checkMedia(ann, 1);
  await bob.evaluate(() => (globalThis.kept = document.querySelector('#call').call.self.streams.main.getTracks()));

  await bob.click('#tool-leave');
  await untilNames(ann, 'Ann (you)');
  await ann.waitForSelector('#alone:not([hidden])');
  await untilCard(bob, 'left');
  assert.deepEqual(await bob.evaluate(() => globalThis.kept.map((track) => track.readyState)), ['ended', 'ended']);

  await bob.click('#card-again');
  await untilNames(ann, 'Ann (you)', 'Bob');
  await Promise.all([checkMedia(ann, 1), checkMedia(bob, 1)]);
});

test('who closes the tab is gone for the others', async () => {
  newRoom();
  const ann = await arrive('Ann');
  const bob = await arrive('Bob');
  await checkMedia(ann, 1);

  await bob.close();

  await untilNames(ann, 'Ann (you)');
});

test('data goes to one, or to all others, with the sender told by the server', async () => {
  newRoom();
  const people = [await arrive('Ann'), await arrive('Bob'), await arrive('Cyd')];
  const [ann] = people;
  await untilNames(ann, 'Ann (you)', 'Bob', 'Cyd');
  for (const page of people)
    await page.evaluate(() => {
      globalThis.heard = [];
      document.querySelector('#call').call.on('data', ({ peer, data }) => globalThis.heard.push([peer.name, data]));
    });

  await ann.evaluate(async () => {
    const { call } = document.querySelector('#call');
    const bob = [...call.peers.values()].find((peer) => peer.name === 'Bob');
    await call.send({ text: 'for Bob' }, { to: bob });
    await call.send(['for', 'all']);
  });

  const heard = (page) => page.evaluate(() => globalThis.heard);
  await until('Bob and Cyd heard', async () => (await heard(people[1])).length === 2 && (await heard(people[2])).length === 1);
  assert.deepEqual(await heard(people[1]), [['Ann', { text: 'for Bob' }], ['Ann', ['for', 'all']]]);
  assert.deepEqual(await heard(people[2]), [['Ann', ['for', 'all']]]);
  assert.deepEqual(await heard(ann), []);
});

test('both restart ICE at the same moment, again and again, and the call goes on', async () => {
  newRoom();
  const ann = await arrive('Ann', { prepare: keepConnections });
  const bob = await arrive('Bob', { prepare: keepConnections });
  await Promise.all([checkMedia(ann, 1), checkMedia(bob, 1)]);

  for (let round = 0; round < 10; round += 1) await Promise.all([ann, bob].map((page) => page.evaluate(() => globalThis.connections.forEach((pc) => pc.restartIce()))));

  const isStable = (page) => page.evaluate(() => globalThis.connections.every((pc) => pc.signalingState === 'stable'));
  await until('both are stable', async () => (await isStable(ann)) && (await isStable(bob)));
  await Promise.all([checkMedia(ann, 1), checkMedia(bob, 1)]);
});

/** In the page, before anything else: keeps its peer connections at hand. */
function keepConnections() {
  globalThis.connections = [];
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(config) {
      super(config);
      globalThis.connections.push(this);
    }
  };
}

test('the figures name the candidates of a direct call', async () => {
  newRoom();
  const ann = await arrive('Ann');
  await arrive('Bob');

  const [bob] = await checkMedia(ann, 1);

  assert.ok(['host', 'prflx'].includes(bob.pair.local), bob.pair.local);
  assert.ok((await receivedBy(ann))[0].sent.framesEncoded > 0);
});
