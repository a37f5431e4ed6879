// negotiator.test - two sides always come to terms, also when their offers cross.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Negotiator } from '../../web-demo/sdk/negotiator.js';
import { FakePeerConnection, fakePlatform, settle } from './fakes.mjs';

let platform;
beforeEach(() => {
  platform = fakePlatform();
});

function sideOf(polite) {
  const side = { pc: new FakePeerConnection({}), sent: [], asked: [], errors: [] };
  side.negotiator = new Negotiator(side.pc, polite, platform, {
    send: (kind, body) => side.sent.push({ kind, body }),
    onOffer() {},
    onRestartAsked: () => side.asked.push(side.pc.signalingState),
    onError: (error) => side.errors.push(error),
  });
  return side;
}

/** Hands over what one side sent to the other. */
async function carry(from, to) {
  for (const { kind, body } of from.sent.splice(0)) await to.negotiator.receive(kind, body);
  await settle();
}

const candidate = (text) => ({ candidate: text, sdpMid: '0', sdpMLineIndex: 0, toJSon() {}, toJSON: () => ({ candidate: text, sdpMid: '0', sdpMLineIndex: 0 }) });

test('an offer is answered, and both are stable', async () => {
  const ann = sideOf(false);
  const bob = sideOf(true);

  bob.pc.onnegotiationneeded();
  await settle();
  await carry(bob, ann);
  await carry(ann, bob);

  assert.equal(ann.pc.signalingState, 'stable');
  assert.equal(bob.pc.signalingState, 'stable');
  assert.equal(bob.pc.remoteDescription.type, 'answer');
});

test('when offers cross, that of the impolite side stands', async () => {
  const ann = sideOf(false);
  const bob = sideOf(true);

  ann.pc.onnegotiationneeded();
  bob.pc.onnegotiationneeded();
  await settle();
  const offerOfBob = bob.sent.splice(0);
  await carry(ann, bob);
  for (const { kind, body } of offerOfBob) await ann.negotiator.receive(kind, body);
  await carry(bob, ann);

  assert.equal(ann.pc.remoteDescription.type, 'answer');
  assert.equal(bob.pc.remoteDescription.type, 'offer');
  assert.deepEqual([ann.pc.signalingState, bob.pc.signalingState], ['stable', 'stable']);
  assert.deepEqual([...ann.errors, ...bob.errors], []);
});

test('an offer that comes while one is being made has crossed it too', async () => {
  const ann = sideOf(false);

  let goOn;
  const make = ann.pc.setLocalDescription.bind(ann.pc);
  ann.pc.setLocalDescription = () => new Promise((resolve) => (goOn = resolve)).then(make);
  ann.pc.onnegotiationneeded();

  await ann.negotiator.receive('offer', { type: 'offer', sdp: 'crossing' });
  goOn();
  await settle();

  assert.equal(ann.pc.remoteDescription, null);
  assert.deepEqual(ann.sent.map(({ kind }) => kind), ['offer']);
});

test('candidates of an offer that was ignored fail silently, those of the next description count', async () => {
  const ann = sideOf(false);
  ann.pc.remoteDescription = { type: 'answer', sdp: 'earlier' };
  ann.pc.onnegotiationneeded();
  await settle();
  await ann.negotiator.receive('offer', { type: 'offer', sdp: 'crossing' });
  ann.pc.refuseCandidates = true;

  await ann.negotiator.receive('candidate', [{ candidate: 'of the ignored offer', sdpMid: '0' }]);
  assert.deepEqual(ann.errors, []);

  await ann.negotiator.receive('answer', { type: 'answer', sdp: 'to ours' });
  await ann.negotiator.receive('candidate', [{ candidate: 'bad', sdpMid: '0' }]);
  assert.equal(ann.errors.length, 1);
});

test('candidates that overtake their description wait for it', async () => {
  const ann = sideOf(false);

  await ann.negotiator.receive('candidate', [{ candidate: 'a', sdpMid: '0' }]);
  assert.equal(ann.pc.candidates.length, 0);
  await ann.negotiator.receive('offer', { type: 'offer', sdp: 'x' });

  assert.deepEqual(ann.pc.candidates.map((one) => one.candidate), ['a']);
});

test('an answer that nobody waits for is dropped', async () => {
  const ann = sideOf(false);

  await ann.negotiator.receive('answer', { type: 'answer', sdp: 'late' });

  assert.equal(ann.pc.remoteDescription, null);
  assert.deepEqual(ann.errors, []);
});

test('candidates of one burst travel in one message', async () => {
  const ann = sideOf(false);

  for (const text of ['a', 'b', 'c']) ann.pc.onicecandidate({ candidate: candidate(text) });
  await platform.clock.advance(50);
  ann.pc.onicecandidate({ candidate: candidate('d') });
  ann.pc.onicecandidate({ candidate: null });
  await platform.clock.advance(50);

  assert.deepEqual(ann.sent.map(({ body }) => body.map((one) => one.candidate)), [['a', 'b', 'c'], ['d']]);
});

test('a single candidate of another client is understood', async () => {
  const ann = sideOf(false);
  await ann.negotiator.receive('offer', { type: 'offer', sdp: 'x' });

  await ann.negotiator.receive('candidate', { candidate: 'a', sdpMid: '0', extra: '<b>' });

  assert.deepEqual(ann.pc.candidates, [{ candidate: 'a', sdpMid: '0', sdpMLineIndex: null }]);
});

test('a request to restart is heard after what came before it', async () => {
  const ann = sideOf(false);
  ann.pc.onnegotiationneeded();
  await settle();

  const answered = ann.negotiator.receive('answer', { type: 'answer', sdp: 'x' });
  await Promise.all([answered, ann.negotiator.receive('candidate', { restart: true })]);

  assert.deepEqual(ann.asked, ['stable']);
  assert.deepEqual([ann.pc.candidates, ann.errors], [[], []]);
});

test('what only looks like a request to restart is none', async () => {
  const ann = sideOf(false);

  for (const body of [{ restart: 1 }, { restart: 'true' }, [{ restart: true }], 'restart', null]) await ann.negotiator.receive('candidate', body);

  assert.deepEqual(ann.asked, []);
});

for (const [what, kind, body] of [
  ['an offer without sdp', 'offer', {}],
  ['an offer that is a text', 'offer', 'v=0'],
  ['an offer that is too long', 'offer', { sdp: 'x'.repeat(70_000) }],
  ['an answer that is null', 'answer', null],
])
  test(`${what} is reported and changes nothing`, async () => {
    const ann = sideOf(false);
    if (kind === 'answer') ann.pc.signalingState = 'have-local-offer';

    await ann.negotiator.receive(kind, body);

    assert.equal(ann.errors.length, 1);
    assert.equal(ann.pc.remoteDescription, null);
  });

test('after any mix of offers, both sides are stable once everything has arrived', async () => {
  for (let pattern = 0; pattern < 256; pattern += 1) {
    const sides = [sideOf(false), sideOf(true)];
    for (let bit = 0; bit < 8; bit += 2) {
      if (pattern & (1 << bit)) sides[0].pc.signalingState === 'stable' && sides[0].pc.onnegotiationneeded();
      if (pattern & (2 << bit)) sides[1].pc.signalingState === 'stable' && sides[1].pc.onnegotiationneeded();
      if (bit % 4) await settle();
      await carry(sides[bit & 1], sides[1 - (bit & 1)]);
    }
    for (let round = 0; round < 6; round += 1) {
      await settle();
      await carry(sides[0], sides[1]);
      await carry(sides[1], sides[0]);
    }

    assert.deepEqual(sides.map(({ pc }) => pc.signalingState), ['stable', 'stable'], `pattern ${pattern}`);
    assert.deepEqual(sides.flatMap(({ errors }) => errors), [], `pattern ${pattern}`);
  }
});
