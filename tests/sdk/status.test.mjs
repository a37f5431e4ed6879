// status.test - what the page says of a call, in the words that people read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemOf } from '../../web-demo/page/problems.js';
import { callStatus, personStatus } from '../../web-demo/page/status.js';

const person = (name, connectionState = 'connected', isAway = false) => ({ name, connectionState, isAway });

test('while all is well nothing is said', () => {
  assert.equal(callStatus('joined', []), '');
  assert.equal(callStatus('joined', [person('Ann'), person('Bob', 'connecting')]), '');
  assert.equal(personStatus(person('Ann')), '');
});

test('without the server, it is said whether the call goes on', () => {
  assert.match(callStatus('reconnecting', [person('Ann'), person('Bob')]), /^Reconnecting to the server … The call goes on/);
  assert.match(callStatus('reconnecting', [person('Ann', 'failed'), person('Bob', 'disconnected')]), /Your connection is interrupted/);
  for (const people of [[], [person('Ann'), person('Bob', 'failed')]])
    assert.match(callStatus('reconnecting', people), /^Reconnecting to the server …$/);
});

test('who cannot be seen is named', () => {
  assert.equal(callStatus('joined', [person('Ann', 'failed'), person('Bob'), person(' ', 'disconnected')]), 'Connecting again to Ann, Guest …');
});

test('who is away is not in trouble: the call says nothing, the tile does', () => {
  const bob = person('Bob', 'connected', true);

  assert.equal(callStatus('joined', [bob]), '');
  assert.equal(personStatus(bob), 'Reconnecting to the server …');
  assert.match(personStatus(person('Bob', 'failed', true)), /Connecting again/);
});

test('out of reach is only who is away and has no media connection either', () => {
  for (const state of ['new', 'connecting', 'closed']) assert.equal(personStatus(person('Bob', state, true)), 'Out of reach for a moment');
  assert.doesNotMatch(personStatus(person('Bob', 'connected', true)), /Out of reach/);
});

test('every end of a session says what happened and what to do', () => {
  for (const [code, title, again] of [
    ['kicked', /removed from the call/, null],
    ['replaced', /You joined from elsewhere/, 'Join here instead'],
    ['auth_expired', /invitation has expired/, null],
    ['unreachable', /server cannot be reached/, 'Try again'],
  ]) {
    const problem = problemOf(code);
    assert.match(problem.title, title);
    assert.equal(problem.again, again);
    assert.ok(problem.text.length > 20, code);
  }
});
