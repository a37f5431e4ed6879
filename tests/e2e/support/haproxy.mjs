// haproxy.mjs - Debian's HAProxy in front of a server: one plain and one TLS-terminating front.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { newCertificate } from './certificate.mjs';
import { freePort } from './ports.mjs';
import { dial } from './raw.mjs';
import { folderWith } from './server.mjs';
import { eventually, within } from './wait.mjs';

const configOf = ({ backend, plain, tls, certificate }) => `
global
  maxconn 200
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout tunnel 1h
  option forwardfor
frontend plain
  bind 127.0.0.1:${plain}
  default_backend parley
frontend tls
  bind 127.0.0.1:${tls} ssl crt ${certificate.bothFile} alpn http/1.1
  default_backend parley
backend parley
  server one ${backend}
`;

async function tryStart(backend) {
  const [plain, tls] = [await freePort(), await freePort()];
  const certificate = newCertificate();
  const folder = folderWith({ 'haproxy.cfg': configOf({ backend, plain, tls, certificate }) });
  const child = spawn('haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += data));
  const exit = new Promise((resolve) => child.on('close', resolve).on('error', (error) => resolve((text += error.message))));
  process.on('exit', () => child.kill('SIGKILL'));
  const up = eventually(
    () =>
      dial(`127.0.0.1:${plain}`).then(
        (connection) => connection.hangUp() ?? true,
        () => false,
      ),
    'HAProxy',
  );
  const isUp = await Promise.race([up, exit.then(() => false)]);
  return { child, exit, plain, tls, isUp, text: () => text, certificate };
}

/**
 * Starts HAProxy before `server`; gives {plain, tls, stop()}, of which plain and tls can be used as servers by peers.
 */
export async function startHaproxy(server) {
  let proxy = await tryStart(server.address);
  for (let time = 0; !proxy.isUp && /Address already in use|cannot bind/i.test(proxy.text()) && time < 3; time++) {
    proxy = await tryStart(server.address);
  }
  if (!proxy.isUp) throw new Error(`HAProxy did not start: ${proxy.text()}`);
  const front = (scheme, port) => ({
    address: `127.0.0.1:${port}`,
    roomUrl: (room) => `${scheme}://127.0.0.1:${port}/v1/rooms/${room}/ws`,
  });
  const stop = () => {
    proxy.child.kill('SIGTERM');
    return within(proxy.exit, 'HAProxy to end');
  };
  return { plain: front('ws', proxy.plain), tls: front('wss', proxy.tls), ca: proxy.certificate.pem, stop };
}
