// balancer.mjs - the load balancers of deploy/, on free ports of loopback before servers of the test.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { newCertificate } from './certificate.mjs';
import { startFront } from './front.mjs';
import { freePort } from './ports.mjs';
import { ROOT, folderWith } from './server.mjs';

/** A file of deploy/ with its three servers and its door replaced; each replacement must find something. */
function adapt(name, replacements) {
  return replacements.reduce((text, [pattern, put]) => {
    if (!pattern.test(text)) throw new Error(`deploy/${name} has no ${pattern}`);
    return text.replace(pattern, put);
  }, readFileSync(join(ROOT, 'deploy', name), 'utf8'));
}

const serversOf = (nodes) => nodes.map(({ address }, index) => [new RegExp(`10\\.0\\.0\\.1${index + 1}:8080`), address]);

function haproxy(name, nodes, port, certificate, change) {
  const folder = folderWith({
    'haproxy.cfg': adapt(name, [...serversOf(nodes), ...change, [/bind :443 ssl crt \S+/, `bind 127.0.0.1:${port} ssl crt ${certificate.bothFile}`]]),
  });
  return { program: 'haproxy', check: ['-c', '-f', join(folder, 'haproxy.cfg')], run: ['-db', '-f', join(folder, 'haproxy.cfg')] };
}

const NGINX = (folder) => `
daemon off;
pid ${folder}/nginx.pid;
error_log stderr;
worker_processes 2;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  include ${folder}/parley.conf;
}
`;

function nginx(name, nodes, port, certificate, change) {
  const { certFile, keyFile } = certificate;
  const doors = [[/listen 443 ssl/, `listen 127.0.0.1:${port} ssl`], [/\/etc\/nginx\/parley\.crt/, certFile], [/\/etc\/nginx\/parley\.key/, keyFile]];
  const folder = folderWith({ 'parley.conf': adapt(name, [...serversOf(nodes), ...doors, ...change]) });
  const main = join(folderWith({ 'nginx.conf': NGINX(folder) }), 'nginx.conf');
  const args = ['-p', folder, '-e', 'stderr', '-c', main];
  return { program: 'nginx', check: ['-t', ...args], run: args };
}

const PROGRAMS = { haproxy, nginx };

/** Whether the program that a file of deploy/ is for is there. @param {string} name such as nginx/parley.conf */
export const isMissing = (name) => Boolean(spawnSync(name.split('/')[0], ['-v']).error);

async function prepare(name, nodes, change) {
  const port = await freePort();
  const certificate = newCertificate();
  const { program, check, run } = PROGRAMS[name.split('/')[0]](name, nodes, port, certificate, change);
  const { status, stdout, stderr } = spawnSync(program, check, { encoding: 'utf8' });
  return { args: run, port, ca: certificate.pem, checked: { status, text: stdout + stderr } };
}

/**
 * Starts what a file of deploy/ is for before three servers; gives {address, roomUrl, ca, checked, stop()}.
 * @param {string} name such as haproxy/parley.cfg
 * @param {{address: string}[]} nodes
 * @param {[RegExp, string][]} change of the file
 */
export async function startBalancer(name, nodes, change = []) {
  const { port, ca, checked, stop } = await startFront(name.split('/')[0], () => prepare(name, nodes, change));
  const roomUrl = (room) => `wss://127.0.0.1:${port}/v1/rooms/${encodeURIComponent(room)}/ws`;
  return { address: `127.0.0.1:${port}`, roomUrl, ca, checked, stop };
}
