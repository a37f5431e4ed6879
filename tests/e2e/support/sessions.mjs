// sessions.mjs - peers that come back with their tickets: to the same server, or to the one that was started in its place.
import { connectPeer, openPeer } from './peer.mjs';
import { startServer } from './server.mjs';

/**
 * A peer comes back over a new connection, with its ticket.
 * @param {import('./peer.mjs').Peer} former
 * @param {object} fields of its hello, over those of one who has handled all that it heard
 * @returns {Promise<import('./peer.mjs').Peer>}
 */
export async function comeBack(server, former, fields = {}) {
  const peer = await openPeer(server, former.room);
  await peer.resume(former, fields);
  return peer;
}

/**
 * Shows a ticket and gives who is then to be answered, and the answer: a welcome or an error.
 * @param {string} ticket
 */
export async function knockWith(server, room, ticket) {
  const peer = await openPeer(server, room);
  const answer = await peer.request({ type: 'hello', ticket, got: 0, receipts: true });
  return { peer, answer };
}

/**
 * Lets people who give receipts join one after another, and gives them back once each has been told of those after it.
 * @param {(string | object)[]} people names, or claims
 */
export async function gather(server, room, ...people) {
  const peers = [];
  for (const person of people) {
    const claims = typeof person === 'string' ? { sub: person } : person;
    const peer = await connectPeer(server, room, claims, { receipts: true });
    if (!claims.video?.hidden) for (const other of peers) await other.expect('peer-joined', (event) => event.peer.id === peer.id);
    peers.push(peer);
  }
  return peers;
}

/** Starts a server in the place of one that has ended, with its settings and its state. */
export function restart({ options }, config = {}) {
  return startServer({ ...options, config: { ...options.config, ...config } });
}

/** Ends a server as a crash would, and starts another in its place. */
export async function killAndRestart(server, config = {}) {
  await server.kill();
  return restart(server, config);
}
