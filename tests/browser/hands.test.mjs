// hands.test - the page by keyboard alone, on phones and on large screens.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { joinAs, openPage, startBrowser, startServer, untilCard } from './harness.mjs';

const TARGET_MIN_PX = 44;

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

test('a call can be joined, muted and left with the keyboard alone', async () => {
  const page = await openPage(browser, server.room('keys'));
  await tabTo(page, 'join-name');
  await page.keyboard.type('Ann');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#call:not([hidden])');

  await tabTo(page, 'tool-mic');
  await page.keyboard.press('Space');
  await page.waitForSelector('#tool-mic[aria-pressed=false]');
  await tabTo(page, 'tool-leave');
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'none');
  await page.keyboard.press('Enter');

  await untilCard(page, 'left');
  await page.close();
});

async function tabTo(page, id) {
  for (let presses = 0; presses < 20; presses += 1) {
    if ((await page.evaluate(() => document.activeElement?.id)) === id) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`Tab never comes to #${id}`);
}

test('on phones and large screens everything fits, and every button can be hit', async () => {
  const refusing = await startBrowser({ mayUse: false });
  const page = await openPage(refusing, server.room('sizes'));
  for (const step of ['join', 'notice', 'call', 'card']) {
    for (const viewport of [{ width: 320, height: 568 }, { width: 390, height: 844 }, { width: 844, height: 390 }, { width: 1920, height: 1080 }]) {
      await page.setViewportSize(viewport);
      const { overflow, small } = await page.evaluate(measure, TARGET_MIN_PX);
      assert.ok(overflow <= 0, `${step} at ${viewport.width}: ${overflow} px too wide`);
      assert.deepEqual(small, [], `${step} at ${viewport.width}`);
    }
    await STEPS[step]?.(page);
  }
  await refusing.close();
});

test('the longest word of the banner fits, leaves the buttons free, and is in a region that screen readers watch', async () => {
  const page = await joinAs(browser, server.room('banner'), 'Ann');
  await page.evaluate(async () => {
    const [{ Banner }, { REJOINED }] = await Promise.all([import('/page/banner.js'), import('/page/status.js')]);
    new Banner().note(REJOINED, 'warning');
  });

  for (const viewport of [{ width: 320, height: 568 }, { width: 844, height: 390 }, { width: 1920, height: 1080 }]) {
    await page.setViewportSize(viewport);
    const { left, right, bottom } = await page.evaluate(() => document.querySelector('#banner').getBoundingClientRect().toJSON());
    const top = await page.evaluate(() => document.querySelector('.toolbar').getBoundingClientRect().top);
    assert.ok(left >= 0 && right <= viewport.width && bottom <= top, `at ${viewport.width}`);
    assert.ok(Math.abs(left - (viewport.width - right)) < 2, `in the middle at ${viewport.width}`);
  }
  await page.waitForSelector('#banner', { state: 'hidden' });
  assert.ok(await page.evaluate(() => document.querySelector('[role=status][aria-live=polite]:has(#banner)').checkVisibility()));
  await page.close();
});

/** How the page gets from one step to the next. */
const STEPS = {
  join: async (page) => (await page.click('#join-button'), await page.waitForSelector('#join-notice:not([hidden])')),
  notice: async (page) => (await page.click('#join-button'), await page.waitForSelector('#call:not([hidden])')),
  call: async (page) => (await page.click('#tool-leave'), await untilCard(page, 'left')),
};

/** In the page: how much too wide it is, and which buttons are too small. */
function measure(least) {
  const buttons = [...document.querySelectorAll('button, a, input')].filter((one) => one.checkVisibility());
  const small = buttons.filter((one) => one.getBoundingClientRect().height < least || one.getBoundingClientRect().width < least);
  const right = Math.max(...[...document.querySelectorAll('body *')].filter((one) => one.checkVisibility() && !one.closest('.tile')).map((one) => one.getBoundingClientRect().right));
  return { overflow: Math.ceil(Math.max(right, document.documentElement.scrollWidth) - innerWidth), small: small.map((one) => one.id || one.className) };
}
