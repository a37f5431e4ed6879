// @ts-check
/** status - how a call and its people are doing, in plain words. */

/** @typedef {{name: string, connectionState: RTCPeerConnectionState, isAway: boolean}} Person */

const TROUBLE = new Set(['disconnected', 'failed']);

/** The session went on. */
export const RESUMED = 'Connected again. Nothing was lost.';
/** The session was over, and another one began. */
export const REJOINED = 'You joined the call anew. What was sent during the interruption may not have arrived.';

/**
 * @param {{name: string}} person
 * @returns {string}
 */
export function nameOf({ name }) {
  return name.trim() || 'Guest';
}

/**
 * What is to be said of the whole call.
 * @param {import('/sdk/session.js').State} state
 * @param {readonly Person[]} people the others
 * @returns {string} empty when all is well
 */
export function callStatus(state, people) {
  const troubled = people.filter(({ connectionState }) => TROUBLE.has(connectionState));
  if (state === 'reconnecting') return reconnecting(people.length, troubled.length);
  if (troubled.length > 0) return `Connecting again to ${troubled.map(nameOf).join(', ')} …`;
  return '';
}

/**
 * Media go past the server: whether they still flow tells which of the two is out of reach.
 * @param {number} count
 * @param {number} troubledCount
 */
function reconnecting(count, troubledCount) {
  if (count > 0 && troubledCount === count) return 'Your connection is interrupted. Reconnecting …';
  if (count > 0 && troubledCount === 0) return 'Reconnecting to the server … The call goes on meanwhile.';
  return 'Reconnecting to the server …';
}

/**
 * What is to be said of one person.
 * @param {Person} person
 * @returns {string} empty when all is well
 */
export function personStatus({ connectionState, isAway }) {
  if (TROUBLE.has(connectionState)) return 'Connecting again …';
  if (connectionState !== 'connected') return isAway ? 'Out of reach for a moment' : 'Connecting …';
  // Its picture may move on: only the server misses it.
  return isAway ? 'Reconnecting to the server …' : '';
}
