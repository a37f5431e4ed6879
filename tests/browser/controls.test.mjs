// controls.test - the check that judges calls can fail: two calls that are none.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkMedia, joinAs, openPage, startBrowser, startServer } from './harness.mjs';

/** Good calls take 1 to 3 s; one that is none may be given up sooner than usual. */
const SHORT_PATIENCE_MS = 10_000;

let server;
let browser;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Makes a page deaf to candidates, in messages and in descriptions. */
function withholdCandidates() {
  const { prototype } = RTCPeerConnection;
  const setRemote = prototype.setRemoteDescription;
  prototype.addIceCandidate = async () => {};
  prototype.setRemoteDescription = function ({ type, sdp }) {
    return setRemote.call(this, { type, sdp: sdp.replace(/^a=candidate:.*\r\n/gm, '') });
  };
}

test('a call whose candidates are withheld fails the check', async () => {
  const room = server.room('control');
  const ann = await joinAs(browser, room, 'Ann', { prepare: withholdCandidates });
  const bob = await joinAs(browser, room, 'Bob', { prepare: withholdCandidates });

  await Promise.all([ann, bob].map((page) => assert.rejects(checkMedia(page, 1, SHORT_PATIENCE_MS), /waited in vain: 1 peers connected/)));
  await Promise.all([ann.close(), bob.close()]);
});

test('the same two pages with their candidates pass it', async () => {
  const room = server.room('control');
  const ann = await joinAs(browser, room, 'Ann');
  const bob = await joinAs(browser, room, 'Bob');

  await Promise.all([checkMedia(ann, 1), checkMedia(bob, 1)]);
  await Promise.all([ann.close(), bob.close()]);
});

test('a page with a wrong token fails the check, and says why', async () => {
  const page = await openPage(browser, `${server.room('control')}#token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtYWxsb3J5In0.AAAA`);
  await page.click('#join-button');
  await page.waitForSelector('#card:not([hidden]) #card-box[data-code^="auth_"]');

  await assert.rejects(checkMedia(page, 1, SHORT_PATIENCE_MS), /not in a call/);
});
