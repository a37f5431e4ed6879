// call_scene - a call of ann's in a stand-in browser, with a scripted server at the other end.
import { beforeEach } from 'node:test';
import { join } from '../../web-demo/sdk/parley.js';
import { FakeWebSocket, fakePlatform, peerOf, settle, welcomeOf } from './fakes.mjs';

/** New for each test of the file that imports this. */
export let platform;

export function renewPlatform() {
  platform = fakePlatform();
}
beforeEach(renewPlatform);

export const MIC = { mic: true, camera: false, screen: false };

export function startJoin(more = {}) {
  return join({ url: 'https://call.example', room: 'tea', token: 'a.b.c', platform, ...more });
}

/** A call that is joined, with a record of its events. */
export async function joined({ peers = [], ...more } = {}) {
  const joining = startJoin(more);
  await settle();
  FakeWebSocket.last.open();
  await settle();
  FakeWebSocket.last.deliver(welcomeOf('ann', peers));
  const call = await joining;
  const events = [];
  for (const name of ['state', 'reconnecting', 'resumed', 'rejoined', 'ended', 'peer-joined', 'peer-left', 'peer-away', 'peer-back', 'peer-updated', 'track', 'track-removed', 'data', 'ice', 'warning'])
    call.on(name, (event) => events.push([name, event]));
  // What came with the welcome is handed out now.
  await platform.clock.advance(0);
  return { call, events, named: (name) => events.filter(([of]) => of === name).map(([, event]) => event) };
}

export async function comeBack(welcome) {
  FakeWebSocket.last.open();
  await settle();
  FakeWebSocket.last.deliver(welcome);
  await settle();
}

/** Ann and Bob in a call whose connection breaks; the next one is open and has said hello. */
export async function lost(options = {}) {
  const scene = await joined({ peers: [{ peer: peerOf('bob'), polite: true }], ...options });
  FakeWebSocket.last.drop(1006);
  await platform.clock.advance(500);
  FakeWebSocket.last.open();
  await settle();
  return { ...scene, hello: FakeWebSocket.last.sent[0], socket: FakeWebSocket.last };
}
