// document.mjs - docs/asyncapi.yaml, read and compiled: what its schemas say of a message.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import Ajv from 'ajv/dist/2020.js';
import YAML from 'yaml';

import { ROOT } from '../e2e/harness.mjs';

export const document = YAML.parse(readFileSync(join(ROOT, 'docs', 'asyncapi.yaml'), 'utf8'));
export const { messages, schemas } = document.components;

/** What `#/a/b` points to. @param {string} pointer */
export function resolve(pointer) {
  return pointer.split('/').slice(1).reduce((node, step) => node?.[step], document);
}

/** A schema, or the one that it refers to. */
export function schemaOf(node) {
  return node.$ref ? schemaOf(resolve(node.$ref)) : node;
}

/** Every $ref below `node`. @returns {string[]} */
export function references(node = document) {
  if (node === null || typeof node !== 'object') return [];
  return Object.entries(node).flatMap(([key, value]) => (key === '$ref' ? [value] : references(value)));
}

/** The keys of the messages that are sent by the 'client' or by the 'server'. @param {string} side */
export function messagesOf(side) {
  return Object.keys(messages).filter((key) => key.startsWith(side));
}

/** The key of a message by its wire type. @param {string} side @param {string} type */
export function keyOf(side, type) {
  const key = messagesOf(side).find((candidate) => messages[candidate].name === type);
  if (!key) throw new Error(`docs/asyncapi.yaml has no message ${type} of the ${side}`);
  return key;
}

const byteCount = (text) => Buffer.byteLength(text);

const BYTE_LIMITS = [
  { keyword: 'x-bytes-max', type: 'string', schemaType: 'number', validate: (max, text) => byteCount(text) <= max },
  {
    keyword: 'x-bytes-together-max',
    type: 'object',
    schemaType: 'number',
    validate: (max, object) => Object.entries(object).flat().reduce((sum, text) => sum + byteCount(String(text)), 0) <= max,
  },
];

/** The schemas with no member allowed that they do not name: so that what is not documented shows. */
function closed(node) {
  if (Array.isArray(node)) return node.map(closed);
  if (node === null || typeof node !== 'object') return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  const isShut = node.type === 'object' && node.properties && node.additionalProperties === undefined;
  return isShut ? { ...copy, additionalProperties: false } : copy;
}

/** @returns {(key: string, message: unknown) => string[]} the faults of a message by the schema of that key */
function judgeBy(definitions) {
  const ajv = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true });
  for (const limit of BYTE_LIMITS) ajv.addKeyword({ ...limit, errors: false });
  ajv.addKeyword('x-close-codes');
  const text = JSON.stringify({ $id: 'parley', $defs: definitions });
  ajv.addSchema(JSON.parse(text.replaceAll('"#/components/schemas/', '"#/$defs/')));
  return (key, message) => {
    const validate = ajv.getSchema(`parley#/$defs/${key}`);
    if (!validate) throw new Error(`docs/asyncapi.yaml has no schema ${key}`);
    return validate(message) ? [] : validate.errors.map((fault) => `${fault.instancePath} ${fault.message} ${JSON.stringify(fault.params)}`);
  };
}

/** As the document stands: unknown members are allowed. */
export const faultsOf = judgeBy(schemas);

/** Unknown members are faults as well. */
export const strictFaultsOf = judgeBy(closed(schemas));
