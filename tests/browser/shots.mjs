// shots - pictures of the page for the README and for looking at: `node shots.mjs FOLDER`.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkMedia, joinAs, openPage, startBrowser, startServer } from './harness.mjs';

const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const SCHEMES = ['dark', 'light'];

const folder = process.argv[2];
if (!folder) {
  console.error('usage: node shots.mjs FOLDER');
  process.exit(64);
}
mkdirSync(folder, { recursive: true });

const server = await startServer();
const browser = await startBrowser();

async function shoot(page, name) {
  for (const [size, viewport] of Object.entries(SIZES))
    for (const colorScheme of SCHEMES) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
      await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`) });
    }
}

try {
  const home = await openPage(browser, `${server.url}/`);
  await shoot(home, 'home');
  await home.goto(server.room('tea'));
  await home.fill('#join-name', 'Ann');
  await shoot(home, 'join');
  await home.click('#join-button');
  await home.waitForSelector('#alone:not([hidden])');
  await shoot(home, 'alone');
  const bob = await joinAs(browser, server.room('tea'), 'Bob');
  await checkMedia(home, 1);
  await shoot(home, 'two');
  await joinAs(browser, server.room('tea'), 'Cyd');
  await checkMedia(home, 2);
  await bob.click('#tool-camera');
  await bob.click('#tool-mic');
  await home.waitForSelector('.tile video[hidden]', { state: 'attached' });
  await shoot(home, 'three');
  await bob.click('#tool-screen');
  await home.waitForSelector('#stage .tile');
  await shoot(home, 'screen');
  await home.click('#tool-leave');
  await shoot(home, 'left');
} finally {
  await browser.close();
  await server.stop();
}
