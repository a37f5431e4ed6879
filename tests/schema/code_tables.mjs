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

const number = (path, name) => Number(captures(path, new RegExp(`^#define ${name}\\s+(\\d+)\\b`, 'gm'))[0]);

export const messageTypes = () => captures('signaling/message.h', /\bMESSAGE\(\w+, "([^"]+)"\)/g);
export const fieldNames = () => captures('signaling/decode.c', /\bFIELD\(\w+, "([^"]+)"\)/g);
export const eventTypes = () => captures('rooms/event.h', /\bEVENT\(\w+, "([^"]+)"\)/g);
export const relayKinds = () => captures('rooms/event.h', /\bKIND\(\w+, "([^"]+)"\)/g);
export const leaveReasons = () => captures('rooms/event.h', /\bREASON\(\w+, "([^"]+)"\)/g);
export const byeActions = () => captures('signaling/encode.c', /\bcase BYE_\w+: return "([^"]+)"/g);

export const textLimits = () => ({
  bytesMax: 1024 * Number(captures('ops/config.def', /"limits\.message_bytes", SIZE, "(\d+)KiB"/g)[0]),
  depthMax: number('signaling/decode.c', 'MESSAGE_DEPTH_MAX'),
  fragmentsMax: number('signaling/connection.h', 'FRAGMENTS_MAX'),
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
