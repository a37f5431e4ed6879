// front.mjs - a program that listens before the servers of a test: a load balancer, a proxy.
import { spawn } from 'node:child_process';

import { endWithUs } from './children.mjs';
import { dial } from './raw.mjs';
import { eventually, within } from './wait.mjs';

const RETRIES = 3;

async function tryStart(program, { args, port }) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += data));
  const exit = new Promise((resolve) => child.on('close', resolve).on('error', (error) => resolve((text += error.message))));
  endWithUs(child, 'SIGTERM'); // not SIGKILL: nginx would leave its workers behind
  const answers = () =>
    dial(`127.0.0.1:${port}`).then(
      (connection) => connection.hangUp() ?? true,
      () => false,
    );
  const isUp = await Promise.race([eventually(answers, program), exit.then(() => false)]);
  const stop = () => {
    child.kill('SIGTERM');
    return within(exit, `${program} to end`);
  };
  return { isUp, stop, text: () => text };
}

/**
 * Starts it, with other ports where somebody took one; gives what `prepare` made, and stop().
 * @template {{args: string[], port: number}} Made
 * @param {string} program
 * @param {() => Promise<Made>} prepare chooses ports and writes files; `port` is one that it will listen on
 * @returns {Promise<Made & {stop: () => Promise<unknown>}>}
 */
export async function startFront(program, prepare) {
  for (let time = 0; ; time++) {
    const made = await prepare();
    const { isUp, stop, text } = await tryStart(program, made);
    if (isUp) return { ...made, stop };
    if (time === RETRIES || !/Address already in use|cannot bind/i.test(text())) throw new Error(`${program} did not start: ${text()}`);
  }
}
