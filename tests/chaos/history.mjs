// history - writes what happens, in the form of tests/sim/history.md; several threads write parts, which are merged by time.
import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A part is written out when so much has gathered. */
const CHUNK_CHARACTERS = 1 << 16;
const NS_PER_MS = 1e6;

/** One thread's part: lines that begin with nanoseconds, by the clock that all threads share. */
export class HistoryPart {
  #stream;
  #origin;
  #text = '';
  #isOver = false;

  /** @param {string} file @param {bigint} origin process.hrtime.bigint() of the start of the run */
  constructor(file, origin) {
    this.#stream = createWriteStream(file);
    this.#origin = origin;
  }

  /** Milliseconds since the start of the run, as lines have them. */
  get nowMs() {
    return Math.floor(this.#nowNs() / NS_PER_MS);
  }

  /** @param {string} who @param {string} event with its arguments */
  write(who, event) {
    if (this.#isOver) return;
    this.#text += `${this.#nowNs()} ${who} ${event}\n`;
    if (this.#text.length > CHUNK_CHARACTERS) this.#flush();
  }

  /** What is written from now on is none of it. */
  close() {
    if (this.#isOver) return Promise.resolve();
    this.#isOver = true;
    this.#flush();
    this.#stream.end();
    return once(this.#stream, 'finish');
  }

  #flush() {
    this.#stream.write(this.#text);
    this.#text = '';
  }

  #nowNs() {
    return Number(process.hrtime.bigint() - this.#origin);
  }
}

/** Merges parts into one history. @param {string[]} parts @param {string} file */
export async function mergeHistory(parts, file) {
  const readers = parts.map((part) => createInterface({ input: createReadStream(part) })[Symbol.asyncIterator]());
  const heads = await Promise.all(readers.map(nextLine));
  const out = createWriteStream(file);
  let text = '';
  for (;;) {
    const first = earliest(heads);
    if (first < 0) break;
    const { ns, rest } = heads[first];
    text += `${Math.floor(ns / NS_PER_MS)}${rest}\n`;
    if (text.length > CHUNK_CHARACTERS) {
      if (!out.write(text)) await once(out, 'drain');
      text = '';
    }
    heads[first] = await nextLine(readers[first]);
  }
  out.end(text);
  await once(out, 'finish');
}

async function nextLine(reader) {
  const { value, done } = await reader.next();
  if (done) return null;
  const space = value.indexOf(' ');
  return { ns: Number(value.slice(0, space)), rest: value.slice(space) };
}

function earliest(heads) {
  let first = -1;
  for (let i = 0; i < heads.length; i += 1) if (heads[i] && (first < 0 || heads[i].ns < heads[first].ns)) first = i;
  return first;
}
