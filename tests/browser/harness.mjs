// harness - starts what the browser tests need: the server, browsers, pages with people in them.
//
// The server is the real binary: $PARLEY_BINARY, or build/dev/parley. Nothing leaves loopback.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { freePort } from '../e2e/support/ports.mjs';
import { leaksIn, rememberSecretsIn, rememberSecretsOf } from './secrets.mjs';

export const ROOT = resolve(fileURLToPath(import.meta.url), '../../..');
const BINARY = process.env.PARLEY_BINARY ?? join(ROOT, 'build/dev/parley');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** What a sanitizer writes when it found something. */
const SANITIZER = /ERROR: AddressSanitizer|runtime error:|LeakSanitizer|Assertion .* failed/;
const POLL_MS = 100;
/** A picture that stands still is no video. */
const FRAMES_MIN = 10;
/** Bounds a wait so that a broken build fails; nothing is asserted about the time itself. */
export const PATIENCE_MS = 60_000;

const FLAGS = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--allow-loopback-in-peer-connection',
  '--auto-select-desktop-capture-source=Entire screen',
  // Tiles in windows that nobody looks at must go on decoding.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

export { freePort };

/** Waits until `check` gives something true, and returns that; throws the last reason when patience ends. */
export async function until(what, check, patienceMs = PATIENCE_MS) {
  const end = Date.now() + patienceMs;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}

/**
 * Starts a server with --dev on free ports. `settings` are given as --set; `ports` and `state` (its state directory)
 * are those of another to start that one again.
 */
export async function startServer({ settings = {}, env = {}, ports, state = newFolder('parley-state-') } = {}) {
  if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing: build it, or say where it is with PARLEY_BINARY`);
  const chosen = ports ?? { server: await freePort(), admin: await freePort() };
  rememberSecretsOf(env);
  const all = {
    'log.level': 'debug',
    'server.listen': `127.0.0.1:${chosen.server}`,
    'admin.listen': `127.0.0.1:${chosen.admin}`,
    'server.state_dir': state,
    ...settings,
  };
  const args = ['serve', '--dev', ...Object.entries(all).flatMap(([key, value]) => ['--set', `${key}=${value}`])];
  const child = spawn(BINARY, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const server = new Server(child, { settings, env, ports: chosen, state });
  await server.untilReady();
  return server;
}

/** Throws when a sanitizer spoke, or when the log holds what it must not (T-02). */
export function judgeLog(log) {
  if (SANITIZER.test(log)) throw new Error(`the server's log:\n${log}`);
  const leaks = leaksIn(log);
  if (leaks.length > 0) throw new Error(`the server's log holds ${leaks.join(', ')}`);
}

/** Starts a server again that has ended: same ports, same state directory, unless `more` says otherwise. */
export function startAgain(server, more = {}) {
  return startServer({ ...server.options, ...more });
}

const running = new Set();
const folders = new Set();
process.on('exit', () => {
  running.forEach((child) => child.kill('SIGKILL'));
  folders.forEach((folder) => rmSync(folder, { recursive: true, force: true }));
});

/** A new folder that is gone when this process ends. */
function newFolder(prefix) {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  folders.add(folder);
  return folder;
}

class Server {
  #child;
  log = '';

  constructor(child, options) {
    this.#child = child;
    running.add(child);
    child.on('exit', () => running.delete(child));
    this.options = options;
    this.ports = options.ports;
    this.url = `http://127.0.0.1:${this.ports.server}`;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (this.log += chunk));
  }

  async untilReady() {
    await until('the server is ready', async () => {
      if (this.#child.exitCode !== null) throw new Error(`the server ended with ${this.#child.exitCode}:\n${this.log}`);
      return fetch(`${this.url}/readyz`).then((answer) => answer.ok, () => false);
    });
  }

  room(name) {
    return `${this.url}/r/${name}`;
  }

  async stop(signal = 'SIGTERM') {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'close'); // its last words included
      this.#child.kill(signal);
      await ended;
    }
    judgeLog(this.log);
  }
}

/** One Chromium process with a fresh profile. `mayUse: false` refuses camera and microphone. */
export async function startBrowser({ mayUse = true } = {}) {
  const profile = mkdtempSync(join(tmpdir(), 'parley-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    args: [...FLAGS, mayUse ? '--use-fake-ui-for-media-stream' : '--deny-permission-prompts'],
    viewport: { width: 1280, height: 800 },
  });
  return {
    context,
    newPage: () => context.newPage(),
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** Opens the page and joins as `name`; returns the page, with what went wrong in it in `page.problems`. */
export async function joinAs(browser, url, name, { prepare } = {}) {
  const page = await openPage(browser, url, { prepare });
  if (await page.isEditable('#join-name')) await page.fill('#join-name', name);
  await page.click('#join-button');
  await untilJoined(page);
  return page;
}

/** Waits until the page is in a call. */
export function untilJoined(page) {
  return page.waitForFunction(() => document.querySelector('#call').call?.state === 'joined', null, { timeout: PATIENCE_MS });
}

/**
 * Opens an address and collects the page's errors, and what its Content-Security-Policy refused.
 * `prepare`: a script or several, run in the page before its own.
 */
export async function openPage(browser, url, { prepare = [] } = {}) {
  const page = await browser.newPage();
  page.problems = [];
  rememberSecretsIn(page);
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy|Trusted ?Type/i.test(message.text())) page.problems.push(message.text());
  });
  for (const script of [prepare].flat()) await page.addInitScript(script);
  await page.goto(url);
  return page;
}

/** What a page receives from each of its peers, by name. */
export function receivedBy(page) {
  return page.evaluate(async () => {
    const { call } = document.querySelector('#call');
    if (!call) throw new Error('not in a call');
    const stats = await call.getStats();
    return [...stats].map(([id, { received, sent, pair, connectionState }]) => ({ id, name: call.peers.get(id)?.name, connectionState, pair, ...received, sent }));
  });
}

/**
 * Throws unless `count` peers are received, and from each of them video is decoded and audio played, and both go on.
 * The same check judges good calls and the negative controls.
 */
export async function checkMedia(page, count, patienceMs = PATIENCE_MS) {
  const before = await until(`${count} peers connected`, async () => {
    const now = await receivedBy(page);
    return now.length === count && now.every((peer) => peer.connectionState === 'connected') && now;
  }, patienceMs);
  const start = new Map(before.map((peer) => [peer.id, peer]));
  return until(`video and audio of ${count} peers`, async () => {
    const now = await receivedBy(page);
    return now.length === count && now.every((peer) => isRising(start.get(peer.id), peer)) && now;
  }, patienceMs);
}

function isRising(before, now) {
  return Boolean(before) && now.framesDecoded >= before.framesDecoded + FRAMES_MIN && now.audioPackets > before.audioPackets && now.audioSamples > before.audioSamples;
}

/** The tile that carries this name. */
export function tileOf(page, name) {
  return page.locator('#grid .tile', { has: page.locator('.name', { hasText: new RegExp(`^${name}$`) }) });
}

/** Waits until the tiles of a page carry these names, in whatever order. */
export function untilNames(page, ...names) {
  return page.waitForFunction(
    (wanted) => JSON.stringify([...document.querySelectorAll('#grid .tile .name')].map((one) => one.textContent).sort()) === wanted,
    JSON.stringify(names.sort()),
    { timeout: PATIENCE_MS },
  );
}

/** Waits for the card that tells of this code. */
export function untilCard(page, code) {
  return page.waitForSelector(`#card:not([hidden]) #card-box[data-code="${code}"]`, { timeout: PATIENCE_MS });
}

const SHOTS = join(ROOT, 'build/shots');

/** Keeps a picture of the page: on a large screen in the light, and on a phone in the dark. */
export async function shoot(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  const usual = page.viewportSize();
  for (const [kind, viewport, colorScheme] of [['wide-light', usual, 'light'], ['phone-dark', { width: 390, height: 844 }, 'dark']]) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(SHOTS, `${name}-${kind}.png`), animations: 'disabled' });
  }
  await page.setViewportSize(usual);
}
