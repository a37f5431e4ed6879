// protocol_schema.test.mjs - docs/asyncapi.yaml is held equal to the code's tables, and to itself.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import * as code from './code_tables.mjs';
import { document, faultsOf, messages, messagesOf, references, resolve, schemas, strictFaultsOf } from './document.mjs';

describe('the document and the tables of the code', () => {
  const namesOf = (side) => messagesOf(side).map((key) => messages[key].name);

  test('have the same messages from clients', () => assert.deepEqual(namesOf('client'), code.messageTypes()));
  test('have the same messages from the server', () => assert.deepEqual(namesOf('server'), code.eventTypes()));
  test('have the same kinds of relay', () => {
    assert.deepEqual(schemas.kind.enum, code.relayKinds());
    assert.deepEqual(schemas.clientRelay.properties.kind.enum, code.relayKinds());
  });
  test('have the same reasons to leave', () => assert.deepEqual(schemas.leaveReason.enum, code.leaveReasons()));
  test('have the same reasons of what is undelivered', () => assert.deepEqual(schemas.undeliveredReason.enum, code.undeliveredReasons()));
  test('have the same ways to be welcome', () => assert.deepEqual(schemas.welcomeKind.enum, code.welcomeKinds()));
  test('have the same actions of bye', () => assert.deepEqual(schemas.byeAction.enum, code.byeActions()));
  test('have the same error codes, and the same close codes after them', () => {
    const rows = code.errorRows();
    assert.deepEqual(schemas.errorCode.enum, rows.map(({ code }) => code));
    const closing = rows.filter(({ close }) => close).map(({ code, close }) => [code, close]);
    assert.deepEqual(Object.entries(schemas.errorCode['x-close-codes']), closing);
  });
  test('have the same fields in messages from clients', () => {
    const fields = messagesOf('client').flatMap((key) => Object.keys(schemas[key].properties));
    assert.deepEqual([...new Set(fields)].sort(), code.fieldNames().sort());
  });
  test('have the same limits of a text', () => assert.deepEqual(document.channels.room['x-text'], code.textLimits()));
  test('have the same limits of tokens, tickets and addressees', () => {
    const { token, ticket, clientBroadcast } = schemas;
    const limits = { token: token['x-bytes-max'], ticket: ticket['x-bytes-max'], addressees: clientBroadcast.properties.to.maxItems };
    assert.deepEqual(limits, code.memberLimits());
  });
});

describe('the document in itself', () => {
  test('refers to nothing that is not there', () => {
    assert.deepEqual(references().filter((reference) => resolve(reference) === undefined), []);
  });

  test('has each message in the channel, under its wire type, and in one operation of the right direction', () => {
    const { room } = document.channels;
    assert.deepEqual(Object.keys(room.messages), Object.keys(messages));
    const moved = Object.values(document.operations).flatMap(({ action, messages: list }) => list.map(({ $ref }) => `${action} ${$ref.split('/').at(-1)}`));
    const expected = Object.keys(messages).map((key) => `${key.startsWith('client') ? 'receive' : 'send'} ${key}`);
    assert.deepEqual(moved.sort(), expected.sort());
    for (const [key, { name, payload }] of Object.entries(messages)) {
      assert.equal(payload.$ref, `#/components/schemas/${key}`);
      assert.equal(schemas[key].properties.type.const, name);
    }
  });

  for (const [key, { examples = [] }] of Object.entries(messages)) {
    for (const { name, payload } of examples) {
      test(`the example "${name}" of ${key} fits its schema and no other of its side`, () => {
        assert.deepEqual(strictFaultsOf(key, payload), []);
        const side = key.slice(0, 6);
        assert.deepEqual(messagesOf(side).filter((other) => faultsOf(other, payload).length === 0), [key]);
      });
    }
  }
});
