// @ts-check
/** problems - what each code means in plain words, and what to do about it. */

/**
 * @typedef {object} Problem
 * @property {string} title
 * @property {string} text
 * @property {string | null} again the label of the button that tries again; null where that cannot help
 */

const TRY_AGAIN = 'Try again';
const JOIN_HERE = 'Join here instead';

/** @type {Problem} */
const INVITATION_REFUSED = {
  title: 'This invitation was not accepted',
  text: 'The link may be incomplete, or meant for another server. Ask the person who invited you to send it again.',
  again: null,
};

/** @type {Map<string, Problem>} */
const PROBLEMS = new Map(
  /** @type {[string, Problem][]} */ ([
    ['left', { title: 'You left the call', text: 'The others may still be there.', again: 'Rejoin' }],
    ['needs_invitation', { title: 'This page needs an invitation link', text: 'Ask the person who holds the call to send you one.', again: null }],
    ['auth_expired', { title: 'Your invitation has expired', text: 'Ask the person who invited you for a new link.', again: null }],
    ['auth_used', { title: 'This invitation has been used', text: 'It lets somebody in once. Ask the person who invited you for another.', again: null }],
    ['auth_not_yet', { title: 'This invitation is not valid yet', text: 'Open the link again later. If it should be valid now, check the clock of this device.', again: TRY_AGAIN }],
    ['auth_room', { title: 'This invitation is for another room', text: 'Open the link exactly as it was sent to you.', again: null }],
    ['auth_grant', { title: 'This invitation does not let you join', text: 'Ask the person who invited you for another link.', again: null }],
    ['forbidden', { title: 'This invitation is for another room', text: 'Open the link exactly as it was sent to you.', again: null }],
    ['room_full', { title: 'The room is full', text: 'As many people are in this call as it can hold. Try again when somebody has left.', again: TRY_AGAIN }],
    ['room_limit', { title: 'The server is full', text: 'It holds as many calls as it can. Try again in a few minutes.', again: TRY_AGAIN }],
    ['bad_room', { title: 'This room name cannot be used', text: 'Room names are made of letters, digits and - . _ ~ @ : =', again: null }],
    ['kicked', { title: 'You were removed from the call', text: 'A moderator ended your part in it.', again: null }],
    ['replaced', { title: 'You joined from elsewhere', text: 'You are in this call in another window or on another device now, so it ended here.', again: JOIN_HERE }],
    ['taken_over', { title: 'The call goes on elsewhere', text: 'Another window took over your place in it.', again: JOIN_HERE }],
    ['identity_taken', { title: 'You are in this call already', text: 'Leave it in the other window or on the other device first.', again: TRY_AGAIN }],
    ['unreachable', { title: 'The server cannot be reached', text: 'Check your internet connection, then try again. If other pages work, the server may be down.', again: TRY_AGAIN }],
    ['shutting_down', { title: 'The server is restarting', text: 'It will be back in a moment.', again: TRY_AGAIN }],
    ['rate_limited', { title: 'Too many attempts', text: 'Wait a minute, then try again.', again: TRY_AGAIN }],
    ['protocol', { title: 'The server gave an answer that makes no sense', text: 'Reload the page: it may be older than the server.', again: TRY_AGAIN }],
    ['insecure_context', { title: 'This page is not secure', text: 'Browsers give cameras and microphones to pages with https only. Open the page with https:// at the front.', again: null }],
  ]),
);

/** @type {Problem} */
const UNKNOWN = { title: 'The call ended', text: 'Something went wrong that should not. Try again; if it happens once more, tell the operator the code below.', again: TRY_AGAIN };

const DEVICES = { mic: 'microphone', camera: 'camera' };

/**
 * @param {string} code
 * @returns {Problem}
 */
export function problemOf(code) {
  return PROBLEMS.get(code) ?? (code.startsWith('auth_') ? INVITATION_REFUSED : UNKNOWN);
}

/**
 * Why a device is not on, and what helps.
 * @param {string} code
 * @param {readonly ('mic' | 'camera')[]} sources
 * @returns {{title: string, text: string}}
 */
export function deviceProblemOf(code, sources) {
  const what = sources.map((source) => DEVICES[source]).join(' and ');
  if (code === 'insecure_context') return problemOf(code);
  if (code === 'media_missing')
    return { title: `No ${what} found`, text: `Plug one in and press its button, or join without: you will still see and hear the others.` };
  if (code === 'media_busy')
    return { title: `Your ${what} cannot be opened`, text: 'Another program may be using it. Close that program and press the button again, or join without.' };
  return {
    title: `Your ${what} ${sources.length > 1 ? 'are' : 'is'} blocked`,
    text: 'Allow it with the icon beside the address of this page, then press its button again, or join without.',
  };
}
