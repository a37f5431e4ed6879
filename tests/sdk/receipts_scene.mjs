// receipts_scene - Ann with Bob and Cyd, and a scripted server that takes, refuses and receipts what is sent.
import { comeBack, joined, platform } from './call_scene.mjs';
import { FakeWebSocket, peerOf, settle, welcomeOf } from './fakes.mjs';

export const BOB = { peer: peerOf('bob'), polite: true };
export const CYD = { peer: peerOf('cyd'), polite: true };

/** What a promise has come to: 'waits', its value, or code, reason and peers of its error. */
export async function fateOf(promise) {
  let fate = 'waits';
  promise.then(
    (reached) => (fate = reached),
    ({ code, reason, peers }) => (fate = { code, reason, peers }),
  );
  await settle();
  return fate;
}

/** Sends of which some reject without anybody looking. */
export function quietly(promise) {
  promise.catch(() => {});
  return promise;
}

function server() {
  let n = 0;
  return {
    say: (message) => FakeWebSocket.last.deliver({ n: (n += 1), ...message }),
    receipt: (from, seq) => FakeWebSocket.last.deliver({ n: (n += 1), type: 'receipt', from, seq }),
    ok: (seq) => FakeWebSocket.last.deliver({ n: (n += 1), type: 'ok', seq }),
    refuse: (seq, code, more = {}) => FakeWebSocket.last.deliver({ type: 'error', seq, code, message: 'No.', ...more }),
    restart: () => (n = 0),
  };
}

/** Ann with Bob and Cyd, and a server that numbers what it says. */
export async function scene(options = {}) {
  return { ...(await joined({ peers: [BOB, CYD], ...options })), home: server() };
}

export async function comeBackTo(session, { peers = [BOB, CYD], ...more } = {}) {
  FakeWebSocket.last.drop(1006);
  await platform.clock.advance(500);
  await comeBack(welcomeOf('ann', peers, { session, accepted: 0, re: undefined, ...more }));
  answerPings();
  await settle();
  return FakeWebSocket.last;
}

export function answerPings() {
  const socket = FakeWebSocket.last;
  for (const { id } of socket.sentOf('ping')) socket.deliver({ type: 'pong', re: id });
}

export const numbered = (socket = FakeWebSocket.last) => socket.sent.filter(({ seq }) => seq !== undefined);
export const seqs = (socket) => numbered(socket).map(({ seq }) => seq);
