// @ts-check
/**
 * errors - the one error class of the SDK, with a stable code.
 *
 * Codes of the server are those of docs/protocol.md. The SDK adds its own:
 * `unreachable`, `undelivered`, `media_denied`, `media_missing`, `media_busy`,
 * `insecure_context`, `protocol` and `aborted`.
 */

/** The names of the close codes for which no `error` message came first. */
const CLOSE_NAMES = new Map([
  [1002, 'protocol'],
  [1003, 'binary_frame'],
  [1007, 'protocol'],
  [1008, 'fragmented'],
  [1009, 'message_too_large'],
  [1011, 'internal'],
  [1012, 'shutting_down'],
  [1013, 'room_limit'],
  [4001, 'slow_consumer'],
  [4002, 'ping_timeout'],
  [4003, 'flood'],
  [4500, 'bad_json'],
  [4501, 'auth_failed'],
  [4502, 'auth_expired'],
  [4503, 'forbidden'],
  [4504, 'kicked'],
  [4505, 'replaced'],
  [4506, 'room_full'],
  [4508, 'hello_timeout'],
  [4510, 'taken_over'],
]);

const CLOSING = new Set([...CLOSE_NAMES.values(), 'identity_taken']);

/** @typedef {'peer-left' | 'expired' | 'outbox-full' | 'kicked'} UndeliveredReason */

/** @type {Record<UndeliveredReason, string>} */
const UNDELIVERED = {
  'peer-left': 'Not delivered: the peer has left.',
  expired: "Not known to be delivered: a session, one's own or the peer's, was over before there was a receipt.",
  'outbox-full': 'Not delivered: too much is waiting already.',
  kicked: 'Not delivered: a moderator removed the peer.',
};

/** What went wrong, for programs (`code`) and for people (`message`). */
export class ParleyError extends Error {
  /**
   * @param {string} code stable; see above
   * @param {string} message a sentence for people; not stable
   * @param {{closeCode?: number, retryAfterMs?: number, field?: string, reason?: string, peers?: string[], cause?: unknown}} [details]
   */
  constructor(code, message, details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'ParleyError';
    /** @readonly */
    this.code = code;
    /** The WebSocket close code, if a close was the reason. @readonly */
    this.closeCode = details.closeCode;
    /** @readonly */
    this.retryAfterMs = details.retryAfterMs;
    /** @readonly */
    this.field = details.field;
    /** Of `undelivered`: `peer-left`, `expired`, `outbox-full` or `kicked`. @readonly */
    this.reason = details.reason;
    /** Of `undelivered`: the ids of the peers that were not reached. @readonly */
    this.peers = details.peers;
  }
}

/**
 * The error that a closed connection amounts to, when the server did not say.
 * @param {number} closeCode
 * @param {string} [reason] the text of the close frame
 * @returns {ParleyError}
 */
export function errorOfClose(closeCode, reason = '') {
  const code = CLOSE_NAMES.get(closeCode) ?? 'unreachable';
  const text = reason || `The connection to the server was closed (${closeCode}).`;
  return new ParleyError(code, text, { closeCode });
}

/**
 * @param {UndeliveredReason} reason
 * @param {string[]} peers ids of those who were not reached
 * @param {unknown} [cause]
 * @returns {ParleyError} `undelivered`: there is no proof that these have handled the message
 */
export function errorOfUndelivered(reason, peers, cause) {
  return new ParleyError('undelivered', UNDELIVERED[reason], { reason, peers, cause });
}

/**
 * The server's refusal as an error; its text names the field that was at fault.
 * @param {{code: string, message: string, field?: string, retryAfterMs?: number}} refusal an `error` message
 * @returns {ParleyError}
 */
export function errorOfMessage({ code, message, field, retryAfterMs }) {
  return new ParleyError(code, field ? `${message} (field: ${field})` : message, { field, retryAfterMs });
}

/**
 * Whether the server closes the connection after an error of this code: `state` and `ended` tell the rest.
 * @param {string} code
 * @returns {boolean}
 */
export function isClosing(code) {
  return CLOSING.has(code);
}

/**
 * Turns what getUserMedia and getDisplayMedia throw into a typed error.
 * @param {unknown} cause
 * @returns {ParleyError}
 */
export function errorOfMedia(cause) {
  const name = cause instanceof Error || cause instanceof Object ? String(Reflect.get(cause, 'name')) : '';
  if (name === 'NotFoundError' || name === 'OverconstrainedError')
    return new ParleyError('media_missing', 'No such device was found.', { cause });
  if (name === 'NotReadableError' || name === 'AbortError')
    return new ParleyError('media_busy', 'The device cannot be opened; another program may be using it.', { cause });
  return new ParleyError('media_denied', 'The browser did not allow the use of the device.', { cause });
}
