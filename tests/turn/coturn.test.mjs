// coturn.test.mjs - Parley's TURN credentials, tried on Debian's coturn (T-19).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { issuedByParley, passwordFor, runTurnCredential, signed } from './credential.mjs';
import { TurnClient } from './stun.mjs';
import { REALM, shippedConfiguration, Turnserver, withoutDenials } from './turnserver.mjs';

const newSecret = () => randomBytes(32).toString('hex');

/** Peers on loopback, which the shipped configuration denies: turnutils_uclient plays both sides there. */
function startForLoopback(...secrets) {
    return Turnserver.start(withoutDenials(shippedConfiguration({ secrets })), ['--allow-loopback-peers']);
}

async function allocate(server, credential) {
    const client = new TurnClient(server.port, credential);
    const answer = await client.allocate();
    if (answer.isSuccess) await client.release();
    else client.close();
    return answer.code;
}

/** Two allocations that send five messages to each other. */
function relayFive(server, { username, password }) {
    return spawnSync('turnutils_uclient',
        ['-y', '-n', '5', '-p', String(server.port), '-u', username, '-w', password, '127.0.0.1'],
        { encoding: 'utf8', timeout: 60_000 });
}

describe('a credential for coturn', () => {
    const secret = newSecret();
    let server;
    before(async () => (server = await startForLoopback(secret)));
    after(() => server?.stop());

    test('issued by parley turn-credential is the one of the draft', () => {
        const issued = issuedByParley(secret, 'room-1.ann');

        assert.match(issued.username, /^\d{10}:room-1\.ann$/);
        assert.equal(issued.password, passwordFor(secret, issued.username));
        assert.equal(issued.ttl, 3600);
        assert.ok(Math.abs(parseInt(issued.username, 10) - (Date.now() / 1000 + 3600)) < 600);
    });

    test('issued by parley turn-credential allocates and relays', () => {
        const run = relayFive(server, issuedByParley(secret, 'room-1.ann'));

        assert.equal(run.status, 0, run.stdout + run.stderr);
        assert.match(run.stdout, /tot_send_msgs=[1-9]/);
        assert.match(run.stdout, /Total lost packets 0 /);
    });

    test('issued for a browser allocates, and so does one without a user', async () => {
        const run = runTurnCredential(['--format', 'iceServers', '--url', `turn:127.0.0.1:${server.port}`], secret);
        const [{ urls, username, credential }] = JSON.parse(run.stdout).iceServers;

        assert.deepEqual(urls, [`turn:127.0.0.1:${server.port}`]);
        assert.match(username, /^\d{10}$/);
        assert.equal(await allocate(server, { username, password: credential }), 0);
    });

    test('with a wrong password relays nothing', () => {
        const { username } = issuedByParley(secret, 'room-1.ann');
        const run = relayFive(server, { username, password: passwordFor(newSecret(), username) });

        assert.notEqual(run.status, 0);
        assert.match(run.stdout + run.stderr, /Cannot complete Allocation/);
        assert.doesNotMatch(run.stdout, /tot_send_msgs=[1-9]/);
    });

    test('with a wrong password is answered 401', async () => {
        const { username } = issuedByParley(secret, 'room-1.ann');

        assert.equal(await allocate(server, { username, password: passwordFor(newSecret(), username) }), 401);
    });

    test('that has expired is answered 401', async () => {
        assert.equal(await allocate(server, signed(secret, 'room-1.ann', 600)), 0, 'the control');

        assert.equal(await allocate(server, signed(secret, 'room-1.ann', -60)), 401);
    });

    test('whose expiry or user was changed is answered 401', async () => {
        const { username, password } = issuedByParley(secret, 'room-1.ann');
        const later = `${parseInt(username, 10) + 3600}:room-1.ann`;

        assert.equal(await allocate(server, { username: later, password }), 401);
        assert.equal(await allocate(server, { username: username.replace('ann', 'bob'), password }), 401);
    });
});

describe('the rotation of the secret', () => {
    const [old, fresh] = [newSecret(), newSecret()];

    test('lets both secrets in while coturn has both', async (t) => {
        const server = await startForLoopback(old, fresh);
        t.after(() => server.stop());

        assert.equal(await allocate(server, issuedByParley(old, 'room-1.ann')), 0);
        assert.equal(await allocate(server, issuedByParley(fresh, 'room-1.ann')), 0);
        assert.equal(await allocate(server, issuedByParley(newSecret(), 'room-1.ann')), 401);
    });

    test('shuts the old secret out once it is removed', async (t) => {
        const server = await startForLoopback(fresh);
        t.after(() => server.stop());

        assert.equal(await allocate(server, issuedByParley(old, 'room-1.ann')), 401);
        assert.equal(await allocate(server, issuedByParley(fresh, 'room-1.ann')), 0);
    });

    test('needs no restart when the secrets are in the database', async (t) => {
        const server = await startForLoopback();
        t.after(() => server.stop());
        const turnadmin = (...args) => {
            const run = spawnSync('turnadmin', [...args, '-r', REALM, '-b', server.database], { encoding: 'utf8' });
            assert.equal(run.status, 0, run.stderr);
        };

        turnadmin('-s', old);
        assert.equal(await allocate(server, issuedByParley(old, 'room-1.ann')), 0);
        assert.equal(await allocate(server, issuedByParley(fresh, 'room-1.ann')), 401);

        turnadmin('-s', fresh);
        assert.equal(await allocate(server, issuedByParley(old, 'room-1.ann')), 0);
        assert.equal(await allocate(server, issuedByParley(fresh, 'room-1.ann')), 0);

        turnadmin('-X', old);
        assert.equal(await allocate(server, issuedByParley(old, 'room-1.ann')), 401);
        assert.equal(await allocate(server, issuedByParley(fresh, 'room-1.ann')), 0);
    });
});
