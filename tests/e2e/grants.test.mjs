// grants.test.mjs - scenes of what a token lets its bearer do: publish, send data, change oneself, kick, and hide.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { connectPeer, meet, startServer } from './harness.mjs';

const KINDS = ['offer', 'answer', 'candidate', 'data'];

describe('grants', () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server.stop());

  const PUBLISHING = [
    { name: 'nothing said', video: {}, may: KINDS, mayBroadcast: true },
    { name: 'canPublish false', video: { canPublish: false }, may: [], mayBroadcast: false },
    {
      name: 'canPublish false, canPublishData true',
      video: { canPublish: false, canPublishData: true },
      may: ['data'],
      mayBroadcast: true,
    },
    {
      name: 'canPublishData false',
      video: { canPublishData: false },
      may: ['offer', 'answer', 'candidate'],
      mayBroadcast: false,
    },
  ];
  for (const { name, video, may, mayBroadcast } of PUBLISHING) {
    test(`with ${name}: may relay ${may.join(', ')}${mayBroadcast ? ' and broadcast' : ''}, and no more`, async () => {
      const room = `publish-${PUBLISHING.findIndex((row) => row.name === name)}`;
      const [ann, bob] = await meet(server, room, { sub: 'ann', video }, 'bob');

      const answers = {};
      for (const kind of KINDS) answers[kind] = await ann.request({ type: 'relay', to: bob.id, kind, body: kind });
      const broadcast = await ann.request({ type: 'broadcast', body: 'all' });

      for (const kind of KINDS)
        assert.equal(answers[kind].code ?? answers[kind].type, may.includes(kind) ? 'ok' : 'not_permitted', kind);
      assert.equal(broadcast.code ?? broadcast.type, mayBroadcast ? 'ok' : 'not_permitted');
      const heard = (await bob.everything()).map(({ body }) => body);
      assert.deepEqual(heard, [...may, ...(mayBroadcast ? ['all'] : [])]);
    });
  }

  test('without canUpdateOwnMetadata the name in hello is not taken, and update is refused', async () => {
    const ann = await connectPeer(server, 'own', { sub: 'ann', name: 'Ann' }, { name: 'Boss', attributes: { a: '1' } });
    const [bob] = await meet(server, 'own', 'bob');

    const name = await ann.request({ type: 'update', name: 'Boss' });
    const attributes = await ann.request({ type: 'update', attributes: { a: '1' } });

    assert.equal(ann.welcome.self.name, 'Ann');
    assert.deepEqual(ann.welcome.self.attributes, {});
    assert.deepEqual([name.code, attributes.code], ['not_permitted', 'not_permitted']);
    assert.deepEqual(await bob.everything(), []);
  });

  test('media state needs no grant, and what is absent stays as it is', async () => {
    const [ann, bob] = await meet(server, 'media', 'ann', 'bob');

    await ann.request({ type: 'update', media: { mic: true, camera: true } });
    await ann.request({ type: 'update', media: { mic: false } });

    assert.deepEqual((await bob.expect('peer-updated')).peer.media, { mic: true, camera: true, screen: false });
    const second = await bob.expect('peer-updated');
    assert.deepEqual(second.peer, { ...ann.welcome.self, media: { mic: false, camera: true, screen: false } });
    const cyd = await connectPeer(server, 'media', { sub: 'cyd' });
    assert.deepEqual(cyd.welcome.peers[0].peer, second.peer);
  });

  test('with canUpdateOwnMetadata name and attributes change, are merged, and go when they are empty', async () => {
    const video = { room: 'update', canUpdateOwnMetadata: true };
    const claims = { sub: 'ann', name: 'Ann', attributes: { kept: 'k', gone: 'g', over: 'o' }, video };
    const [bob] = await meet(server, 'update', 'bob');
    const ann = await connectPeer(server, 'update', claims, { name: 'Änn', attributes: { over: 'written', mine: 'm' } });

    const answer = await ann.request({ type: 'update', name: 'Anna', attributes: { gone: '', mine: 'n', new: '1' } });

    assert.equal(ann.welcome.self.name, 'Änn');
    assert.deepEqual(ann.welcome.self.attributes, { kept: 'k', gone: 'g', over: 'written', mine: 'm' });
    assert.equal(answer.type, 'ok');
    const { peer } = await bob.expect('peer-updated');
    assert.equal(peer.name, 'Anna');
    assert.deepEqual(peer.attributes, { kept: 'k', over: 'written', mine: 'n', new: '1' });
  });

  test('attributes may not grow over their bound by many small updates', async () => {
    const [ann] = await meet(server, 'grow', { sub: 'ann', video: { canUpdateOwnMetadata: true } });
    const codes = [];
    for (let index = 0; index < 33; index++) {
      const answer = await ann.request({ type: 'update', attributes: { [`key-${index}`]: 'v' } });
      codes.push(answer.code ?? answer.type);
    }
    assert.deepEqual(codes.slice(0, 32), Array(32).fill('ok'));
    assert.equal(codes[32], 'bad_message');
  });

  test('an admin removes bob: bob is told and closed with 4504, cyd hears why, and the admin gets ok', async () => {
    const [ann, bob, cyd] = await meet(server, 'kick', { sub: 'ann', video: { roomAdmin: true } }, 'bob', 'cyd');

    const answer = await ann.request({ type: 'kick', peer: bob.id });

    assert.equal(answer.type, 'ok');
    const bye = await bob.expect('bye');
    assert.deepEqual([bye.code, bye.action], ['kicked', 'stop']);
    assert.deepEqual(await bob.refusal(), { error: 'kicked', close: 4504 });
    for (const peer of [ann, cyd]) {
      assert.deepEqual(await peer.expect('peer-left'), { type: 'peer-left', peer: bob.id, reason: 'kicked' });
    }
  });

  test('who is no admin may not kick, and nobody notices', async () => {
    const [ann, bob] = await meet(server, 'no-kick', 'ann', 'bob');
    assert.equal((await ann.request({ type: 'kick', peer: bob.id })).code, 'not_permitted');
    assert.deepEqual(await bob.everything(), []);
  });

  test('an admin of one room cannot kick in another', async () => {
    const [ann] = await meet(server, 'kick-here', { sub: 'ann', video: { roomAdmin: true } });
    const [bob] = await meet(server, 'kick-there', 'bob');
    assert.equal((await ann.request({ type: 'kick', peer: bob.id })).code, 'no_such_peer');
    assert.deepEqual(await bob.everything(), []);
  });

  test('a hidden peer hears everything and is announced to nobody', async () => {
    const [ann, eve] = await meet(server, 'hidden', 'ann', { sub: 'eve', video: { hidden: true } });
    const cyd = await connectPeer(server, 'hidden', { sub: 'cyd' });
    await ann.expect('peer-joined');

    await ann.request({ type: 'broadcast', body: 'to all' });
    await eve.request({ type: 'update', media: { mic: true } });

    assert.deepEqual(
      eve.welcome.peers.map(({ peer }) => peer.identity),
      ['ann'],
    );
    assert.deepEqual(
      cyd.welcome.peers.map(({ peer }) => peer.identity),
      ['ann'],
    );
    assert.equal((await eve.expect('peer-joined')).peer.id, cyd.id);
    assert.equal((await eve.expect('broadcast')).body, 'to all');
    await eve.leave();
    assert.deepEqual(await ann.everything(), []);
    assert.deepEqual(
      (await cyd.everything()).map(({ type }) => type),
      ['broadcast'],
    );
  });

  test('a hidden peer may not send, and cannot be sent to', async () => {
    const [ann, eve] = await meet(server, 'hidden-mute', 'ann', { sub: 'eve', video: { hidden: true } });

    const sent = [];
    for (const kind of KINDS) sent.push(await eve.request({ type: 'relay', to: ann.id, kind, body: 1 }));
    sent.push(await eve.request({ type: 'broadcast', body: 1 }));

    assert.deepEqual(
      sent.map(({ code }) => code),
      Array(5).fill('not_permitted'),
    );
    assert.equal((await ann.request({ type: 'relay', to: eve.id, body: 1 })).code, 'no_such_peer');
    assert.deepEqual(await ann.everything(), []);
  });
});
