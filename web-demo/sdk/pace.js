// @ts-check
/**
 * pace - how fast numbered messages are sent.
 *
 * Two things are kept apart: how many may be under way unread (a client whose
 * refused messages pile up is cut off as flooding), and, once the server has
 * said `rate_limited`, how many go out at a time.
 */
import { Timer } from './timer.js';

/** Less than the 100 refusals in a row after which a server ends a session. */
const WINDOW = 64;
const SLOT_MS = 100;
/** When the server did not say how long to wait. */
const RETRY_MS = 1000;

/** After a refusal it starts with one message per slot, one more in each; half as many after the next. */
export class Pace {
  #platform;
  #ping;
  #go;
  /** The highest number that the server has read, so that its refusal would have been heard. */
  #read = 0;
  /** The number up to which a ping asks; 0: none is under way. */
  #asked = 0;
  #underWayMax = WINDOW;
  #quota = Infinity;
  #left = Infinity;
  #timer;
  #life = 0;

  /**
   * @param {import('./platform.js').Platform} platform
   * @param {() => Promise<unknown>} ping
   * @param {() => void} go there may be more to send
   */
  constructor(platform, ping, go) {
    this.#platform = platform;
    this.#timer = new Timer(platform);
    this.#ping = ping;
    this.#go = go;
  }

  /**
   * On a new connection.
   * @param {number} cursor the number that is sent first
   * @param {boolean} isFresh whether the home takes any number for the first: were that refused for its rate, it would take the
   *   second, and never the first. So it goes alone.
   */
  begin(cursor, isFresh) {
    this.close();
    this.#underWayMax = isFresh ? 1 : WINDOW;
    this.#read = cursor - 1;
    this.#asked = 0;
    if (this.#quota < WINDOW) this.#wait(SLOT_MS);
  }

  close() {
    this.#life += 1;
    this.#timer.clear();
  }

  /** Whether this number may be sent now; if not, go() is called when it may. @param {number} seq */
  may(seq) {
    if (this.#timer.isSet) return false;
    const underWay = seq - 1 - this.#read;
    if (underWay >= this.#underWayMax / 2 && this.#asked === 0) this.#ask(seq - 1);
    if (underWay >= this.#underWayMax) return false;
    if (this.#left <= 0) {
      this.#wait(SLOT_MS);
      return false;
    }
    this.#left -= 1;
    return true;
  }

  /** @param {number} seq */
  onRead(seq) {
    if (seq <= this.#read) return;
    this.#read = seq;
    this.#underWayMax = WINDOW;
  }

  /** What is from here on was refused, and is not under way any more. @param {number} cursor */
  goBack(cursor) {
    this.#read = Math.min(this.#read, cursor - 1);
    this.#asked = 0;
    this.#life += 1;
  }

  /** @param {number} [retryAfterMs] */
  slowDown(retryAfterMs = RETRY_MS) {
    this.#quota = this.#quota === Infinity ? 1 : Math.max(1, this.#quota >> 1);
    this.#wait(retryAfterMs * (1 + 0.5 * this.#platform.random()));
  }

  /** Waits for what is under way to arrive. */
  rest() {
    this.#wait(SLOT_MS);
  }

  /** @param {number} ms */
  #wait(ms) {
    this.#timer.in(ms, () => {
      this.#left = this.#quota;
      this.#quota = this.#quota >= WINDOW ? Infinity : this.#quota + 1;
      this.#go();
    });
  }

  /** @param {number} seq */
  #ask(seq) {
    const life = this.#life;
    this.#asked = seq;
    const onAnswer = () => {
      if (life !== this.#life) return;
      this.#asked = 0;
      this.onRead(seq);
      this.#go();
    };
    // A ping that is refused for its rate was read as well.
    this.#ping().then(onAnswer, onAnswer);
  }
}
