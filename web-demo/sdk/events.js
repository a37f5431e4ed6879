// @ts-check
/** events - what a call tells its application. */

/** @typedef {import('./errors.js').ParleyError} ParleyError */
/** @typedef {import('./local_media.js').Source} Source */
/** @typedef {import('./peer.js').Peer} Peer */

/**
 * The names of call.on(), and what their handlers are given.
 *
 * When we are back they come in this order: `state`, `resumed` or `rejoined`,
 * then what has changed of the peers. By the first of them all of it is so.
 *
 * @typedef {object} CallEvents
 * @property {Peer} peer-joined
 * @property {{peer: Peer, reason: string}} peer-left `reason` as in docs/protocol.md
 * @property {Peer} peer-updated name, attributes or media changed
 * @property {Peer} peer-away its connection to the server is gone; it may come back, and what is sent to it is kept
 * @property {Peer} peer-back
 * @property {{peer: Peer, source: Source, track: MediaStreamTrack, stream: MediaStream}} track
 * @property {{peer: Peer, source: Source}} track-removed
 * @property {{peer: Peer, data: any, isBroadcast: boolean}} data when the handlers have returned, its sender is told so
 * @property {import('./session.js').State} state
 * @property {{}} reconnecting the server is out of reach; media and messages wait or go on, nothing is lost yet
 * @property {{rebuilt: boolean}} resumed nothing was lost; `rebuilt`: the server of the room had died, and who is not back yet is `isAway`. It may then come
 *   without `reconnecting` before it: our own connection went on
 * @property {{reason: string}} rejoined the session was lost, and this is a new one: `self.id`, the roster and all links are new, and what
 *   had no receipt was reported as `undelivered`; `reason` is the code of the refusal: `session_ended`, `ticket_invalid`, `auth_expired` ...
 * @property {{code: string, reason: string, error: ParleyError | null}} ended `left` after leave(); else the code of the error
 * @property {{peer: Peer, state: RTCPeerConnectionState}} ice
 * @property {Peer} self-updated one's own name or media changed
 * @property {ParleyError} warning something was dropped or refused; the call goes on
 */

export {};
