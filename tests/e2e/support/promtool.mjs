// promtool.mjs - Prometheus' own judgement on a page of metrics.
import { spawn } from 'node:child_process';

import { within } from './wait.mjs';

/**
 * What `promtool check metrics` says: {status, text}.
 * @param {string} metrics
 */
export function checkMetrics(metrics) {
  const child = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let text = '';
  child.stdout.on('data', (data) => (text += data));
  child.stderr.on('data', (data) => (text += data));
  const done = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, text }));
  });
  child.stdin.end(metrics);
  return within(done, 'promtool');
}
