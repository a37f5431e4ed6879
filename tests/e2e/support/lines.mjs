// lines.mjs - reads log lines of both forms, strictly: what is not one event in one printable line is null.

/** One field of logfmt: a bare word, or a quoted text with JSON's escapes. */
const FIELD = /([a-zA-Z_][a-zA-Z0-9_.]*)=("(?:[^"\\]|\\.)*"|[^\s"=]*)(?: |$)/y;

function parseLogfmt(line) {
  const event = {};
  FIELD.lastIndex = 0;
  while (FIELD.lastIndex < line.length) {
    const match = FIELD.exec(line);
    if (!match) return null;
    event[match[1]] = match[2].startsWith('"') ? JSON.parse(match[2]) : match[2];
  }
  return event.event ? event : null;
}

/**
 * The event of a log line in JSON or logfmt, or null.
 * @param {string} line
 */
export function parseLogLine(line) {
  try {
    return line.startsWith('{') ? JSON.parse(line) : parseLogfmt(line);
  } catch {
    return null;
  }
}

/** Characters that end a line, steer a terminal, or turn the direction of text. */
const DANGEROUS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]/u;

/** What is wrong with a line of the log, or null. @param {string} line */
export function faultOfLine(line) {
  if (Buffer.byteLength(line) + 1 > 2048) return 'longer than 2 KiB';
  if (DANGEROUS.test(line)) return 'holds a character that should have been escaped';
  return parseLogLine(line) ? null : 'not an event';
}
