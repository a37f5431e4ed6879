// hardening.test.mjs - deploy/coturn/turnserver.conf as shipped, tried on Debian's coturn: what it denies (T-18), what
// it allows, and that coturn understands every line of it.
//
// Permissions are asked for public addresses too. Asking sends nothing there, and the tests send no data.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { connect } from 'node:tls';
import { signed } from './credential.mjs';
import { TurnClient } from './stun.mjs';
import { shippedConfiguration, Turnserver, withoutDenials } from './turnserver.mjs';

const secret = randomBytes(32).toString('hex');
const shipped = shippedConfiguration({ secrets: [secret] });
const FORBIDDEN = 403;
const TRANSPORT_REFUSED = 442;
const QUOTA_REACHED = 486;

// First and last of each range of IANA's registries, and the addresses that attackers ask for.
const DENIED = {
    4: `0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.0 10.1.2.3 10.255.255.255 100.64.0.0 100.100.100.200 100.127.255.255
        127.0.0.1 127.0.0.53 127.255.255.255 168.63.129.16 169.254.0.0 169.254.169.254 169.254.255.255 172.16.0.0
        172.17.0.1 172.31.255.255 192.0.0.0 192.0.0.9 192.0.0.192 192.0.0.255 192.0.2.0 192.0.2.255 192.31.196.0
        192.31.196.255 192.52.193.0 192.52.193.255 192.88.99.0 192.88.99.255 192.168.0.0 192.168.1.1 192.168.255.255
        192.175.48.0 192.175.48.255 198.18.0.0 198.19.255.255 198.51.100.0 198.51.100.255 203.0.113.0 203.0.113.255
        224.0.0.1 239.255.255.255 240.0.0.0 255.255.255.254 255.255.255.255`.split(/\s+/),
    6: `:: ::1 ::2 ::100 ::1:0 ::100:0 ::1:0:0 ::100:0:0 ::1:0:0:0 ::100:0:0:0 ::1:0:0:0:0 ::100:0:0:0:0
        0:0:1:: 0:0:100:: 0:1:: 0:100:: 1:: ::7f00:1 ::10.0.0.1 ::127.0.0.1 ::169.254.169.254 ::255.255.255.255
        ::ffff:0.0.0.0 ::ffff:10.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:8.8.8.8 ::ffff:255.255.255.255
        ::ffff:0:10.0.0.1 64:ff9b:: 64:ff9b::1 64:ff9b::10.0.0.1 64:ff9b::8.8.8.8 64:ff9b:1:: 64:ff9b:1::10.0.0.1
        64:ff9b:1:ffff:ffff:ffff:ffff:ffff 100:: 100::ffff:ffff:ffff:ffff 100:0:0:1:: 1fff:ffff::
        2001:: 2001:0:4136:e378::1 2001:2::1 2001:3::1 2001:4:112::1 2001:10::1 2001:20::1
        2001:30::1 2001:1ff:ffff::ffff
        2001:db8:: 2001:db8::1 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 2002:: 2002:a00:1::1 2002:7f00:1::1
        2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2620:4f:8000:: 2620:4f:8000:ffff:ffff:ffff:ffff:ffff
        3fff:: 3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff 4000:: 5f00::1 fc00::1 fd00::1 fd00:ec2::254
        fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff fe80::1 febf::1 fec0::1 ff02::1 ff05::2 ff0e::1
        ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff`.split(/\s+/),
};
// Public ones, the neighbours of the ranges above among them: a wall that denied all would pass otherwise.
const ALLOWED = {
    4: `8.8.8.8 1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 168.63.129.15
        168.63.129.17 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0
        192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 203.0.114.0 223.255.255.255`.split(/\s+/),
    6: `2000:: 2001:200:: 2001:4860:4860::8888 2001:db7:ffff:: 2001:db9:: 2003:: 2606:4700:4700::1111 2620:4f:7fff::
        2620:4f:8001:: 2a00:1450::1 3ffe:: 3fff:1000:: 3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff`.split(/\s+/),
};

/** Which error each address is answered with; 0 is a permission. */
async function permissions(server, family, addresses) {
    const client = new TurnClient(server.port, signed(secret, 'room-1.ann', 600));
    const allocated = await client.allocate(family);
    assert.ok(allocated.isSuccess, `no IPv${family} allocation: ${allocated.code}`);
    const codes = {};
    for (const address of addresses) codes[address] = (await client.permit(address)).code;
    await client.release();
    return codes;
}

function speaks(server, version) {
    const socket = connect({
        port: server.tlsPort, host: '127.0.0.1', minVersion: version, maxVersion: version,
        ciphers: 'DEFAULT:@SECLEVEL=0', rejectUnauthorized: false, // a certificate of the test's own
    });
    return new Promise((resolve) => {
        socket.once('secureConnect', () => resolve(true)).once('error', () => resolve(false));
    }).finally(() => socket.destroy());
}

async function tcpAllocation(server) {
    const client = new TurnClient(server.port, signed(secret, 'room-1.ann', 600));
    const answer = await client.ask('allocate', [['transport', Buffer.from([6, 0, 0, 0])]]);
    client.close();
    return answer.code;
}

const all = (addresses, code) => Object.fromEntries(addresses.map((address) => [address, code]));

describe('deploy/coturn/turnserver.conf as shipped', () => {
    let server;
    before(async () => (server = await Turnserver.start(shipped)));
    after(() => server?.stop());

    test('holds no line that coturn does not know', () => {
        assert.match(server.log, /Default realm: turn\.example\.org/);
        assert.doesNotMatch(server.log, /bad configuration|unrecognized|unknown|warning|error/i);
    });

    for (const family of [4, 6]) {
        test(`refuses every special IPv${family} address with 403 (T-18)`, async () => {
            assert.deepEqual(await permissions(server, family, DENIED[family]), all(DENIED[family], FORBIDDEN));
        });

        test(`permits public IPv${family} addresses, next-door ones included`, async () => {
            assert.deepEqual(await permissions(server, family, ALLOWED[family]), all(ALLOWED[family], 0));
        });
    }

    test('refuses a peer of the other address family, however it is spelt (T-18)', async () => {
        const codes = await permissions(server, 4, ['::1', '::ffff:10.0.0.1', 'fd00::1']);

        assert.deepEqual(Object.values(codes).map((code) => code >= 400), [true, true, true]);
    });

    test('relays no TCP', async () => {
        assert.equal(await tcpAllocation(server), TRANSPORT_REFUSED);
    });

    test('does not say which version it is', async () => {
        const client = new TurnClient(server.port);
        const answer = await client.bind();
        client.close();

        assert.ok(answer.isSuccess);
        assert.equal(answer.get('software'), undefined);
    });

    test('gives one room.peer twelve allocations and no more, whatever the expiry (T-19)', async () => {
        const clients = [];
        const allocateAs = async (user, ttl) => {
            const client = new TurnClient(server.port, signed(secret, user, ttl));
            clients.push(client);
            return (await client.allocate()).code;
        };

        const codes = [];
        for (let i = 0; i < 13; i++) codes.push(await allocateAs('room-2.ann', 600 + i));
        const others = await allocateAs('room-2.bob', 600);
        clients.forEach((client) => client.close());

        assert.deepEqual(codes, [...Array(12).fill(0), QUOTA_REACHED]);
        assert.equal(others, 0);
    });
});

describe('the TLS of that configuration', () => {
    test('is 1.2 and nothing older', async (t) => {
        // coturn says nothing to an old hello; it just ends the connection when this time is over.
        const server = await Turnserver.start(shipped, ['--max-allocate-timeout=1']);
        t.after(() => server.stop());

        assert.equal(await speaks(server, 'TLSv1'), false);
        assert.equal(await speaks(server, 'TLSv1.1'), false);
        assert.equal(await speaks(server, 'TLSv1.2'), true);
    });
});

describe('the controls of these tests', () => {
    test('a line that coturn does not know is told in its log', async (t) => {
        const server = await Turnserver.start(`${shipped}denied-peer-ipp=10.0.0.1\n`);
        t.after(() => server.stop());

        assert.match(server.log, /bad configuration/i);
    });

    test('without their lines TLS 1.1 would be spoken and TCP relays be looked into', async (t) => {
        const lax = shipped
            .replace(/^no-t(lsv1|lsv1_1|cp-relay)$/gm, '')
            .replace(/^cipher-list=.*$/m, 'cipher-list=DEFAULT:@SECLEVEL=0');
        const server = await Turnserver.start(lax);
        t.after(() => server.stop());

        assert.ok(await speaks(server, 'TLSv1.1'));
        assert.notEqual(await tcpAllocation(server), TRANSPORT_REFUSED);
    });

    test('without the denials private addresses would be reached', async (t) => {
        const server = await Turnserver.start(withoutDenials(shipped));
        t.after(() => server.stop());
        const reachable = {
            4: ['10.0.0.1', '169.254.169.254', '192.168.1.1'],
            6: ['fd00::1', '64:ff9b::10.0.0.1', '2002:a00:1::1'],
        };

        for (const family of [4, 6])
            assert.deepEqual(await permissions(server, family, reachable[family]), all(reachable[family], 0));
    });
});

describe('the configuration before it is edited', () => {
    test('lets nobody in, as it has no secret', async (t) => {
        const server = await Turnserver.start(shippedConfiguration());
        t.after(() => server.stop());

        for (const guess of ['', 'north', 'static-auth-secret']) {
            const client = new TurnClient(server.port, signed(guess, 'room-1.ann', 600));
            const answer = await client.allocate();
            client.close();
            assert.equal(answer.code, 401);
        }
    });
});
