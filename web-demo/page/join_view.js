// @ts-check
/** join_view - the card before a call: a name, a look at oneself, and the button. */
import { find, setPressed, showView } from './dom.js';
import { deviceProblemOf } from './problems.js';
import { showAvatar } from './tile.js';

/** @typedef {import('./devices.js').Source} Source */

const NAME_KEY = 'parley.name';
/** The protocol's cap for a name. */
const NAME_BYTES_MAX = 256;

/** Shown before the first call, and after one that ended by itself. */
export class JoinView {
  #devices;
  #video = find('#preview-video', HTMLVideoElement);
  #avatar = find('#preview-avatar', HTMLElement);
  #note = find('#preview-note', HTMLElement);
  #name = find('#join-name', HTMLInputElement);
  #button = find('#join-button', HTMLButtonElement);
  #notice = find('#join-notice', HTMLElement);
  #buttons = { mic: find('#preview-mic', HTMLButtonElement), camera: find('#preview-camera', HTMLButtonElement) };
  /** @type {Promise<boolean> | null} the question for the devices, once it was put; whether all that is wanted is open */
  #asking = null;

  /**
   * @param {string} room
   * @param {import('./devices.js').Devices} devices
   * @param {import('./token.js').Invitation | null} invitation
   * @param {(name: string) => Promise<void>} onJoin
   */
  constructor(room, devices, invitation, onJoin) {
    this.#devices = devices;
    find('#join-room', HTMLElement).textContent = room;
    this.#name.value = invitation?.name || recallName();
    this.#name.readOnly = invitation !== null && !invitation.mayRename;
    this.#name.addEventListener('input', () => this.#showAvatar());
    for (const source of /** @type {Source[]} */ (['mic', 'camera']))
      this.#buttons[source].addEventListener('click', () => void this.#toggle(source));
    find('#join-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#join(onJoin);
    });
  }

  show() {
    this.#devices.onChange = () => this.#refresh();
    this.#asking = null;
    this.#notice.hidden = true;
    this.#refresh();
    showView('join');
    void this.#previewIfAllowed();
    if (!this.#name.value) this.#name.focus();
  }

  async #previewIfAllowed() {
    if (await this.#devices.areAllowed()) this.#asking ??= this.#ask();
  }

  /** @returns {Promise<boolean>} */
  async #ask() {
    const failures = await this.#devices.openWanted();
    const sources = failures.map(({ source }) => source);
    if (failures.length > 0) this.#showNotice(failures[0].error.code, sources);
    return failures.length === 0;
  }

  /** @param {Source} source */
  async #toggle(source) {
    this.#notice.hidden = true;
    if (this.#devices.tracks[source]) this.#devices.close(source);
    else if (this.#devices.wanted[source]) this.#devices.close(source);
    else {
      const error = await this.#devices.open(source);
      if (error) this.#showNotice(error.code, [source]);
    }
  }

  /** @param {(name: string) => Promise<void>} onJoin */
  async #join(onJoin) {
    if (this.#button.disabled) return;
    this.#button.disabled = true;
    try {
      if (!(await this.#isReady())) return;
      const name = cleanName(this.#name.value);
      rememberName(name);
      await onJoin(name);
    } finally {
      this.#button.disabled = false;
      this.#refresh();
    }
  }

  /** Whoever was told before this click what is missing goes ahead without it. */
  async #isReady() {
    const wasTold = !this.#notice.hidden;
    this.#asking ??= this.#ask();
    const isComplete = await this.#asking;
    this.#asking = Promise.resolve(true);
    this.#notice.hidden = this.#notice.hidden || wasTold;
    return isComplete || wasTold;
  }

  #refresh() {
    const { tracks, wanted } = this.#devices;
    for (const source of /** @type {Source[]} */ (['mic', 'camera'])) setPressed(this.#buttons[source], wanted[source]);
    const shown = this.#video.srcObject;
    if (tracks.camera && !(shown instanceof MediaStream && shown.getTracks()[0] === tracks.camera))
      this.#video.srcObject = new MediaStream([tracks.camera]);
    if (!tracks.camera) this.#video.srcObject = null;
    this.#video.hidden = !tracks.camera;
    this.#avatar.hidden = tracks.camera !== null;
    this.#note.textContent = tracks.camera ? '' : wanted.camera ? 'Your camera starts when you join' : 'Your camera is off';
    this.#button.textContent = this.#button.disabled ? 'Joining …' : this.#label();
    this.#showAvatar();
  }

  #label() {
    const { camera, mic } = this.#devices.wanted;
    if (!camera && !mic) return 'Join to watch and listen';
    return 'Join the call';
  }

  #showAvatar() {
    showAvatar(this.#avatar, { name: this.#name.value, identity: '' });
  }

  /**
   * @param {string} code
   * @param {Source[]} sources
   */
  #showNotice(code, sources) {
    const { title, text } = deviceProblemOf(code, sources);
    find('#join-notice-title', HTMLElement).textContent = title;
    find('#join-notice-text', HTMLElement).textContent = text;
    find('#join-notice-code', HTMLElement).textContent = code;
    this.#notice.hidden = false;
  }
}

/**
 * A name as the protocol takes it: no NUL, no half surrogate pairs, at most 256 bytes.
 * @param {string} raw
 * @returns {string}
 */
export function cleanName(raw) {
  let name = '';
  let bytes = 0;
  for (const char of raw.trim()) {
    const isBroken = /^[\ud800-\udfff\0]$/.test(char);
    bytes += isBroken ? 0 : new TextEncoder().encode(char).length;
    if (bytes > NAME_BYTES_MAX) break;
    if (!isBroken) name += char;
  }
  return name;
}

function recallName() {
  try {
    return localStorage.getItem(NAME_KEY) ?? '';
  } catch {
    return '';
  }
}

/** @param {string} name */
function rememberName(name) {
  try {
    localStorage.setItem(NAME_KEY, name);
  } catch {
    // Storage may be off: the name is typed again next time.
  }
}
