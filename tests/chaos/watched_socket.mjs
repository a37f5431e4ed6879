// watched_socket - the WebSocket that a scripted client gives to the SDK: the real one, and what passes over it is noted first.
import WebSocket from 'ws';

/** The type of a message, by how servers write it: `n` first, if there is one, and then `type`. */
const TYPE = /^\{(?:"n":\d+,)?"type":"([a-z-]+)"/;
/** Bodies are the application's; nothing in these is of interest here. */
const OPAQUE = new Set(['relay', 'receipt', 'pong']);

/**
 * @typedef {object} Watcher
 * @property {(socket: {vanish: () => void}) => void} onDial
 * @property {(type: string, message: any) => void} onHeard `message` is null where the type is told and no more
 * @property {(message: any) => void} onBroadcast one was sent, or sent again
 */

/**
 * A class that stands in for the browser's WebSocket.
 * @param {Watcher} watcher
 * @param {string} ca the certificate that the server shows
 * @param {(text: string) => string | null} [distort] what the SDK is told instead of that; null: nothing
 */
export function watchedSocketClass(watcher, ca, distort) {
  return class extends WebSocket {
    #isGivenUp = false;

    constructor(url, protocol) {
      // As in a browser: promises go on between one message and the next.
      super(url, protocol, { ca, perMessageDeflate: false, allowSynchronousEvents: false });
      watcher.onDial(this);
      this.on('error', () => {});
      this.on('message', (data) => !this.#isGivenUp && note(watcher, data.toString()));
    }

    // What arrives after the SDK has closed a socket does not reach it.
    close(code, reason) {
      this.#isGivenUp = true;
      super.close(code, reason);
    }

    /** As when the browser is killed: nobody hears any more of it, and the server only a reset. */
    vanish() {
      this.#isGivenUp = true;
      super.onmessage = null;
      this.onclose = null;
      this.onopen = null;
      this.terminate();
    }

    send(text) {
      if (text.includes('"type":"broadcast"')) watcher.onBroadcast(JSON.parse(text));
      super.send(text);
    }

    set onmessage(handler) {
      super.onmessage = (event) => {
        const data = distort ? distort(event.data) : event.data;
        if (data !== null && handler) handler(data === event.data ? event : { data });
      };
    }

    get onmessage() {
      return super.onmessage;
    }
  };
}

/** @param {Watcher} watcher @param {string} text */
function note(watcher, text) {
  const type = TYPE.exec(text)?.[1] ?? '';
  watcher.onHeard(type, OPAQUE.has(type) || type === 'broadcast' ? null : JSON.parse(text));
}
