// random - numbers that follow from a seed, so that a campaign can be planned again.

/** One stream of numbers; what is drawn from a fork() does not disturb it. */
export class Random {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed | 0;
  }

  /** A whole number of 32 bits: a Weyl sequence, scrambled. */
  bits() {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  /** From [0, 1). */
  unit() {
    return this.bits() / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both of them possible. */
  between(least, most) {
    return least + Math.floor(this.unit() * (most - least + 1));
  }

  /** @param {number} chance from 0 to 1 */
  happens(chance) {
    return this.unit() < chance;
  }

  /** @template T @param {readonly T[]} things at least one */
  pick(things) {
    return things[this.between(0, things.length - 1)];
  }

  /** At most `count` of them, in an order of their own. @template T @param {readonly T[]} things */
  some(things, count) {
    const left = [...things];
    const taken = [];
    while (taken.length < count && left.length > 0) taken.push(...left.splice(this.between(0, left.length - 1), 1));
    return taken;
  }

  /** @template T @param {readonly (readonly [T, number])[]} weights */
  weighed(weights) {
    let left = this.unit() * weights.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [thing, weight] of weights) if ((left -= weight) < 0) return thing;
    return weights[weights.length - 1][0];
  }

  fork() {
    return new Random(this.bits());
  }
}
