// demo_check - two people, each in a browser of their own, meet at an address: `node demo_check.mjs URL`.
//
// Prints what each side received; exits with 0 only when both decode video and play audio, else with 1 and the reason.
import { PATIENCE_MS, checkMedia, joinAs, startBrowser } from './harness.mjs';

const PEOPLE = ['Ann', 'Bob'];

const url = process.argv[2];
if (!url) {
  console.error('usage: node demo_check.mjs URL');
  process.exit(64);
}

const browsers = [];
const deadline = setTimeout(() => end(`no call within ${PATIENCE_MS / 1000} s`), PATIENCE_MS);

try {
  const pages = [];
  for (const name of PEOPLE) {
    browsers.push(await startBrowser());
    pages.push(await joinAs(browsers[browsers.length - 1], url, name));
  }
  const sides = await Promise.all(pages.map((page) => checkMedia(page, 1)));
  sides.forEach(([peer], index) => report(PEOPLE[index], peer));
  await end(null);
} catch (error) {
  await end(error.message);
}

function report(name, { name: from, pair, framesDecoded, audioSamples }) {
  const path = pair ? `${pair.local} to ${pair.remote} over ${pair.protocol}` : 'unknown';
  console.log(`${name} receives ${from}: candidates ${path}, ${framesDecoded} frames decoded, ${audioSamples} audio samples`);
}

async function end(reason) {
  clearTimeout(deadline);
  if (reason) console.error(`FAIL: ${reason}`);
  else console.log('PASS: both see and hear each other');
  await Promise.allSettled(browsers.map((browser) => browser.close()));
  process.exit(reason ? 1 : 0);
}
