// haproxy_stats.mjs - what HAProxy thinks of its servers, asked over its stats socket.
import { connect } from 'node:net';
import { join } from 'node:path';

import { folderWith } from './server.mjs';
import { eventually } from './wait.mjs';

function ask(path, command) {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(path, () => socket.write(`${command}\n`));
    socket.setEncoding('utf8').on('data', (data) => (text += data));
    socket.on('end', () => resolve(text)).on('error', reject);
  });
}

/** The socket of one HAProxy; `change` puts it into a file of deploy/. */
export class HaproxyStats {
  #path = join(folderWith(), 'stats');

  /** @type {[RegExp, string]} */
  get change() {
    return [/\n {2}log stdout/, `\n  stats socket ${this.#path} mode 600\n  log stdout`];
  }

  /** One server of the backend: its status (UP, DOWN ...), and how many connections were ever given to it. @param {string} name */
  async of(name) {
    const [head, ...lines] = (await ask(this.#path, 'show stat')).replace(/^# /, '').trim().split('\n');
    const columns = head.split(',');
    const rows = lines.map((line) => line.split(',')).map((cells) => Object.fromEntries(columns.map((column, index) => [column, cells[index]])));
    const { status, stot } = rows.find(({ svname }) => svname === name);
    return { status, given: Number(stot) };
  }

  /** @param {string} name @param {RegExp} status */
  until(name, status) {
    return eventually(async () => status.test((await this.of(name)).status), `HAProxy to say ${status} of ${name}`);
  }
}
