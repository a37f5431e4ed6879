// fakes - a stand-in browser for the SDK's unit tests: clock, WebSocket, peer connection, tracks.

/** Lets everything that is already due in promises happen. */
export async function settle() {
  for (let i = 0; i < 50; i += 1) await Promise.resolve();
}

export class FakeClock {
  now = 0;
  #timers = new Map();
  #next = 1;

  setTimeout = (run, ms) => {
    this.#timers.set(this.#next, { run, at: this.now + ms });
    return this.#next++;
  };

  clearTimeout = (id) => void this.#timers.delete(id);

  /** The waits that are under way, in ms from now. */
  get waits() {
    return [...this.#timers.values()].map(({ at }) => at - this.now);
  }

  /** Time goes by and no timer fires, as on a machine that sleeps. */
  sleep(ms) {
    this.now += ms;
  }

  async advance(ms) {
    const end = this.now + ms;
    for (;;) {
      await settle();
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.now = Math.max(this.now, due[1].at);
      due[1].run();
    }
    this.now = end;
    await settle();
  }
}

export class FakeWebSocket {
  static all = [];
  readyState = 0;
  sent = [];
  closedWith = null;

  constructor(url, protocol) {
    Object.assign(this, { url, protocol });
    FakeWebSocket.all.push(this);
  }

  static get last() {
    return FakeWebSocket.all[FakeWebSocket.all.length - 1];
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close(code) {
    this.closedWith = code ?? 1005;
    this.readyState = 3;
  }

  // From here on: what the server does.
  open() {
    this.readyState = 1;
    this.onopen();
  }

  deliver(message) {
    this.onmessage({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }

  drop(code, reason = '') {
    this.readyState = 3;
    this.onclose({ code, reason });
  }

  sentOf(type) {
    return this.sent.filter((message) => message.type === type);
  }
}

export class FakeMediaStream {
  #tracks = new Set();
  addTrack(track) {
    this.#tracks.add(track);
  }
  removeTrack(track) {
    this.#tracks.delete(track);
  }
  getTracks() {
    return [...this.#tracks];
  }
}

export class FakeTrack extends EventTarget {
  enabled = true;
  readyState = 'live';
  muted = true;
  constructor(kind) {
    super();
    this.kind = kind;
  }
  stop() {
    this.readyState = 'ended';
  }
}

/** A peer connection that knows only the signalling state machine (JSEP, with implicit rollback). */
export class FakePeerConnection {
  static all = [];
  signalingState = 'stable';
  connectionState = 'new';
  iceGatheringState = 'new';
  localDescription = null;
  /** Its ufrag is that of the ICE generation in use. */
  currentLocalDescription = null;
  remoteDescription = null;
  /** The type of our candidate of the selected pair. */
  pairType = 'host';
  candidates = [];
  restarts = 0;
  refuseCandidates = false;
  #transceivers = [];
  #version = 0;

  constructor(config) {
    this.config = config;
    FakePeerConnection.all.push(this);
  }

  async setLocalDescription() {
    await Promise.resolve();
    const type = this.signalingState === 'have-remote-offer' ? 'answer' : 'offer';
    this.#version += 1;
    this.localDescription = { type, sdp: `${type} ${this.#version}` };
    this.signalingState = type === 'offer' ? 'have-local-offer' : 'stable';
  }

  async setRemoteDescription(description) {
    await Promise.resolve();
    if (description.type === 'answer' && this.signalingState !== 'have-local-offer') throw new Error('InvalidStateError');
    this.remoteDescription = description;
    this.signalingState = description.type === 'offer' ? 'have-remote-offer' : 'stable';
  }

  async addIceCandidate(candidate) {
    await Promise.resolve();
    if (this.refuseCandidates) throw new Error('OperationError');
    this.candidates.push(candidate);
  }

  addTransceiver(trackOrKind, { direction }) {
    const kind = typeof trackOrKind === 'string' ? trackOrKind : trackOrKind.kind;
    const sender = { track: typeof trackOrKind === 'string' ? null : trackOrKind, replaceTrack: async (track) => void (sender.track = track), setStreams() {} };
    this.#transceivers.push({ direction, sender, receiver: { track: new FakeTrack(kind) } });
    return this.#transceivers[this.#transceivers.length - 1];
  }

  getTransceivers() {
    return this.#transceivers;
  }

  setConfiguration(config) {
    this.config = config;
  }

  restartIce() {
    this.restarts += 1;
  }

  /** A restart was answered: new candidates are gathered for this generation. */
  beginGeneration(ufrag) {
    this.currentLocalDescription = { type: 'offer', sdp: `v=0\r\na=ice-ufrag:${ufrag}\r\n` };
    this.iceGatheringState = 'gathering';
    this.onicegatheringstatechange?.();
  }

  async getStats() {
    return new Map([
      ['t', { type: 'transport', selectedCandidatePairId: 'p' }],
      ['p', { type: 'candidate-pair', localCandidateId: 'l', remoteCandidateId: 'r' }],
      ['l', { type: 'local-candidate', candidateType: this.pairType, protocol: 'udp' }],
      ['r', { type: 'remote-candidate', candidateType: 'host' }],
    ]);
  }

  become(state) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  close() {
    this.signalingState = 'closed';
    this.connectionState = 'closed';
  }
}

/** A platform whose parts can be steered. */
export function fakePlatform() {
  const clock = new FakeClock();
  FakeWebSocket.all = [];
  FakePeerConnection.all = [];
  return {
    clock,
    WebSocket: FakeWebSocket,
    RTCPeerConnection: FakePeerConnection,
    MediaStream: FakeMediaStream,
    mediaDevices: undefined,
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
    random: () => 1,
    now: () => clock.now,
  };
}

/**
 * For clients that only send data, in real time and however many: their connections are not remembered.
 * @param {object} WebSocket @param {object} [parts] in place of the usual ones
 */
export function dataPlatform(WebSocket, parts = {}) {
  FakePeerConnection.all = /** @type {any} */ ({ push() {} });
  return /** @type {any} */ ({
    WebSocket,
    RTCPeerConnection: FakePeerConnection,
    MediaStream: FakeMediaStream,
    mediaDevices: undefined,
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer),
    random: Math.random,
    now: () => performance.now(),
    ...parts,
  });
}

const NO_MEDIA = { mic: false, camera: false, screen: false };

export function peerOf(id, media = NO_MEDIA) {
  return { id, identity: `user-${id}`, name: id, metadata: '', attributes: {}, media, receipts: true };
}

export function welcomeOf(self, peers = [], more = {}) {
  return {
    type: 'welcome', re: 1, room: 'tea', self: peerOf(self), session: 'new', ticket: `ticket of ${self}`, grace: 30_000,
    peers: peers.map((entry) => ({ away: false, ...entry })),
    iceServers: [], iceTtl: null, pingInterval: 15, messageBytes: 65_536, server: 'test', ...more,
  };
}
