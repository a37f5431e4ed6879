// code_tables.mjs - the tables of the code that the protocol is made of, read from its source.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../e2e/harness.mjs';

const source = (path) => readFileSync(join(ROOT, path), 'utf8');

/** The texts that `pattern` captures, in the order of the source; none at all is a mistake of the pattern. */
function captures(path, pattern) {
  const found = [...source(path).matchAll(pattern)].map((match) => match[1]);
  if (found.length === 0) throw new Error(`${path} has nothing like ${pattern}`);
  return found;
}

/** The rows of the table that is called `name`, of which each is a `row` of a C name and a wire name. */
function tableRows(path, name, row) {
  const [body] = captures(path, new RegExp(`^#define ${name}_TABLE\\(${row}\\)((?:.*\\\\\\n)+.*)`, 'gm'));
  return [...body.matchAll(new RegExp(`\\b${row}\\(\\w+, "([^"]+)"\\)`, 'g'))].map((match) => match[1]);
}

const number = (path, name) => Number(captures(path, new RegExp(`^#define ${name}\\s+(\\d+)\\b`, 'gm'))[0]);

export const messageTypes = () => captures('signaling/message.h', /\bMESSAGE\(\w+, "([^"]+)"\)/g);
export const fieldNames = () => captures('signaling/decode.c', /\bFIELD\(\w+, "([^"]+)"\)/g);
export const eventTypes = () => captures('rooms/event.h', /\bEVENT\(\w+, "([^"]+)"\)/g);
export const relayKinds = () => captures('rooms/event.h', /\bKIND\(\w+, "([^"]+)"\)/g);
export const leaveReasons = () => tableRows('rooms/event.h', 'LEAVE_REASON', 'REASON');
export const undeliveredReasons = () => tableRows('rooms/event.h', 'UNDELIVERED_REASON', 'REASON');
export const welcomeKinds = () => captures('signaling/encode.c', /\bcase WELCOME_\w+: return "([^"]+)"/g);
export const byeActions = () => captures('signaling/encode.c', /\bcase BYE_\w+: return "([^"]+)"/g);

export const textLimits = () => ({
  bytesMax: 1024 * Number(captures('ops/config.def', /"limits\.message_bytes", SIZE, "(\d+)KiB"/g)[0]),
  depthMax: number('signaling/decode.c', 'MESSAGE_DEPTH_MAX'),
  fragmentsMax: number('signaling/connection.h', 'FRAGMENTS_MAX'),
});

/** How long a token and a ticket may be, and how many addressees a broadcast may have. */
export const memberLimits = () => ({
  token: number('auth/token.h', 'TOKEN_BYTES_MAX'),
  ticket: number('auth/ticket.h', 'TICKET_BYTES_MAX'),
  addressees: number('signaling/message.h', 'ADDRESSEES_MAX'),
});

/** Refusals before there is a WebSocket, which stand among the others. */
const BEFORE_THE_UPGRADE = ['too_many_connections', 'address_limit'];

/** The rows of base/error.def that are said over a WebSocket: {code, close}, where 0 leaves the connection open. */
export function errorRows() {
  const spoken = source('base/error.def').split('/* HTTP only */');
  if (spoken.length !== 2) throw new Error('base/error.def has no part "HTTP only"');
  const rows = [...spoken[0].matchAll(/^ERROR\(\w+, "(\w+)", (\d+), (\d+), /gm)].map(([, code, close]) => ({ code, close: Number(close) }));
  return rows.filter(({ code }) => !BEFORE_THE_UPGRADE.includes(code));
}
