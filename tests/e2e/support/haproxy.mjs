// haproxy.mjs - Debian's HAProxy in front of a server: one plain and one TLS-terminating front.
import { join } from 'node:path';

import { newCertificate } from './certificate.mjs';
import { startFront } from './front.mjs';
import { freePort } from './ports.mjs';
import { folderWith } from './server.mjs';

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

async function prepare(backend) {
  const [plain, tls] = [await freePort(), await freePort()];
  const certificate = newCertificate();
  const folder = folderWith({ 'haproxy.cfg': configOf({ backend, plain, tls, certificate }) });
  return { args: ['-db', '-f', join(folder, 'haproxy.cfg')], port: plain, tls, certificate };
}

/**
 * Starts HAProxy before `server`; gives {plain, tls, stop()}, of which plain and tls can be used as servers by peers.
 */
export async function startHaproxy(server) {
  const { port, tls, certificate, stop } = await startFront('haproxy', () => prepare(server.address));
  const front = (scheme, port) => ({
    address: `127.0.0.1:${port}`,
    roomUrl: (room) => `${scheme}://127.0.0.1:${port}/v1/rooms/${room}/ws`,
  });
  return { plain: front('ws', port), tls: front('wss', tls), ca: certificate.pem, stop };
}
