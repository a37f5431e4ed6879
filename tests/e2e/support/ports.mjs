// ports.mjs - a port for programs that cannot choose a free one by themselves.
import { createServer } from 'node:net';

/** A port that was free a moment ago; whoever uses it must be ready to lose the race. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
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
