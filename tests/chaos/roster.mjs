// roster - who is in the room at each place among the messages that one client hears; kept apart from the SDK's, which is under test.

/** The numbered messages alone change it: what was missed is said again after `resumed`. */
export class Roster {
  #ids = new Set();

  get ids() {
    return [...this.#ids];
  }

  welcome({ session, peers }) {
    if (session === 'new') this.#ids.clear();
    // A rebuilt room knows only those who came back so far; the others are away.
    if (session !== 'resumed') for (const { peer } of peers) this.#ids.add(peer.id);
  }

  take(type, message) {
    if (type === 'peer-joined' || type === 'peer-back') this.#ids.add(message.peer.id);
    else if (type === 'peer-left') this.#ids.delete(message.peer);
    else if (type === 'roster') this.#ids = new Set([...this.#ids].filter((id) => message.peers.includes(id)));
  }
}
