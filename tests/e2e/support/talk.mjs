// talk.mjs - peers on several nodes: how they gather, talk, and what they may never hear.
import assert from 'node:assert/strict';

import { connectPeer } from './peer.mjs';

const unsettled = new WeakMap();

/** What a client does when its room's home has moved: it answers the welcome, and says again what has no receipt. */
export function follow(peer) {
  if (unsettled.has(peer)) return peer;
  const waiting = new Map();
  let welcomes = 1;
  unsettled.set(peer, waiting);
  peer.socket.on('message', (data) => {
    const { type, session, accepted = 0 } = JSON.parse(String(data));
    if (type !== 'welcome') return;
    peer.send({ type: 'receipt', got: session === 'rebuilt' ? 0 : peer.n, welcome: ++welcomes });
    for (const message of waiting.values()) if (session === 'rebuilt' || message.seq > accepted) peer.send(message);
  });
  return peer;
}

/** One peer on each node, each told of those after it; the first is an admin. */
export async function spread(nodes, names = ['ann', 'bob', 'cyd'], room = 'call') {
  const peers = [];
  for (const [i, name] of names.entries()) {
    const claims = { sub: name, ...(i === 0 && { video: { roomAdmin: true } }) };
    const peer = follow(await connectPeer(nodes[i % nodes.length], room, claims, { receipts: true }));
    for (const other of peers) await other.expect('peer-joined', (event) => event.peer.id === peer.id);
    peers.push(peer);
  }
  return peers;
}

/** Sends a message that is said again until it is receipted; gives its number. */
export function say(from, to, body) {
  const message = { type: 'relay', to: to.id, body };
  const seq = from.sendNumbered(message);
  unsettled.get(from).set(seq, { ...message, seq });
  return seq;
}

export async function settled(from, seq) {
  await from.expect('receipt', (event) => event.seq >= seq);
  unsettled.get(from).delete(seq);
}

/** Messages pass between each two of them, both ways, and their senders hear of it. */
export async function talk(peers, word) {
  for (const peer of peers) follow(peer);
  for (const from of peers) {
    for (const to of peers.filter((peer) => peer !== from)) {
      const body = `${word}: ${from.identity} to ${to.identity}`;
      const seq = say(from, to, body);
      assert.equal((await to.expect('relay', (event) => event.body === body)).from, from.id);
      to.receipt();
      await settled(from, seq);
    }
  }
}

const bodiesOf = ({ heard }) => heard.filter(({ type }) => type === 'relay' || type === 'broadcast').map(({ body }) => body);

export function heardNothingTwice(peers) {
  for (const peer of peers) assert.equal(new Set(bodiesOf(peer)).size, bodiesOf(peer).length, `${peer.identity} heard something twice`);
}

export function nobodyLeft(peers) {
  for (const peer of peers) {
    const left = peer.heard.filter(({ type }) => type === 'peer-left');
    assert.deepEqual(left, [], `${peer.identity} heard that somebody left`);
  }
}
