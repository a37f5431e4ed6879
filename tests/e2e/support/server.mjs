// server.mjs - the real binary: started on a free port, its log read line by line, and judged when it stops.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { endWithUs } from './children.mjs';
import { parseLogLine } from './lines.mjs';
import { leaks } from './secrets.mjs';
import { API_KEY, API_SECRET } from './token.mjs';
import { Inbox, within } from './wait.mjs';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
export const BINARY = process.env.PARLEY_BINARY ?? join(ROOT, 'build', 'dev', 'parley');

/** What a sanitizer writes when it found something. */
const SANITIZER = /ERROR: AddressSanitizer|runtime error|LeakSanitizer|Assertion .* failed/;

/** Limits of joins and per address are lifted, since all peers of a test have one address; scenes about limits set them anew. */
const USUAL_CONFIG = {
  'server.listen': '127.0.0.1:0',
  'admin.listen': '127.0.0.1:0',
  'log.format': 'json',
  'log.level': 'debug',
  'limits.joins_per_s': 100_000,
  'limits.joins_burst': 100_000,
  'limits.address_connections': 100_000,
  'limits.address_joins_per_s': 100_000,
  'limits.address_joins_burst': 100_000,
  'limits.address_messages_per_s': 1_000_000,
  'limits.address_messages_burst': 1_000_000,
  'limits.address_bytes_per_s': '1GiB',
  'limits.address_bytes_burst': '1GiB',
};

const folders = new Set();
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder for the files of one test, removed at the end of the process. @param {Record<string, string>} files */
export function folderWith(files = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-e2e-'));
  folders.add(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  }
  return folder;
}

function environment(extra) {
  const kept = ['PATH', 'HOME', 'LANG', 'ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS'];
  const own = Object.fromEntries(kept.filter((name) => process.env[name]).map((name) => [name, process.env[name]]));
  return { UBSAN_OPTIONS: 'print_stacktrace=1', ...own, ...extra };
}

function launch(args, { env = {}, cwd } = {}) {
  if (!existsSync(BINARY)) throw new Error(`no binary at ${BINARY}; build it, or name it in PARLEY_BINARY`);
  const child = spawn(BINARY, args, { env: environment(env), cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  endWithUs(child);
  child.stdin.on('error', () => {});
  const exit = new Promise((resolve) => {
    child.on('close', (status, signal) => resolve({ status, signal }));
  });
  return { child, exit };
}

/**
 * Runs `parley ARGS` to its end.
 * @param {string[]} args
 * @returns {Promise<{status: number, stdout: string, stderr: string}>}
 */
export async function runParley(args, { env = {}, input = '', cwd } = {}) {
  const { child, exit } = launch(args, { env, cwd });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (texts[name] += text));
  child.stdin.end(input);
  const { status } = await within(exit, () => `the end of parley ${args.join(' ')}; so far: ${texts.stderr}`).finally(() =>
    child.kill('SIGKILL'),
  );
  if (SANITIZER.test(texts.stderr)) throw new Error(`parley ${args.join(' ')} under sanitizers:\n${texts.stderr}`);
  return { status, ...texts };
}

/** One running server. */
class Server {
  #inbox = new Inbox();
  #exit;
  #stopped = null;
  #text = '';

  constructor(child, exit, options) {
    this.child = child;
    /** With these another one can be started in its place. */
    this.options = options;
    this.pid = child.pid;
    this.#exit = exit;
    this.address = '';
    this.tlsAddress = '';
    this.adminAddress = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (this.#text += text));
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.#text += `${line}\n`;
      this.#inbox.push({ line, event: parseLogLine(line) });
    });
    exit.then(({ status, signal }) => this.#inbox.end(`the server ended with ${signal ?? status}:\n${this.#text.slice(-4000)}`));
  }

  /** All that it wrote, to both of its outputs. */
  logs() {
    return this.#text;
  }

  /** The lines of its log, each {line, event}; `event` is null where a line is none. */
  get lines() {
    return this.#inbox.seen;
  }

  /**
   * The first log event of that name that fits, now or when it comes.
   * @param {string} name
   * @param {(event: any) => boolean} fits
   */
  async logged(name, fits = () => true) {
    const wants = ({ event }) => event?.event === name && fits(event);
    return (await this.#inbox.find(wants, `the log event ${name}`)).event;
  }

  get url() {
    return `http://${this.address}`;
  }

  get adminUrl() {
    return `http://${this.adminAddress}`;
  }

  /** The address of a room's WebSocket. @param {string} room */
  roomUrl(room) {
    return `ws://${this.address}/v1/rooms/${encodeURIComponent(room)}/ws`;
  }

  async metricsText() {
    const answer = await fetch(`${this.adminUrl}/metrics`);
    return answer.text();
  }

  /** One sample of /metrics, such as metric('parley_messages_total', 'type="hello"'); several are summed. */
  async metric(name, labels = '') {
    const lines = (await this.metricsText()).split('\n').filter((line) => /^[^#]/.test(line));
    const samples = lines.filter((line) => line.split(/[{ ]/)[0] === name && line.includes(labels));
    return samples.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  get exit() {
    return this.#exit;
  }

  /** Ends the server with SIGTERM and judges its life: status 0, no sanitizer report, no secret in log or metrics. */
  stop(options) {
    this.#stopped ??= this.#stopAndJudge(options);
    return this.#stopped;
  }

  /** Ends the server as a crash would, and judges what it said until then. */
  kill() {
    this.#stopped ??= this.#killAndJudge();
    return this.#stopped;
  }

  async #killAndJudge() {
    this.child.kill('SIGKILL');
    await within(this.#exit, 'the server to end after SIGKILL');
    this.#judge(leaks(this.#text, 'the log'));
  }

  /** @param {string[]} faults those that are known already */
  #judge(faults) {
    const report = this.#text.search(SANITIZER);
    if (report >= 0) faults.push(`a sanitizer spoke:\n${this.#text.slice(Math.max(0, report - 500), report + 8000)}`);
    if (faults.length > 0) throw new Error(`the server's life had faults:\n${faults.join('\n')}`);
  }

  async #stopAndJudge({ status = 0 } = {}) {
    const metrics = this.adminAddress && this.child.exitCode === null ? await this.metricsText().catch(() => '') : '';
    this.child.kill('SIGTERM');
    const end = await within(this.#exit, 'the server to end after SIGTERM').finally(() => this.child.kill('SIGKILL'));
    const faults = [...leaks(this.#text, 'the log'), ...leaks(metrics, '/metrics')];
    if (end.status !== status)
      faults.push(`it ended with ${end.signal ?? end.status}, not ${status}:\n${this.#text.slice(-2000)}`);
    this.#judge(faults);
  }
}

/** Tells the admin listener from the main one: only it has metrics. */
async function assignAddress(server, { address, scheme }) {
  if (scheme === 'https') {
    server.tlsAddress = address;
    return;
  }
  const { status } = await fetch(`http://${address}/metrics`);
  if (status === 200) server.adminAddress = address;
  else server.address = address;
}

async function becomeReady(server) {
  await server.logged('server.ready');
  const listening = server.lines.map(({ event }) => event).filter((event) => event?.event === 'server.listening');
  for (const event of listening) await assignAddress(server, event);
  const ready = await fetch(`${server.adminUrl}/readyz`);
  if (ready.status !== 200) throw new Error(`not ready: ${ready.status} ${await ready.text()}`);
}

/**
 * Starts `parley serve` and gives it back once it is ready. Each has a state directory of its own unless it is given one.
 *
 * @param {object} options
 * @param {Record<string, string | number>} options.config settings by path, over USUAL_CONFIG
 * @param {string} options.yaml a configuration file's text
 * @param {Record<string, string>} options.env
 * @param {string[]} options.args
 */
export async function startServer({ config = {}, yaml, env = {}, args = [] } = {}) {
  const state = { 'server.state_dir': config['server.state_dir'] ?? folderWith() };
  const options = { config: { ...config, ...state }, yaml, env, args };
  const settings = Object.entries({ ...USUAL_CONFIG, ...options.config }).flatMap(([path, value]) => ['--set', `${path}=${value}`]);
  const file = yaml === undefined ? [] : ['-c', join(folderWith({ 'parley.yaml': yaml }), 'parley.yaml')];
  const keys = { PARLEY_AUTH_KEYS: `${API_KEY}: ${API_SECRET}` };
  const { child, exit } = launch(['serve', ...file, ...settings, ...args], { env: { ...keys, ...env } });
  const server = new Server(child, exit, options);
  try {
    await becomeReady(server);
  } catch (failure) {
    child.kill('SIGKILL');
    throw failure;
  }
  return server;
}
