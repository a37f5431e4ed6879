// mutations.mjs - from the schema of a client's message: messages on both sides of each of its limits, and of every other shape.
import { faultsOf, messages, schemaOf, schemas } from './document.mjs';

/** `bytes` of text: one byte a character, or two. */
const texts = (bytes) => ['x'.repeat(bytes), 'ü'.repeat(bytes / 2) + 'x'.repeat(bytes % 2)];

/** Not an object literal: a member called __proto__ shall be one like any other. */
const object = (...members) => Object.fromEntries(members);

/** So many attributes with keys of three bytes and values of `length`. */
const attributes = (count, length) => object(...Array.from({ length: count }, (_, index) => [`k${10 + index}`, 'v'.repeat(length)]));

/** Attributes of `bytes` together, keys included, none too long by itself. */
function attributesOf(bytes) {
  const full = attributes(4, 1000);
  return { ...full, rest: 'v'.repeat(bytes - 4 * 1003 - 4) };
}

/** Tried for each field whatever its schema says, so that a schema that is too lax is found as well. */
const ANY_VALUES = [
  ...[null, true, 7, 1.5, -1, '', 'x', '1', 'x'.repeat(5000), [], ['x'], ['x', 7], [null], {}],
  ...[{ x: 'x' }, { x: 'x'.repeat(2000) }, { ['x'.repeat(100)]: 'x' }, object(['__proto__', 'x']), attributes(40, 1), attributes(6, 1000)],
  ...[{ mic: 1 }, { camera: 'true' }, { screen: null }],
];

function aroundText(schema) {
  const max = schema['x-bytes-max'];
  return [...(schema.enum ?? []), ...(max ? [...texts(max), ...texts(max + 1)] : [])];
}

function aroundObject(schema) {
  const members = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => around(schemaOf(member)).map((value) => object([name, value])));
  if (!schema.additionalProperties) return members;
  const { not, ...key } = schema.propertyNames;
  const together = schema['x-bytes-together-max'];
  return [
    ...members,
    ...[...around(key), ...not.enum].map((name) => object([name, 'v'])),
    ...around(schema.additionalProperties).map((value) => object(['k', value])),
    ...[schema.maxProperties, schema.maxProperties + 1].map((count) => attributes(count, 1)),
    ...[together, together + 1].map(attributesOf),
  ];
}

/** Values on both sides of each limit of a schema. */
function around(schema) {
  switch (schema.type) {
    case 'string':
      return aroundText(schema);
    case 'integer':
      return [schema.minimum, schema.minimum - 1, schema.maximum, schema.maximum + 1];
    case 'boolean':
      return [true, false];
    case 'array':
      return [schema.minItems - 1, schema.minItems, schema.maxItems, schema.maxItems + 1].map((count) => Array(count).fill('x'));
    case 'object':
      return aroundObject(schema);
    default:
      return [];
  }
}

function without(message, field) {
  const { [field]: _, ...rest } = message;
  return rest;
}

/** All that a message of this key may hold together, from its examples; a ticket stands in the place of a token. */
export const fullest = (key) => without(Object.assign({}, ...messages[key].examples.map(({ payload }) => payload)), 'ticket');

/** The type is what chooses the schema: another one makes another message. */
const isAnotherType = ({ field, message }) => field === 'type' && typeof message.type === 'string';

/** The fullest message with each of its fields changed or left out in turn: {field, message}. */
function variants(key) {
  const all = Object.entries(schemas[key].properties).flatMap(([field, schema]) => {
    const values = [...around(schemaOf(schema)), ...ANY_VALUES].map((value) => ({ ...fullest(key), [field]: value }));
    return [without(fullest(key), field), ...values].map((message) => ({ field, message }));
  });
  return all.filter((variant) => !isAnotherType(variant));
}

/** Those that the schema refuses. @param {string} key */
export const wrongMessages = (key) => variants(key).filter(({ message }) => faultsOf(key, message).length > 0);

/** Those that it lets pass. @param {string} key */
export const goodMessages = (key) => variants(key).filter(({ message }) => faultsOf(key, message).length === 0);
