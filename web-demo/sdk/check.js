// @ts-check
/**
 * check - decoders that turn unknown JSON into values of a known shape.
 *
 * Nothing that came over the wire is used before one of these has copied it:
 * what a shape does not name is left behind, and what does not fit throws.
 */

/**
 * @template T
 * @typedef {(value: unknown) => T} Decoder throws Invalid
 */

/** Deeper than the 8 levels that the protocol allows is refused unread. */
const DEPTH_MAX = 8;

/** Keys that could reach a prototype when somebody merges the object later (T-48). */
const UNSAFE_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** A value did not fit its shape. */
export class Invalid extends Error {}

/**
 * Refuses values that are too deep or have keys that pollute prototypes.
 * @param {unknown} value as JSON.parse gives it
 * @param {number} [depth]
 */
export function refuseUnsafe(value, depth = 1) {
  if (typeof value !== 'object' || value === null) return;
  if (depth > DEPTH_MAX) throw new Invalid('nested too deep');
  for (const key of Object.keys(value)) {
    if (!Array.isArray(value) && UNSAFE_KEYS.has(key)) throw new Invalid(`key ${key} is not allowed`);
    refuseUnsafe(Reflect.get(value, key), depth + 1);
  }
}

/**
 * @param {number} max characters
 * @param {number} [min]
 * @returns {Decoder<string>}
 */
export function text(max, min = 0) {
  return (value) => {
    if (typeof value !== 'string' || value.length < min || value.length > max) throw new Invalid('not a text that fits');
    return value;
  };
}

/**
 * @param {number} min
 * @param {number} max
 * @returns {Decoder<number>}
 */
export function integer(min, max) {
  return (value) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) throw new Invalid('not an integer in range');
    return value;
  };
}

/** @type {Decoder<boolean>} */
export function flag(value) {
  if (typeof value !== 'boolean') throw new Invalid('not a boolean');
  return value;
}

/**
 * @template {string} T
 * @param {T[]} words
 * @returns {Decoder<T>}
 */
export function oneOf(...words) {
  return (value) => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw new Invalid('not a known word');
    return found;
  };
}

/**
 * A field that may be absent or null.
 * @template T
 * @param {Decoder<T>} decoder
 * @returns {Decoder<T | undefined>}
 */
export function optional(decoder) {
  return (value) => (value === undefined || value === null ? undefined : decoder(value));
}

/**
 * @template T
 * @param {Decoder<T>} decoder
 * @param {number} max
 * @returns {Decoder<T[]>}
 */
export function list(decoder, max) {
  return (value) => {
    if (!Array.isArray(value) || value.length > max) throw new Invalid('not a list that fits');
    return value.map((item) => decoder(item));
  };
}

/**
 * @template {Record<string, Decoder<any>>} S
 * @param {S} shape
 * @returns {Decoder<{[K in keyof S]: ReturnType<S[K]>}>}
 */
export function record(shape) {
  const fields = Object.entries(shape);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Invalid('not an object');
    const entries = fields.map(([key, decoder]) => [key, decoder(Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined)]);
    return Object.fromEntries(entries);
  };
}

/**
 * An object of strings, without a prototype.
 * @param {number} max members
 * @param {Decoder<string>} decoder
 * @returns {Decoder<Readonly<Record<string, string>>>}
 */
export function dictionary(max, decoder) {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Invalid('not an object');
    const entries = Object.entries(value);
    if (entries.length > max) throw new Invalid('too many members');
    const copy = Object.create(null);
    for (const [key, item] of entries) copy[key] = decoder(item);
    return Object.freeze(copy);
  };
}

/** Any JSON value that is present. @type {Decoder<any>} */
export function body(value) {
  if (value === undefined) throw new Invalid('no body');
  return value;
}
