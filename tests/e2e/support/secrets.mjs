// secrets.mjs - what must never show up in a log or a metric (T-02): planted while a test runs, searched when it ends.
import { randomBytes } from 'node:crypto';

/** secret text -> what it is; of this test process. */
const planted = new Map();

/**
 * Remembers `text` as something that no log may hold, and gives it back.
 * @param {string} kind what it is, for the failure's message
 * @param {string} text
 */
export function plant(kind, text) {
  if (text.length < 12) throw new Error(`too short to be searched for: ${kind}`);
  planted.set(text, kind);
  return text;
}

/** A word that occurs nowhere else, planted. @param {string} kind */
export function marker(kind) {
  return plant(kind, `${kind}-${randomBytes(12).toString('hex')}`);
}

/** An SDP with a planted fingerprint, `bytes` long or a little more. */
export function plantedSdp(bytes = 0) {
  const fingerprint = randomBytes(32).toString('hex').toUpperCase().match(/../g).join(':');
  const head = `v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 ${fingerprint}\r\n`;
  plant('SDP', fingerprint);
  return head + 'a=x-filler:0123456789\r\n'.repeat(Math.max(0, Math.ceil((bytes - head.length) / 23)));
}

/** A candidate line with a planted user fragment. */
export function plantedCandidate() {
  return `candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host ufrag ${marker('candidate')}`;
}

/**
 * Which planted secrets `text` holds: none, or a sentence for each.
 * @param {string} text
 * @param {string} where
 */
export function leaks(text, where) {
  return [...planted].filter(([secret]) => text.includes(secret)).map(([secret, kind]) => `${where} holds a ${kind}: ${secret}`);
}

export function plantedCount() {
  return planted.size;
}
