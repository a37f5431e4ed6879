// lossy_home - a server in the test's own process that keeps the promises of docs/protocol.md over connections that do not: a model of a home.

const GRACE_MS = 30_000;
const LATENCY_MS = 80;
const CUT_NOTICED_MS = 2000;
const NO_MEDIA = { mic: false, camera: false, screen: false };

/** One room, its sessions, and its faults, from one source of chance. */
export class LossyHome {
  #clock;
  #random;
  #epoch = 1;
  #life = 1;
  #joins = 0;
  /** @type {Map<string, any>} */
  sessions = new Map();
  #ghosts = new Map();
  #openedAt = -1;
  #settleTimer = null;
  #connections = new Set();
  isUp = true;
  refuseShare = 0;
  counts = { moves: 0, reattached: 0, kills: 0, cuts: 0, freezes: 0, refused: 0, repeated: 0, resumed: 0, rebuilt: 0, outOfOrder: 0 };

  constructor(clock, random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** The WebSocket class of one client. */
  socketClass() {
    const home = this;
    return class {
      readyState = 0;
      constructor() {
        this.line = { isCut: false, isFrozen: false, up: 0, down: 0, welcomes: 0, owes: 0, isApart: false, session: null, socket: this };
        home.#delay(this.line, 'down', () => (home.isUp ? this.#open() : home.#close(this.line, 1006)));
      }
      send(text) {
        home.#delay(this.line, 'up', () => home.#hear(this.line, JSON.parse(text)));
      }
      close(code = 1005) {
        this.readyState = 3;
        home.#delay(this.line, 'up', () => home.#onClosed(this.line, code));
      }
      #open() {
        if (this.readyState !== 0) return;
        this.readyState = 1;
        home.#connections.add(this.line);
        this.onopen();
      }
    };
  }

  /** Breaks one connection; what is under way is lost, and each side notices in its own time. */
  cut() {
    const line = this.#pick([...this.#connections]);
    if (!line || line.isCut) return;
    this.counts.cuts += 1;
    line.isCut = true;
    this.#after(CUT_NOTICED_MS, () => this.#detach(line));
    this.#after(CUT_NOTICED_MS, () => this.#close(line, 1006));
  }

  /** Half-open: nothing gets through any more, and nobody is told. */
  freeze() {
    const line = this.#pick([...this.#connections]);
    if (!line || line.isFrozen) return;
    this.counts.freezes += 1;
    line.isFrozen = true;
    this.#clock.setTimeout(() => this.#detach(line), 25_000);
  }

  /** kill -9; start() makes the next. */
  kill() {
    this.counts.kills += 1;
    this.isUp = false;
    this.#life += 1;
    this.#forget();
    for (const line of this.#connections) {
      line.isCut = true;
      this.#after(LATENCY_MS, () => this.#close(line, 1006));
    }
    this.#connections.clear();
  }

  start() {
    this.isUp = true;
  }

  /** The home is on another node from now on; connections stay, and their tickets are shown to it one by one. */
  move() {
    const lines = [...this.#connections].filter((line) => line.session);
    if (!this.isUp || lines.length === 0) return;
    this.counts.moves += 1;
    this.#forget();
    for (const line of lines) this.#setApart(line);
  }

  /** The way to the home broke: it has the session, and what was said over that way meanwhile is lost. */
  reattach() {
    const line = this.#pick([...this.#connections].filter((one) => one.session?.line === one));
    if (line) this.#setApart(line);
  }

  #forget() {
    this.#epoch += 1;
    this.sessions.clear();
    this.#ghosts.clear();
    this.#openedAt = -1;
    this.#clock.clearTimeout(this.#settleTimer);
    this.#settleTimer = null;
  }

  #setApart(line) {
    line.isApart = true;
    const attempt = (line.attempts = (line.attempts ?? 0) + 1);
    this.#after(CUT_NOTICED_MS, () => {
      if (attempt === line.attempts && this.#connections.has(line)) this.#showTicket(line);
    });
  }

  #showTicket(line) {
    const { id } = line.session;
    const session = this.sessions.get(id);
    line.isApart = false;
    line.owes = line.welcomes + 1;
    if (session && session.line !== line) return; /* its client is back over another */
    this.counts.reattached += 1;
    if (!session) this.#rebuild(line, id, {});
    else this.#welcome(line, session, session.isUnused ? 'rebuilt' : 'resumed');
  }

  #pick(list) {
    return list[Math.floor(this.#random() * list.length)];
  }

  #after(ms, run) {
    this.#clock.setTimeout(run, Math.round(ms * this.#random()));
  }

  /** Carries something over a line: in order, later, or never. */
  #delay(line, way, run) {
    line[way] = Math.max(line[way], this.#clock.now + Math.round(LATENCY_MS * this.#random()));
    const life = this.#life;
    this.#clock.setTimeout(() => {
      const isLost = line.isCut || line.isFrozen || (way === 'up' && life !== this.#life);
      if (!isLost) run();
    }, line[way] - this.#clock.now);
  }

  #close(line, code) {
    if (line.socket.readyState === 3) return;
    line.socket.readyState = 3;
    line.socket.onclose({ code, reason: '' });
  }

  #write(line, message) {
    this.#delay(line, 'down', () => line.socket.readyState === 1 && line.socket.onmessage({ data: JSON.stringify(message) }));
  }

  /** Numbers what is said to a session, keeps it, and sends it if it can. */
  #say(session, message, origin = {}) {
    session.n += 1;
    const letter = { n: session.n, message: { n: session.n, ...message }, ...origin };
    session.mailbox.push(letter);
    if (session.line && !session.line.isApart) this.#write(session.line, letter.message);
  }

  #others(session) {
    return [...this.sessions.values()].filter((one) => one !== session);
  }

  #onClosed(line, code) {
    this.#connections.delete(line);
    if (line.session?.line === line && (code === 1000 || code === 1001)) this.#end(line.session, 'left', 'peer-left');
    else this.#detach(line);
  }

  #detach(line) {
    this.#connections.delete(line);
    const { session } = line;
    if (session?.line !== line) return;
    session.line = null;
    for (const other of this.#others(session)) this.#say(other, { type: 'peer-away', peer: session.id });
    session.graceTimer = this.#clock.setTimeout(() => this.#end(session, 'lost', 'expired'), GRACE_MS);
  }

  #end(session, reason, undelivered) {
    if (this.sessions.get(session.id) !== session) return;
    this.#clock.clearTimeout(session.graceTimer);
    this.sessions.delete(session.id);
    this.#returnLetters(session.id, session.mailbox, undelivered);
    for (const other of this.#others(session)) this.#say(other, { type: 'peer-left', peer: session.id, reason });
  }

  #returnLetters(peer, mailbox, reason) {
    for (const { sender, seq } of mailbox) {
      const session = this.sessions.get(sender);
      if (session) this.#say(session, { type: 'undelivered', peer, first: seq, last: seq, reason });
    }
  }

  #hear(line, message) {
    if (message.type === 'hello') this.#onHello(line, message);
    else if (line.session && (line.isApart || line.owes)) this.#onApart(line, message);
    else if (line.session?.line === line) this.#onMessage(line.session, line, message);
  }

  /** What was said before the answer to an unasked welcome was meant for the former home. */
  #onApart(line, message) {
    if (message.type === 'ping') this.#write(line, { type: 'pong', re: message.id });
    else if (message.type === 'update') this.#write(line, { type: 'error', re: message.id, code: 'rate_limited', message: 'Later.', retryAfterMs: 500 });
    else if (message.type === 'leave') this.#end(line.session, 'left', 'peer-left');
    else if (message.type === 'receipt' && !line.isApart && message.welcome === line.owes) {
      line.owes = 0;
      if (line.session.line === line) this.#onMessage(line.session, line, message);
    }
  }

  #onHello(line, message) {
    if (message.ticket === undefined) {
      this.#joins += 1;
      const session = this.#create(`${message.token}-${this.#joins}`);
      this.#welcome(line, session, 'new', message.id);
      for (const other of this.#others(session)) this.#say(other, { type: 'peer-joined', peer: this.#peer(session.id), polite: false });
      return;
    }
    const [id, epoch] = JSON.parse(message.ticket);
    const session = this.sessions.get(id);
    if (epoch === this.#epoch && session) this.#resume(line, session, message);
    else if (session?.isUnused) this.#welcome(line, session, 'rebuilt', message.id);
    else if (!session && epoch !== this.#epoch && this.#mayRebuild()) this.#rebuild(line, id, message);
    else this.#write(line, { type: 'error', re: message.id, code: 'session_ended', message: 'Over.' });
  }

  #create(id) {
    if (this.#openedAt < 0) this.#openedAt = this.#clock.now;
    const session = { id, n: 0, mailbox: [], accepted: 0, isFresh: false, isUnused: false, line: null };
    this.sessions.set(id, session);
    return session;
  }

  #resume(line, session, { id, got }) {
    this.counts.resumed += 1;
    this.#settle(session, got);
    this.#welcome(line, session, 'resumed', id);
  }

  #mayRebuild() {
    return this.#settleTimer !== null || this.#openedAt < 0 || this.#clock.now - this.#openedAt < GRACE_MS;
  }

  #rebuild(line, id, message) {
    this.counts.rebuilt += 1;
    const session = this.#create(id);
    Object.assign(session, { isFresh: true, isUnused: true });
    this.#settleTimer ??= this.#clock.setTimeout(() => this.#settleRoom(), GRACE_MS);
    for (const letter of this.#ghosts.get(id) ?? []) this.#say(session, letter.message, letter);
    this.#ghosts.delete(id);
    this.#welcome(line, session, 'rebuilt', message.id);
    for (const other of this.#others(session)) this.#say(other, { type: 'peer-back', peer: this.#peer(id), polite: true });
  }

  #settleRoom() {
    this.#settleTimer = null;
    const ghosts = [...this.#ghosts];
    this.#ghosts.clear();
    for (const [id, letters] of ghosts) this.#returnLetters(id, letters, 'expired');
    for (const session of this.sessions.values()) this.#say(session, { type: 'roster', peers: [...this.sessions.keys()] });
  }

  #welcome(line, session, kind, re) {
    line.welcomes += 1;
    const former = session.line === line ? null : session.line;
    const wasAway = session.line === null && kind === 'resumed';
    this.#clock.clearTimeout(session.graceTimer);
    if (former) {
      this.#connections.delete(former);
      this.#delay(former, 'down', () => this.#close(former, 4510));
    }
    session.line = line;
    line.session = session;
    const peers = this.#others(session).map(({ id, line: at }) => ({ peer: this.#peer(id), polite: true, away: at === null }));
    const { id, accepted } = session;
    this.#write(line, {
      type: 'welcome', re, room: 'tea', self: this.#peer(id), session: kind, ticket: JSON.stringify([id, this.#epoch]), accepted: kind === 'resumed' ? accepted : undefined,
      grace: GRACE_MS, peers, iceServers: [], iceTtl: null, pingInterval: 15, messageBytes: 65_536, server: 'model',
    });
    for (const { message } of session.mailbox) this.#write(line, message);
    if (wasAway) for (const other of this.#others(session)) this.#say(other, { type: 'peer-back', peer: this.#peer(id), polite: true });
  }

  #peer(id) {
    return { id, identity: id, name: id, metadata: '', attributes: {}, media: NO_MEDIA, receipts: true };
  }

  #settle(session, got) {
    const tallies = new Map();
    while (session.mailbox[0]?.n <= got) {
      const { sender, seq } = session.mailbox.shift();
      if (sender) tallies.set(sender, seq);
    }
    for (const [sender, seq] of tallies) {
      const to = this.sessions.get(sender);
      if (to) this.#say(to, { type: 'receipt', from: session.id, seq });
    }
  }

  #onMessage(session, line, message) {
    if (message.got !== undefined && message.got > session.n) throw new Error(`${session.id} has handled ${message.got} of ${session.n}`);
    if (message.seq && this.#random() < this.refuseShare) {
      this.counts.refused += 1;
      this.#write(line, { type: 'error', seq: message.seq, code: 'rate_limited', message: 'Slow down.', retryAfterMs: 20 });
      return;
    }
    session.isUnused = false;
    if (message.got !== undefined) this.#settle(session, message.got);
    if (message.type === 'ping') this.#write(line, { type: 'pong', re: message.id });
    else if (message.type === 'update') this.#say(session, { type: 'ok', re: message.id });
    else if (message.type === 'leave') this.#end(session, 'left', 'peer-left');
    else if (message.seq) this.#take(session, message);
  }

  #take(session, message) {
    const { seq, type, to, body, kind } = message;
    if (seq <= session.accepted) {
      this.counts.repeated += 1;
      if (type === 'broadcast') this.#say(session, { type: 'ok', seq });
    } else if (seq !== session.accepted + 1 && !session.isFresh) {
      this.counts.outOfOrder += 1;
      this.#say(session, { type: 'error', seq, code: 'out_of_order', message: 'A gap.' });
    } else {
      Object.assign(session, { accepted: seq, isFresh: false });
      if (type === 'broadcast') this.#say(session, { type: 'ok', seq });
      const targets = type === 'relay' ? [to] : (to ?? this.#others(session).map(({ id }) => id));
      for (const target of targets) this.#pass(session, target, { type, from: session.id, kind, body, seq });
    }
  }

  #pass(session, target, message) {
    const origin = { sender: session.id, seq: message.seq };
    if (target === session.id) return;
    if (this.sessions.has(target)) this.#say(this.sessions.get(target), message, origin);
    else if (this.#settleTimer !== null) this.#ghosts.set(target, [...(this.#ghosts.get(target) ?? []), { message, ...origin }]);
    else if (message.type === 'relay') this.#say(session, { type: 'undelivered', peer: target, first: message.seq, last: message.seq, reason: 'peer-left' });
  }
}
