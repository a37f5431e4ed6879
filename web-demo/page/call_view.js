// @ts-check
/** call_view - a call on the screen: who is in it, how it is doing, and its controls. */
import { Banner } from './banner.js';
import { find, setPressed, showView } from './dom.js';
import { Grid } from './grid.js';
import { deviceProblemOf } from './problems.js';
import { inviteLink } from './route.js';
import { REJOINED, RESUMED, callStatus, nameOf, personStatus } from './status.js';

/** @typedef {import('/sdk/call.js').Call} Call */
/** @typedef {import('/sdk/peer.js').Peer} Peer */
/** @typedef {import('./devices.js').Source} Source */

/** One for the page; show() and hide() frame each call. */
export class CallView {
  #devices;
  #grid = new Grid(find('#grid', HTMLElement), 'camera');
  #stage = new Grid(find('#stage', HTMLElement), 'screen');
  #banner = new Banner();
  /** @type {Call | null} */
  #call = null;
  #tools = {
    mic: find('#tool-mic', HTMLButtonElement),
    camera: find('#tool-camera', HTMLButtonElement),
    screen: find('#tool-screen', HTMLButtonElement),
  };

  /** @param {import('./devices.js').Devices} devices */
  constructor(devices) {
    this.#devices = devices;
    this.#tools.mic.addEventListener('click', () => void this.#toggle('mic'));
    this.#tools.camera.addEventListener('click', () => void this.#toggle('camera'));
    this.#tools.screen.addEventListener('click', () => void this.#toggleScreen());
    // Phones have no screen to share.
    this.#tools.screen.hidden = !navigator.mediaDevices?.getDisplayMedia;
    for (const id of ['#tool-invite', '#alone-invite']) find(id, HTMLElement).addEventListener('click', () => void this.#invite());
    find('#tool-leave', HTMLElement).addEventListener('click', () => this.#call?.leave());
  }

  /**
   * @param {Call} call
   * @param {boolean} isOpen whether the bare link lets others in, too
   */
  show(call, isOpen) {
    this.#call = call;
    for (const id of ['#tool-invite', '#alone-invite']) find(id, HTMLElement).hidden = !isOpen;
    find('#alone-hint', HTMLElement).hidden = isOpen;
    this.#devices.onChange = () => {};
    find('#call-title', HTMLElement).textContent = `Call in room ${call.room}`;
    showView('call');
    this.#showSelf();
    for (const peer of call.peers.values()) this.#showPeer(peer);
    this.#listen(call);
    this.#refresh();
  }

  hide() {
    this.#call = null;
    this.#grid.clear();
    this.#stage.clear();
    this.#banner.clear();
  }

  /** @param {Call} call */
  #listen(call) {
    call.on('peer-joined', (peer) => {
      this.#showPeer(peer);
      this.#banner.note(`${nameOf(peer)} joined`);
      this.#refresh();
    });
    call.on('peer-left', ({ peer, reason }) => this.#onLeft(peer, reason));
    for (const event of /** @type {const} */ (['peer-updated', 'peer-away', 'peer-back'])) call.on(event, (peer) => this.#showPeer(peer));
    call.on('track', ({ peer }) => this.#showPeer(peer));
    call.on('track-removed', ({ peer }) => {
      if (call.peers.has(peer.id)) this.#showPeer(peer);
    });
    call.on('ice', ({ peer }) => {
      this.#showPeer(peer);
      this.#refresh();
    });
    call.on('self-updated', () => {
      this.#showSelf();
      this.#refresh();
    });
    let wasTold = false;
    call.on('state', () => {
      wasTold = this.#banner.isStanding;
      this.#showSelf();
      this.#refresh();
    });
    // Whoever was not told of the trouble need not be told of its end.
    call.on('resumed', () => {
      if (wasTold) this.#banner.note(RESUMED, 'good');
      wasTold = false;
    });
    call.on('rejoined', () => this.#banner.note(REJOINED, 'warning'));
  }

  /**
   * @param {Peer} peer
   * @param {string} reason
   */
  #onLeft(peer, reason) {
    this.#grid.remove(peer.id);
    this.#stage.remove(peer.id);
    if (this.#call?.state === 'joined') this.#banner.note(`${nameOf(peer)} ${reason === 'left' ? 'left' : 'is gone'}`);
    this.#refresh();
  }

  /** @param {Peer} peer */
  #showPeer(peer) {
    const tile = this.#grid.tile(peer, false);
    tile.setPerson(peer, nameOf(peer));
    tile.setVideo(peer.tracks.has('camera'));
    tile.setMicOff(!peer.media.mic && !peer.tracks.has('mic'));
    tile.setState(personStatus(peer));
    if (peer.tracks.size > 0) tile.play();
    if (!peer.tracks.has('screen')) this.#stage.remove(peer.id);
    else this.#stage.tile(peer, false).setScreenOf(peer, `${nameOf(peer)}: screen`);
  }

  #showSelf() {
    if (!this.#call) return;
    const { self } = this.#call;
    const tile = this.#grid.tile(self, true);
    tile.setPerson(self, self.name ? `${self.name} (you)` : 'You');
    tile.setVideo(self.media.camera);
    tile.setMicOff(!self.media.mic);
    if (!self.media.screen) this.#stage.remove('self');
    else this.#stage.tile(self, true).setScreenOf(self, 'Your screen');
  }

  #refresh() {
    if (!this.#call) return;
    const { peers, self, state } = this.#call;
    find('#alone', HTMLElement).hidden = peers.size > 0;
    for (const source of /** @type {const} */ (['mic', 'camera', 'screen'])) setPressed(this.#tools[source], self.media[source]);
    this.#banner.set(callStatus(state, [...peers.values()]));
  }

  /** @param {Source} source */
  async #toggle(source) {
    const call = this.#call;
    if (!call) return;
    const isOn = call.self.media[source];
    const set = (/** @type {import('/sdk/local_media.js').Wish} */ wish) => (source === 'mic' ? call.setMic(wish) : call.setCamera(wish));
    this.#devices.wanted[source] = !isOn;
    if (isOn) await set(false);
    if (isOn && source === 'camera') this.#devices.close('camera');
    if (isOn) return;
    const error = this.#devices.tracks[source] ? null : await this.#devices.open(source);
    const track = this.#devices.tracks[source];
    if (error) this.#banner.note(deviceProblemOf(error.code, [source]).title);
    else if (track) await set(track);
    if (track && source === 'mic') await set(true);
  }

  async #toggleScreen() {
    try {
      await this.#call?.setScreen(!this.#call.self.media.screen);
    } catch {
      // Changing one's mind in the browser's dialog is no error.
    }
  }

  async #invite() {
    const link = inviteLink(this.#call?.room ?? '');
    try {
      await navigator.clipboard.writeText(link);
      this.#banner.note('Invite link copied');
    } catch {
      this.#banner.note(link);
    }
  }
}
