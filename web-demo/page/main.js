// @ts-check
/**
 * main - the page: a room is chosen, joined, talked in, left.
 *
 * For tests and for the developer console, the element #call carries the
 * running call as its property `call` (the SDK's Call, or null).
 */
import { ParleyError, join } from '/sdk/parley.js';
import { CallView } from './call_view.js';
import { Devices } from './devices.js';
import { find, showView } from './dom.js';
import { JoinView } from './join_view.js';
import { problemOf } from './problems.js';
import { isRoom, randomRoom, roomOfPath, takeToken } from './route.js';
import { devToken, keepInvitation, readInvitation, recallInvitation } from './token.js';

/** @typedef {import('/sdk/call.js').Call} Call */

const callElement = /** @type {HTMLElement & {call: Call | null}} */ (find('#call', HTMLElement));

function showHome() {
  const input = find('#home-room', HTMLInputElement);
  input.value = randomRoom();
  input.addEventListener('input', () => input.setCustomValidity(''));
  find('#home-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const room = input.value.trim();
    input.setCustomValidity(isRoom(room) ? '' : 'Only letters, digits and - . _ ~ @ : = please.');
    if (input.reportValidity()) location.assign(`/r/${room}`);
  });
  showView('home');
}

/**
 * A card that says what happened and what to do.
 * @param {string} code
 * @param {(() => void) | null} onAgain
 */
function showCard(code, onAgain) {
  const { title, text, again } = problemOf(code);
  const button = find('#card-again', HTMLButtonElement);
  find('#card-title', HTMLElement).textContent = title;
  find('#card-text', HTMLElement).textContent = text;
  find('#card-code', HTMLElement).textContent = code === 'left' ? '' : `Code: ${code}`;
  find('#card-box', HTMLElement).dataset.code = code;
  button.hidden = again === null || onAgain === null;
  button.textContent = again;
  button.onclick = onAgain;
  showView('card');
  find('#card-box', HTMLElement).focus();
}

/**
 * @param {string} room
 * @param {string | null} token of the invitation
 */
function runRoom(room, token) {
  const devices = new Devices();
  const callView = new CallView(devices);
  const joinView = new JoinView(room, devices, token ? readInvitation(token) : null, (name) => enter(name));
  document.title = `${room} · Parley`;
  addEventListener('pagehide', () => {
    if (!callElement.call) return;
    callElement.call.leave();
    // A reload is no goodbye.
    keepInvitation(room, token);
  });
  keepInvitation(room, token);
  joinView.show();

  /** @param {string} name */
  async function enter(name) {
    try {
      const media = { mic: devices.tracks.mic ?? false, camera: devices.tracks.camera ?? false };
      const call = await join({ url: location.origin, room, name, media, token: token ?? (() => devToken(room, name)) });
      callElement.call = call;
      keepInvitation(room, token);
      call.on('ended', ({ code }) => leave(code, name));
      call.on('warning', ({ code, message }) => console.warn(`${code}: ${message}`));
      callView.show(call, token === null);
    } catch (error) {
      const code = error instanceof ParleyError ? error.code : 'internal';
      forgetIfOver(code);
      showCard(code, () => joinView.show());
      if (!(error instanceof ParleyError)) throw error;
    }
  }

  /** @param {string} code of what ended the call */
  function forgetIfOver(code) {
    if (code === 'left' || code === 'forbidden' || code.startsWith('auth_')) keepInvitation(room, null);
  }

  /** @param {string} name */
  async function rejoin(name) {
    await devices.openWanted();
    await enter(name);
  }

  /**
   * @param {string} code
   * @param {string} name
   */
  function leave(code, name) {
    callElement.call = null;
    forgetIfOver(code);
    callView.hide();
    devices.rest();
    showCard(code, () => (code === 'left' ? void rejoin(name) : joinView.show()));
  }
}

function start() {
  callElement.call = null;
  const token = takeToken();
  const room = roomOfPath(location.pathname);
  if (room === null) showHome();
  else if (room === undefined) showCard('bad_room', null);
  else runRoom(room, token ?? recallInvitation(room));
}

// Another invitation for the same room changes nothing but the fragment, which loads nothing by itself.
addEventListener('hashchange', () => {
  if (location.hash.startsWith('#token=')) location.reload();
});

start();
