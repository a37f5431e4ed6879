// invitation.test - people who come with an invitation: a link that carries a token.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openPage, startBrowser, startServer, untilCard, untilJoined } from './harness.mjs';

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

async function tokenFor(room) {
  const answer = await fetch(`${server.url}/v1/dev/token`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ room, name: 'Guest' }) });
  return (await answer.json()).token;
}

/** The link of an invitation, and whom it is for. */
async function invitation(room) {
  const token = await tokenFor(room);
  const { sub } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
  return { link: `${server.room(room)}#token=${token}`, identity: sub };
}

const identityIn = (page) => page.evaluate(() => document.querySelector('#call').call.self.identity);

test('an invitation for another room is refused in plain words, and its token leaves the address at once', async () => {
  const page = await openPage(browser, `${server.room('this')}#token=${await tokenFor('that')}`);
  assert.equal(page.url(), server.room('this'));
  await page.click('#join-button');

  await untilCard(page, 'auth_room');
  assert.match(await page.textContent('#card-title'), /for another room/);
  assert.ok(await page.locator('#card-again').isHidden());
  await page.close();
});

test('an invited guest has no link to copy that admits nobody', async () => {
  const page = await openPage(browser, (await invitation('invited')).link);
  await page.click('#join-button');
  await untilJoined(page);

  await page.waitForSelector('#alone:not([hidden])');
  assert.ok(await page.locator('#tool-invite').isHidden());
  assert.ok(await page.locator('#alone-invite').isHidden());
  assert.match(await page.textContent('#alone-hint'), /the invitation they were given/);
  assert.ok(await page.locator('#alone-hint').isVisible());
  await page.close();
});

test('another invitation pasted into the same tab counts, and its token leaves the address as well', async () => {
  const [first, second] = [await invitation('pasted'), await invitation('pasted')];
  const page = await openPage(browser, first.link);
  await page.waitForSelector('#join-button');

  await Promise.all([page.waitForEvent('load'), page.evaluate((link) => location.assign(link), second.link)]);
  await page.waitForURL(server.room('pasted'));
  await page.click('#join-button');
  await untilJoined(page);

  assert.equal(await identityIn(page), second.identity);
  await page.close();
});

test('an invitation survives reloads, of the question and of the call, and no other tab has it', async () => {
  const { link, identity } = await invitation('again');
  const page = await openPage(browser, link);
  const asked = [];
  page.on('request', (request) => request.url().endsWith('/v1/dev/token') && asked.push(request));
  for (let reloads = 0; reloads < 2; reloads += 1) {
    await page.reload();
    await page.click('#join-button');
    await untilJoined(page);
    assert.equal(await identityIn(page), identity);
  }

  assert.deepEqual(asked, []);
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), ['parley.name']);
  const other = await openPage(browser, server.room('again'));
  assert.equal(await other.evaluate(() => sessionStorage.length), 0);
  await Promise.all([page.close(), other.close()]);
});

test('whoever leaves takes no invitation along, and may rejoin from the card all the same', async () => {
  const { link, identity } = await invitation('leave');
  const page = await openPage(browser, link);
  await page.click('#join-button');
  await untilJoined(page);

  await page.click('#tool-leave');
  await untilCard(page, 'left');
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);

  await page.click('#card-again');
  await untilJoined(page);
  assert.equal(await identityIn(page), identity);
  await page.close();
});

test('an invitation that is refused is forgotten', async () => {
  const page = await openPage(browser, `${server.room('refused')}#token=${await tokenFor('another')}`);
  assert.equal(await page.evaluate(() => sessionStorage.length), 1);

  await page.click('#join-button');
  await untilCard(page, 'auth_room');

  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await page.close();
});
