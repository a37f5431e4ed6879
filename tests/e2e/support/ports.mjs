// ports.mjs - a port for programs that cannot choose a free one by themselves.
import { createServer } from 'node:net';

/**
 * Linux gives out 32768 and above by itself (ip_local_port_range): while a server is down, any connection could be given its
 * port from there, even one that knocks at it.
 */
const PORTS = { first: 20_000, count: 12_000 };

/** A port that was free a moment ago; whoever uses it must be ready to lose the race. */
export async function freePort() {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    if (await isFree(port)) return port;
  }
}

/** @param {number} port */
function isFree(port) {
  const server = createServer();
  return new Promise((resolve) => {
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A socket that holds a port: {port, release()}. */
export function takenPort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      resolve({ port: server.address().port, release: () => new Promise((done) => server.close(done)) });
    });
  });
}
