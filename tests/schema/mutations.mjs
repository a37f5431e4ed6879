// mutations.mjs - from the schema of a client's message: what is just within its limits, and what is just beyond.
import { messages, schemaOf, schemas } from './document.mjs';

const WRONG_TYPES = {
  string: [7, null, true, ['x'], { x: 'x' }],
  integer: ['1', 1.5, null, true, [1]],
  object: [[], 'x', null, 7],
  boolean: [1, 'true', null],
};

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

function beyondText(schema) {
  const tooLong = schema['x-bytes-max'] === undefined ? [] : texts(schema['x-bytes-max'] + 1);
  return [...tooLong, ...(schema.minLength ? [''] : []), ...(schema.enum ? ['hug', ''] : [])];
}

function beyondObject(schema) {
  const members = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => beyond(schemaOf(member)).map((value) => object([name, value])));
  const values = schema.additionalProperties ? beyond(schema.additionalProperties).map((value) => object(['k', value])) : [];
  const keys = schema.propertyNames ? [...beyondText(schema.propertyNames), ...schema.propertyNames.not.enum] : [];
  return [
    ...members,
    ...values,
    ...keys.map((key) => object([key, 'v'])),
    ...(schema.maxProperties ? [attributes(schema.maxProperties + 1, 1)] : []),
    ...(schema['x-bytes-together-max'] ? [attributesOf(schema['x-bytes-together-max'] + 1)] : []),
  ];
}

/** Values that a schema refuses. */
function beyond(schema) {
  const wrong = WRONG_TYPES[schema.type] ?? [];
  if (schema.const !== undefined) return wrong;
  if (schema.type === 'string') return [...wrong, ...beyondText(schema)];
  if (schema.type === 'integer') return [...wrong, schema.minimum - 1, schema.maximum + 1];
  if (schema.type === 'object') return [...wrong, ...beyondObject(schema)];
  return wrong;
}

function withinObject(schema) {
  if (!schema.additionalProperties) return [{}, object(...Object.keys(schema.properties).map((name) => [name, true]))];
  const keys = within({ type: 'string', ...schema.propertyNames });
  const values = within(schema.additionalProperties);
  return [
    {},
    ...keys.map((key) => object([key, 'v'])),
    ...values.map((value) => object(['k', value])),
    attributes(schema.maxProperties, 1),
    attributesOf(schema['x-bytes-together-max']),
  ];
}

/** Values at the very limits of a schema. */
function within(schema) {
  if (schema.const !== undefined) return [];
  if (schema.enum) return schema.enum;
  if (schema['x-bytes-max']) return texts(schema['x-bytes-max']);
  if (schema.type === 'integer') return [schema.minimum, schema.maximum];
  if (schema.type === 'object') return withinObject(schema);
  return schema.type === undefined ? [null, false, 0, '', [], {}] : [];
}

/** All that a message of this key may hold, from its examples. */
export const fullest = (key) => Object.assign({}, ...messages[key].examples.map(({ payload }) => payload));

function without(message, field) {
  const { [field]: _, ...rest } = message;
  return rest;
}

const changed = (key, choose) =>
  Object.entries(schemas[key].properties).flatMap(([field, schema]) =>
    choose(schemaOf(schema)).map((value) => ({ field, message: { ...fullest(key), [field]: value } })),
  );

/** Each field that is needed left out, and each field made wrong in each way: {field, message}. @param {string} key */
export function wrongMessages(key) {
  const lacking = schemas[key].required.map((field) => ({ field, message: without(fullest(key), field) }));
  return [...lacking, ...changed(key, beyond)];
}

/** Each field at each of its limits: {field, message}. @param {string} key */
export const extremeMessages = (key) => changed(key, within);
