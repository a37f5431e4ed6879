// instruments - what a page records of itself from its first moment on: connections, events, what the banner said.
//
// The functions run in the page (given to joinAs as `prepare`, or to evaluate), so that nothing is missed between two looks.
import assert from 'node:assert/strict';

/** Nothing is decoded for a moment where a loaded machine is slow; a call that breaks is silent until its ICE is up again. */
export const GAP_MAX_MS = 4000;

/** Before anything else: counts peer connections, what ends or restarts them, and where their state went. */
export function recordConnections() {
  globalThis.connections = [];
  globalThis.record = { made: 0, closed: 0, restarts: 0, states: [] };
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(config) {
      super(config);
      globalThis.connections.push(this);
      globalThis.record.made += 1;
      this.addEventListener('connectionstatechange', () => globalThis.record.states.push(this.connectionState));
    }
    close() {
      globalThis.record.closed += 1;
      super.close();
    }
    restartIce() {
      globalThis.record.restarts += 1;
      super.restartIce();
    }
  };
}

/** Before anything else: every connection goes through a relay or not at all. */
export function relayOnly() {
  const { RTCPeerConnection: Base } = globalThis;
  globalThis.RTCPeerConnection = class extends Base {
    constructor(config) {
      super({ ...config, iceTransportPolicy: 'relay' });
    }
    setConfiguration(config) {
      super.setConfiguration({ ...config, iceTransportPolicy: 'relay' });
    }
  };
}

/** Before anything else: what the banner said. */
export function recordNotes() {
  globalThis.notes = [];
  addEventListener('DOMContentLoaded', () => {
    const banner = document.querySelector('#banner');
    new MutationObserver(() => globalThis.notes.push(banner.textContent)).observe(banner, { childList: true, subtree: true });
  });
}

/** In the call: looks at the frames decoded from each peer again and again, and keeps the longest stretch without a new one. */
export function recordFrames() {
  const LOOK_MS = 250;
  const { call } = document.querySelector('#call');
  const last = new Map();
  globalThis.frames = { total: 0, longestGapMs: 0, looks: 0 };
  const look = async () => {
    for (const [id, { received }] of await call.getStats()) {
      const now = performance.now();
      const before = last.get(id) ?? { count: received.framesDecoded, at: now };
      const isNew = received.framesDecoded > before.count;
      globalThis.frames.total += Math.max(0, received.framesDecoded - before.count);
      globalThis.frames.longestGapMs = Math.max(globalThis.frames.longestGapMs, now - before.at);
      last.set(id, isNew || !last.has(id) ? { count: received.framesDecoded, at: now } : before);
    }
    globalThis.frames.looks += 1;
    globalThis.framesTimer = setTimeout(look, LOOK_MS);
  };
  return look();
}

/** In the call: keeps what the call told, and what the others sent. */
export function recordCall() {
  const { call } = document.querySelector('#call');
  globalThis.told = [];
  globalThis.heard = [];
  for (const name of ['reconnecting', 'resumed', 'rejoined', 'ended']) call.on(name, () => globalThis.told.push(name));
  for (const name of ['peer-joined', 'peer-away', 'peer-back']) call.on(name, (peer) => globalThis.told.push(`${name} ${peer.name}`));
  call.on('peer-left', ({ peer, reason }) => globalThis.told.push(`peer-left ${peer.name} ${reason}`));
  call.on('warning', ({ code }) => globalThis.told.push(`warning ${code}`));
  call.on('data', ({ peer, data }) => globalThis.heard.push(`${peer.name}: ${data}`));
}

/** In the call: says `text` to everybody; what became of it is kept in `fates` by its text. */
export function say(text) {
  globalThis.fates ??= {};
  globalThis.fates[text] = 'under way';
  const settle = (fate) => (globalThis.fates[text] = fate);
  document.querySelector('#call').call.send(text).then(() => settle('delivered'), ({ code, reason }) => settle(`${code} ${reason}`));
}

/** In the call: who one is, and who the others are. */
export function idsOf() {
  const { call } = document.querySelector('#call');
  return { self: call.self.id, peers: [...call.peers.keys()] };
}

/** What a page has recorded. */
export const recalled = (page) =>
  page.evaluate(() => ({ record: globalThis.record, told: globalThis.told, heard: globalThis.heard, fates: globalThis.fates, notes: globalThis.notes, frames: globalThis.frames }));

/** The same peers as in `ids`, no connection made, ended or restarted, and frames decoded throughout; gives what was recorded. */
export async function checkUntouched(page, ids) {
  const recorded = await recalled(page);
  const { record, frames } = recorded;
  assert.deepEqual(await page.evaluate(idsOf), ids, 'the same peers, in the same order');
  assert.deepEqual([record.made, record.closed, record.restarts], [ids.peers.length, 0, 0]);
  assert.deepEqual(record.states.filter((state) => !['connecting', 'connected'].includes(state)), []);
  assert.ok(frames.looks > 0 && frames.longestGapMs < GAP_MAX_MS, `${frames.longestGapMs} ms without a new frame`);
  return recorded;
}
