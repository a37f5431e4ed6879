// pipe - one direction of a proxied connection: bytes go in at one socket and come out at the other, in order, when they may.

/** What may wait in a pipe; beyond it the source is not read, and TCP tells the sender. */
const WAITING_BYTES_MAX = 256 * 1024;
/** A throttled pipe lets this often something through. */
const SLICE_MS = 20;

/** Keeps the order whatever is asked of it; an end or a reset waits in line like the bytes before it. */
export class Pipe {
  #source;
  #sink;
  #onCut;
  /** @type {{bytes: Buffer | null, due: number}[]} `bytes` is null at the end */
  #waiting = [];
  #waitingBytes = 0;
  #timer = undefined;
  #isFrozen = false;
  #delayMs = 0;
  #bytesPerS = Infinity;
  #cutAfter = Infinity;
  /** The throttle's next slice. */
  #sliceAt = 0;

  /** How many bytes came out. */
  passed = 0;

  /**
   * @param {import('node:net').Socket} source
   * @param {import('node:net').Socket} sink
   * @param {() => void} onCut the byte was reached at which cutAfter() wants an end
   */
  constructor(source, sink, onCut) {
    this.#source = source;
    this.#sink = sink;
    this.#onCut = onCut;
    source.on('data', (bytes) => this.#take(bytes));
    source.on('end', () => this.#take(null));
    sink.on('drain', () => this.#pump());
  }

  freeze() {
    this.#isFrozen = true;
  }

  thaw() {
    this.#isFrozen = false;
    this.#pump();
  }

  /** What comes from now on is held back for so long; 0: no more. */
  delay(ms) {
    this.#delayMs = ms;
  }

  /** @param {number} bytesPerS Infinity: as fast as it goes */
  throttle(bytesPerS) {
    this.#bytesPerS = bytesPerS;
    this.#pump();
  }

  /** Lets so many bytes more through, and then cuts. @param {number} bytes */
  cutAfter(bytes) {
    this.#cutAfter = bytes;
  }

  close() {
    clearTimeout(this.#timer);
    this.#isFrozen = true;
    this.#waiting = [];
  }

  /** @param {Buffer | null} bytes */
  #take(bytes) {
    const last = this.#waiting[this.#waiting.length - 1];
    this.#waiting.push({ bytes, due: Math.max(performance.now() + this.#delayMs, last?.due ?? 0) });
    this.#waitingBytes += bytes?.length ?? 0;
    if (this.#waitingBytes > WAITING_BYTES_MAX) this.#source.pause();
    this.#pump();
  }

  #pump() {
    clearTimeout(this.#timer);
    while (!this.#isFrozen && this.#waiting.length > 0 && !this.#sink.writableNeedDrain) {
      const wait = this.#waiting[0].due - performance.now();
      const pause = Math.max(wait, this.#bytesPerS === Infinity ? 0 : this.#sliceAt - performance.now());
      if (pause > 0) {
        this.#timer = setTimeout(() => this.#pump(), Math.ceil(pause));
        return;
      }
      this.#letOneThrough();
    }
  }

  #letOneThrough() {
    const { bytes } = this.#waiting[0];
    if (bytes === null) {
      this.#waiting.shift();
      this.#sink.end();
      return;
    }
    const slice = this.#bytesPerS === Infinity ? bytes.length : Math.max(1, Math.floor((this.#bytesPerS * SLICE_MS) / 1000));
    const now = bytes.subarray(0, Math.min(slice, this.#cutAfter));
    if (now.length < bytes.length) this.#waiting[0].bytes = bytes.subarray(now.length);
    else this.#waiting.shift();
    this.#sliceAt = performance.now() + SLICE_MS;
    this.#write(now);
  }

  /** @param {Buffer} bytes */
  #write(bytes) {
    this.#waitingBytes -= bytes.length;
    this.#cutAfter -= bytes.length;
    this.passed += bytes.length;
    const isLast = this.#cutAfter <= 0;
    if (isLast) this.#isFrozen = true;
    this.#sink.write(bytes, () => isLast && this.#onCut());
    if (this.#waitingBytes <= WAITING_BYTES_MAX / 2) this.#source.resume();
  }
}
