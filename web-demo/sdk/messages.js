// @ts-check
/**
 * messages - the wire: text from the server becomes typed messages, messages become text.
 *
 * docs/protocol.md is the contract. Members that it does not name are dropped,
 * types that it does not name are ignored.
 */
import { Invalid, body, dictionary, flag, integer, list, oneOf, optional, record, refuseUnsafe, text } from './check.js';
import { ParleyError } from './errors.js';

/** The server sends no message near this; a welcome of a full room is some 100 KiB. */
const TEXT_MAX = 4 * 1024 * 1024;
/** limits.message_bytes of a server that did not say. */
const MESSAGE_BYTES_MAX = 64 * 1024;
const TICKET_MAX = 12_288;
const ID_MAX = Number.MAX_SAFE_INTEGER;
/** An hour: a `bye` that asked for more would strand the client. */
const DELAY_MS_MAX = 3_600_000;

/** RFC 7064 and 7065: no path, no credentials, `?transport=` for TURN only. */
const ICE_URL = /^(?:stun:(?!.*\?)|turns?:)(?:\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,253})(?::(\d{1,5}))?(?:\?transport=(?:udp|tcp))?$/i;
const PORT_MAX = 65535;

/** Escapes that strict I-JSON refuses: lone surrogates and NUL. JSON.stringify writes no other surrogate escapes. */
const BAD_ESCAPE = /(?<!\\)(?:\\\\)*\\u(?:d[89a-f][0-9a-f]{2}|0000)/;

const media = record({ mic: flag, camera: flag, screen: flag });
const id = text(128, 1);
const iceServer = record({ urls: iceUrls, username: optional(text(1024)), credential: optional(text(1024)) });
const iceServers = list(iceServer, 32);
const peer = record({
  id,
  identity: text(256),
  name: text(256),
  metadata: text(2048),
  attributes: dictionary(64, text(1024)),
  media,
  receipts: flag,
});
const seq = optional(integer(1, ID_MAX));
const ticket = text(TICKET_MAX, 1);

const welcome = record({
  re: optional(integer(0, ID_MAX)),
  room: text(128, 1),
  self: peer,
  session: oneOf('new', 'resumed', 'rebuilt'),
  ticket,
  accepted: optional(integer(0, ID_MAX)),
  grace: optional(integer(0, ID_MAX)),
  messageBytes: integer(1024, TEXT_MAX),
  peers: list(record({ peer, polite: flag, away: flag }), 10_000),
  iceServers,
  iceTtl: optional(integer(0, ID_MAX)),
  pingInterval: integer(1, 3600),
  server: optional(text(256)),
});
const error = record({
  re: optional(integer(0, ID_MAX)),
  seq,
  code: text(64, 1),
  message: text(1024),
  field: optional(text(256)),
  retryAfterMs: optional(integer(0, DELAY_MS_MAX)),
});
const head = record({ type: text(64, 1), n: optional(integer(1, ID_MAX)) });
const unknown = record({});
const bye = record({ code: text(64, 1), action: oneOf('resume', 'rejoin', 'stop'), delayMs: optional(integer(0, DELAY_MS_MAX)) });
const ok = record({ re: optional(integer(0, ID_MAX)), seq });
const peerJoined = record({ peer, polite: flag });
const peerLeft = record({ peer: id, reason: text(64) });
const peerUpdated = record({ peer });
const peerAway = record({ peer: id });
const roster = record({ peers: list(id, 10_000) });
const relay = record({ from: id, kind: oneOf('offer', 'answer', 'candidate', 'data'), body, seq });
const broadcast = record({ from: id, body, seq });
const receipt = record({ from: id, seq: integer(1, ID_MAX) });
const undelivered = record({
  peer: id,
  first: integer(1, ID_MAX),
  last: integer(1, ID_MAX),
  reason: oneOf('peer-left', 'expired', 'outbox-full', 'kicked'),
});
const iceServersChanged = record({ iceServers, iceTtl: optional(integer(0, ID_MAX)) });

/** @type {Map<string, import('./check.js').Decoder<any>>} */
const DECODERS = new Map(
  /** @type {[string, import('./check.js').Decoder<any>][]} */ ([
    ['welcome', welcome],
    ['ok', ok],
    ['pong', record({ re: optional(integer(0, ID_MAX)) })],
    ['error', error],
    ['peer-joined', peerJoined],
    ['peer-left', peerLeft],
    ['peer-updated', peerUpdated],
    ['peer-away', peerAway],
    ['peer-back', peerJoined],
    ['roster', roster],
    ['relay', relay],
    ['broadcast', broadcast],
    ['receipt', receipt],
    ['undelivered', undelivered],
    ['ticket', record({ ticket })],
    ['ice-servers', iceServersChanged],
    ['bye', bye],
  ]),
);

/** @typedef {ReturnType<typeof peer>} PeerInfo */
/** @typedef {ReturnType<typeof media>} MediaState */
/** @typedef {{type: 'welcome'} & ReturnType<typeof welcome>} Welcome */
/** @typedef {{type: 'error'} & ReturnType<typeof error>} ErrorMessage */
/** @typedef {{type: 'bye'} & ReturnType<typeof bye>} Bye */
/** @typedef {{type: 'ok'} & ReturnType<typeof ok>} Ok */
/** @typedef {{type: 'pong', re?: number}} Pong */
/** @typedef {{type: 'peer-joined'} & ReturnType<typeof peerJoined>} PeerJoined */
/** @typedef {{type: 'peer-left'} & ReturnType<typeof peerLeft>} PeerLeft */
/** @typedef {{type: 'peer-updated'} & ReturnType<typeof peerUpdated>} PeerUpdated */
/** @typedef {{type: 'peer-away'} & ReturnType<typeof peerAway>} PeerAway */
/** @typedef {{type: 'peer-back'} & ReturnType<typeof peerJoined>} PeerBack */
/** @typedef {{type: 'roster'} & ReturnType<typeof roster>} RosterSettled */
/** @typedef {{type: 'receipt'} & ReturnType<typeof receipt>} Receipt */
/** @typedef {{type: 'undelivered'} & ReturnType<typeof undelivered>} Undelivered */
/** @typedef {{type: 'ticket', ticket: string}} Ticket */
/** @typedef {{type: 'relay'} & ReturnType<typeof relay>} Relay */
/** @typedef {{type: 'broadcast'} & ReturnType<typeof broadcast>} Broadcast */
/** @typedef {{type: 'ice-servers'} & ReturnType<typeof iceServersChanged>} IceServers */
/** @typedef {Welcome | ErrorMessage | Bye | Ok | Pong | Ticket | IceServers} Answer */
/** @typedef {PeerJoined | PeerLeft | PeerUpdated | PeerAway | PeerBack | RosterSettled} RosterChange */
/** @typedef {Relay | Broadcast | Receipt | Undelivered} Delivered */
/** @typedef {(Answer | RosterChange | Delivered) & {n?: number}} Message `n`: the home's number of it */

/**
 * Only stun:, turn: and turns: reach the browser (T-49); a URL of another scheme is left out.
 * @param {unknown} value
 * @returns {string[]}
 */
function iceUrls(value) {
  const urls = list(text(512, 1), 16)(typeof value === 'string' ? [value] : value);
  return urls.filter((url) => {
    const match = ICE_URL.exec(url);
    return match !== null && Number(match[1] ?? 0) <= PORT_MAX;
  });
}

/**
 * @param {unknown} input what the WebSocket delivered
 * @returns {Message | null} null for a type that this version does not know; one that is numbered comes through without members, to be counted
 * @throws {ParleyError} `protocol`
 */
export function decodeMessage(input) {
  try {
    const value = JSON.parse(text(TEXT_MAX)(input));
    refuseUnsafe(value);
    const { type, n } = head(value);
    const decoder = DECODERS.get(type) ?? (n && unknown);
    return decoder ? { type, n, ...decoder(value) } : null;
  } catch (cause) {
    if (cause instanceof Invalid || cause instanceof SyntaxError)
      throw new ParleyError('protocol', `The server sent something that is not parley.v1: ${cause.message}`, { cause });
    throw cause;
  }
}

/**
 * The ICE servers as RTCConfiguration takes them; browsers throw on TURN without a credential.
 * @param {ReturnType<typeof iceServers>} servers
 * @returns {RTCIceServer[]}
 */
export function rtcIceServers(servers) {
  return servers
    .filter(({ urls, username, credential }) => urls.length > 0 && (urls.every(isStun) || (username && credential)))
    .map(({ urls, username, credential }) => (username === undefined ? { urls } : { urls, username, credential }));
}

/** @param {string} url */
function isStun(url) {
  return /^stun:/i.test(url);
}

/**
 * Writes a message, and refuses what the server would close the connection for.
 * @param {Record<string, unknown>} message
 * @param {number} [bytesMax] what the welcome said, less what may be added to the text
 * @returns {string}
 * @throws {ParleyError} `bad_message`, `message_too_large`
 */
export function encodeMessage(message, bytesMax = MESSAGE_BYTES_MAX) {
  let json;
  try {
    json = JSON.stringify(message);
    refuseUnsafe(JSON.parse(json));
  } catch (cause) {
    throw new ParleyError('bad_message', `The message cannot be sent: ${/** @type {Error} */ (cause).message}.`, { cause });
  }
  if (BAD_ESCAPE.test(json)) throw new ParleyError('bad_message', 'Texts may not hold NUL or half a surrogate pair.');
  if (bytesOf(json) > bytesMax) throw new ParleyError('message_too_large', `A message may have at most ${bytesMax} bytes.`);
  return json;
}

const encoder = new TextEncoder();

/**
 * @param {string} text
 * @returns {number} bytes of UTF-8
 */
export function bytesOf(text) {
  return encoder.encode(text).length;
}

/**
 * What links are made with.
 * @param {{iceServers: Welcome['iceServers'], iceTtl?: number}} message
 * @param {{iceTransportPolicy?: RTCIceTransportPolicy}} options
 */
export function linkConfig({ iceServers, iceTtl }, { iceTransportPolicy = 'all' }) {
  return { iceServers: rtcIceServers(iceServers), iceTtl, iceTransportPolicy };
}
