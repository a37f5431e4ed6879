// redis.mjs - a real redis-server on loopback, to be killed, stopped, flushed and started again on its port.
import { execFileSync, spawn, spawnSync } from 'node:child_process';

import { endWithUs } from './children.mjs';
import { freePort } from './ports.mjs';
import { folderWith } from './server.mjs';
import { within } from './wait.mjs';

export const skipWithoutRedis = spawnSync('redis-server', ['--version']).error ? 'redis-server is not installed' : false;

export class Redis {
  #child = null;
  #exit = Promise.resolve();
  #folder = folderWith();
  port = 0;

  get url() {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, on the port that it had if it ran before. */
  async start() {
    for (let time = 0; !(await this.#tryStart()); time++) {
      if (time === 3) throw new Error('redis-server finds no free port');
    }
  }

  async #tryStart() {
    const port = this.port || (await freePort());
    const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', this.#folder];
    const child = spawn('redis-server', args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
    endWithUs(child);
    this.#exit = new Promise((resolve) => child.on('close', resolve));
    let text = '';
    const isUp = new Promise((resolve) => {
      child.stdout.on('data', (data) => (text += data).includes('eady to accept connections') && resolve(true));
      this.#exit.then(() => resolve(false));
    });
    if (!(await within(isUp, 'redis-server to start'))) return false;
    Object.assign(this, { port });
    this.#child = child;
    return true;
  }

  /** One command by redis-cli; gives its answer. @param {string[]} words */
  command(...words) {
    return execFileSync('redis-cli', ['-p', String(this.port), ...words], { encoding: 'utf8' }).trim();
  }

  /** @param {'SIGSTOP' | 'SIGCONT'} signal */
  signal(signal) {
    this.#child?.kill(signal);
  }

  async kill() {
    this.#child?.kill('SIGKILL');
    await within(this.#exit, 'redis-server to end');
    this.#child = null;
  }
}

export async function startRedis() {
  const redis = new Redis();
  await redis.start();
  return redis;
}
