// server - the real parley binary under chaos: started again and again over one state directory, killed, stopped, and its CPU time counted.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { API_KEY, API_SECRET } from '../e2e/support/token.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** A start that takes longer than this has failed; it turns a hang into a failure and measures nothing. */
const START_MS = 30_000;
/** Clock ticks of /proc in a second: USER_HZ is 100 on every Linux that Debian builds. */
const TICKS_PER_S = 100;
const LINES_KEPT = 200;
/** What a sanitizer or an assertion writes when it found something. */
const ALARM = /ERROR: AddressSanitizer|runtime error|LeakSanitizer|Assertion .* failed/;
const COUNTED = ['error', 'warn'];

// Without these a server outlives whoever started it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

/** All clients have one address, and the campaign is in a hurry. */
const LIMITS = {
  address_connections: 1_000_000,
  address_joins_per_s: 1_000_000,
  address_joins_burst: 1_000_000,
  address_messages_per_s: 1_000_000,
  address_messages_burst: 1_000_000,
  address_bytes_per_s: '1GiB',
  address_bytes_burst: '1GiB',
  messages_per_s: 10_000,
  messages_burst: 10_000,
  bytes_per_s: '64MiB',
  bytes_burst: '64MiB',
};

/** Makes a folder with certificate, configuration and state directory, and starts servers in it, one at a time. */
export class ServerUnderTest {
  #binary;
  #child = null;
  #exit = null;
  #isMeantToEnd = false;
  #cpuBefore = 0;
  #lines = [];
  #folder = mkdtempSync(join(tmpdir(), 'parley-chaos-'));

  /** Lines of the log that were warnings or errors, by event. @type {Map<string, number>} */
  complaints = new Map();
  /** How a server ended that nobody told to. @type {string[]} */
  crashes = [];
  starts = 0;
  /** Where the present server listens. */
  port = 0;
  adminPort = 0;
  certificate;
  /** Files. @type {string[]} */
  keyPair;

  /**
   * @param {Record<string, Record<string, unknown>>} config over what is usual here, by section
   * @param {'dev' | 'release'} build used where PARLEY_BINARY names no binary
   * @param {ServerUnderTest} [sibling] whose certificate this one has, too
   */
  constructor(config, build, sibling) {
    this.#binary = process.env.PARLEY_BINARY ?? join(ROOT, 'build', build, 'parley');
    const [keyFile, certFile] = sibling?.keyPair ?? [join(this.#folder, 'key.pem'), join(this.#folder, 'cert.pem')];
    if (!sibling) makeCertificate(keyFile, certFile);
    this.keyPair = [keyFile, certFile];
    mkdirSync(join(this.#folder, 'state'), { mode: 0o700 });
    const all = {
      ...config,
      server: {
        listen: [],
        tls_listen: ['127.0.0.1:0'],
        tls_cert_file: certFile,
        tls_key_file: keyFile,
        state_dir: join(this.#folder, 'state'),
        ...config.server,
      },
      admin: config.admin ?? { listen: ['127.0.0.1:0'] },
      auth: { keys: `${API_KEY}: ${API_SECRET}`, ...config.auth },
      limits: { ...LIMITS, ...config.limits },
      log: { format: 'json', level: 'info', ...config.log },
    };
    // JSON is YAML too.
    writeFileSync(join(this.#folder, 'parley.yaml'), JSON.stringify(all, null, 2), { mode: 0o600 });
    this.certificate = readFileSync(certFile, 'utf8');
    process.on('exit', () => this.#cleanUp());
  }

  /** The one that a fault hits. */
  pick() {
    return this;
  }

  get isRunning() {
    return this.#child !== null;
  }

  /** CPU seconds of all servers so far; those that ended count up to the last look before their end. */
  get cpuSeconds() {
    return this.#cpuBefore + this.#cpuNow();
  }

  /** The last lines of the log. */
  get log() {
    return this.#lines.join('\n');
  }

  async start() {
    if (!existsSync(this.#binary)) throw new Error(`no binary at ${this.#binary}; build it, or name it in PARLEY_BINARY`);
    const env = { PATH: process.env.PATH };
    const child = spawn(this.#binary, ['serve', '-c', join(this.#folder, 'parley.yaml')], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    this.#isMeantToEnd = false;
    this.starts += 1;
    this.#exit = new Promise((resolve) => child.on('close', (status, signal) => resolve(this.#onExit(status, signal))));
    await this.#ready(child);
  }

  /** kill -9; gives back when it is gone. */
  async kill() {
    await this.#end('SIGKILL');
  }

  /** Asks it to end, and gives back {status, signal} when it has. */
  async terminate() {
    return this.#end('SIGTERM');
  }

  /** Stops it; it goes on with CONT. @param {'SIGSTOP' | 'SIGCONT'} signal */
  signal(signal) {
    this.#child?.kill(signal);
  }

  /** What /metrics says of a gauge or counter, its samples summed. @param {string} name */
  async metric(name) {
    const answer = await fetch(`http://127.0.0.1:${this.adminPort}/metrics`);
    const lines = (await answer.text()).split('\n').filter((line) => line.split(/[{ ]/)[0] === name);
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  #end(signal) {
    if (!this.#child) throw new Error(`no server is running that could get ${signal}`);
    this.#isMeantToEnd = true;
    this.#cpuBefore += this.#cpuNow();
    const exit = this.#exit;
    this.#child.kill(signal);
    this.#child.kill('SIGCONT');
    return exit;
  }

  #onExit(status, signal) {
    if (!this.#isMeantToEnd) this.crashes.push(`ended with ${signal ?? status}:\n${this.#lines.slice(-30).join('\n')}`);
    this.#child = null;
    return { status, signal };
  }

  /** @param {import('node:child_process').ChildProcess} child */
  #ready(child) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the server did not start:\n${this.log}`)), START_MS);
      createInterface({ input: child.stderr }).on('line', (line) => {
        if (this.#onLine(line)?.event === 'server.ready') resolve(clearTimeout(timer));
      });
      this.#exit.then(() => reject(new Error(`the server ended:\n${this.log}`)));
    });
  }

  /** @param {string} line */
  #onLine(line) {
    this.#lines.push(line);
    if (this.#lines.length > LINES_KEPT) this.#lines.shift();
    if (ALARM.test(line)) this.crashes.push(line);
    const event = eventOf(line);
    if (event?.event === 'server.listening') {
      const port = Number(event.address.split(':').at(-1));
      if (event.scheme === 'https') this.port = port;
      else this.adminPort = port;
    }
    if (COUNTED.includes(event?.level)) this.complaints.set(event.event, (this.complaints.get(event.event) ?? 0) + 1);
    return event;
  }

  #cpuNow() {
    try {
      // Behind the name in parentheses come the state and eleven figures that are not the CPU time.
      const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
    } catch {
      return 0;
    }
  }

  #cleanUp() {
    this.#child?.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function makeCertificate(keyFile, certFile) {
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', [...request, ...names, '-keyout', keyFile, '-out', certFile], { stdio: 'pipe' });
}

function eventOf(line) {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
