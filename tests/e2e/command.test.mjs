// command.test.mjs - scenes at the terminal: wrong settings are named by their place, and each failure has its status.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import {
  API_KEY,
  API_SECRET,
  BINARY,
  connectPeer,
  folderWith,
  openPeer,
  plant,
  runParley,
  startServer,
  within,
} from './harness.mjs';
import { newCertificate } from './support/certificate.mjs';
import { freePort, takenPort } from './support/ports.mjs';

/** sysexits(3) */
const EX = { OK: 0, USAGE: 64, NOINPUT: 66, UNAVAILABLE: 69, NOPERM: 77, CONFIG: 78 };

const KEYS = { PARLEY_AUTH_KEYS: `${API_KEY}: ${API_SECRET}` };
const LOOPBACK = ['--set', 'server.listen=127.0.0.1:0', '--set', 'admin.listen=127.0.0.1:0'];
const fileWith = (text, name = 'parley.yaml') => join(folderWith({ [name]: text }), name);

describe('parley config check', () => {
  test('says that a good file is good', async () => {
    const { status, stderr } = await runParley(['config', 'check', '-c', fileWith('rooms:\n  capacity: 5\n')], { env: KEYS });
    assert.deepEqual([status, stderr], [EX.OK, '']);
  });

  test('takes what parley config default prints', async () => {
    const { stdout } = await runParley(['config', 'default']);
    const { status, stderr } = await runParley(['config', 'check', '-c', fileWith(stdout)], { env: KEYS });
    assert.deepEqual([status, stderr], [EX.OK, '']);
  });

  const WRONG = [
    ['an unknown key', 'rooms:\n  capcity: 5\n', ':2:3: ', /unknown key "rooms\.capcity".*did you mean "rooms\.capacity"/],
    ['a word for a number', 'rooms:\n  capacity: many\n', ':2:13: ', /rooms\.capacity/],
    ['a number out of range', 'rooms:\n  capacity: 0\n', ':2:13: ', /rooms\.capacity/],
    ['a duration without a unit', 'limits:\n  ping_interval: soon\n', ':2:18: ', /limits\.ping_interval/],
    ['a choice that there is not', 'log:\n  level: loud\n', ':2:10: ', /debug/],
    ['a key twice', 'rooms:\n  capacity: 5\n  capacity: 6\n', ':3:3: ', /capacity/],
    ['a wrong item of a list', 'server:\n  listen:\n    - 127.0.0.1:80\n    - here\n', ':4:7: ', /server\.listen: "here"/],
    ['YAML that is none', 'rooms: {capacity: 5\n', ':2:1: ', /expected/],
  ];
  for (const [name, text, place, pattern] of WRONG) {
    test(`names the place of ${name}, in one line and with status 78`, async () => {
      const file = fileWith(text);
      const { status, stderr } = await runParley(['config', 'check', '-c', file]);
      assert.equal(status, EX.CONFIG);
      assert.ok(stderr.startsWith(`parley: ${file}${place}`), stderr);
      assert.match(stderr, pattern);
      assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
    });
  }

  test('names both of two settings that do not go together', async () => {
    const file = fileWith('limits:\n  ping_interval: 20s\n  ping_timeout: 10s\n');
    const { status, stderr } = await runParley(['config', 'check', '-c', file]);
    assert.equal(status, EX.CONFIG);
    assert.match(stderr, /^parley: .*limits\.ping_timeout.*limits\.ping_interval/);
  });

  test('refuses what serve refuses, with its words and its status', async () => {
    const [one, other] = [newCertificate(), newCertificate()];
    const tls = (cert, key) => ['tls_listen=127.0.0.1:0', `tls_cert_file=${cert}`, `tls_key_file=${key}`];
    const CASES = [
      ['no key', [], {}, EX.CONFIG, /there is no key/],
      ['no certificate', tls('/nowhere/cert.pem', one.keyFile), KEYS, EX.NOINPUT, /server\.tls_cert_file: \/nowhere\/cert\.pem: No such/],
      ['no private key', tls(one.certFile, '/nowhere/key.pem'), KEYS, EX.NOINPUT, /server\.tls_key_file: \/nowhere\/key\.pem: No such/],
      ['a key of another', tls(one.certFile, other.keyFile), KEYS, EX.CONFIG, /server\.tls_key_file: .*does not fit/],
      ['the two swapped', tls(one.keyFile, one.certFile), KEYS, EX.CONFIG, /server\.tls_cert_file: .*holds no certificate/],
    ];
    for (const [name, settings, env, status, pattern] of CASES) {
      const args = [...LOOPBACK, ...settings.flatMap((setting) => ['--set', `server.${setting}`])];
      const check = await runParley(['config', 'check', ...args], { env });
      const serve = await runParley(['serve', ...args], { env });
      assert.deepEqual([check.status, serve.status], [status, status], name);
      assert.match(check.stderr, pattern);
      assert.equal(serve.stderr, check.stderr, `${name}: serve says more, perhaps that it listens`);
    }
  });

  test('a file that is not there: status 66', async () => {
    const { status, stderr } = await runParley(['config', 'check', '-c', join(folderWith({}), 'none.yaml')]);
    assert.equal(status, EX.NOINPUT);
    assert.match(stderr, /none\.yaml/);
  });
});

describe('parley serve that cannot start', () => {
  /** Runs it, and holds what is common to all failures: a status, and one line that says what to do. */
  async function fails(args, env = KEYS) {
    const { status, stdout, stderr } = await runParley(['serve', ...args], { env });
    const lines = stderr.split('\n').filter((line) => line.startsWith('parley: '));
    assert.equal(stdout, '');
    assert.equal(lines.length, 1, stderr);
    return { status, line: lines[0] };
  }

  test('with a wrong setting: status 78', async () => {
    const { status, line } = await fails([...LOOPBACK, '--set', 'rooms.capacity=none']);
    assert.equal(status, EX.CONFIG);
    assert.match(line, /rooms\.capacity/);
  });

  test('with a setting that there is not: status 64, as of a wrong option, and the nearest that there is', async () => {
    const { status, line } = await fails([...LOOPBACK, '--set', 'room.capacity=5']);
    assert.equal(status, EX.USAGE);
    assert.match(line, /rooms\.capacity/);
  });

  test('without any key: status 78', async () => {
    const { status, line } = await fails(LOOPBACK, {});
    assert.equal(status, EX.CONFIG);
    assert.match(line, /key/);
  });

  test('with a Redis to join other nodes over, but no key that they share: status 78', async () => {
    const { status, line } = await fails(LOOPBACK, { ...KEYS, PARLEY_CLUSTER_REDIS_URL: 'redis://127.0.0.1' });
    assert.equal(status, EX.CONFIG);
    assert.match(line, /cluster\.redis\.url needs cluster\.key.*parley keygen --cluster/);
  });

  test('with a secret that is too short: status 78, and the secret is not shown', async () => {
    const { status, line } = await fails(LOOPBACK, { PARLEY_AUTH_KEYS: 'weak: only-31-bytes-long-xxxxxxxxxxxx'.slice(0, 37) });
    assert.equal(status, EX.CONFIG);
    assert.match(line, /32 bytes/);
    assert.doesNotMatch(line, /only-31/);
  });

  test('with a keys file that is not there: status 66', async () => {
    const { status, line } = await fails([...LOOPBACK, '--set', `auth.keys_file=${join(folderWith({}), 'keys')}`], {});
    assert.equal(status, EX.NOINPUT);
    assert.match(line, /keys/);
  });

  test('with a keys file that others can read: status 77', async () => {
    const file = fileWith(`${API_KEY}: ${API_SECRET}\n`, 'keys');
    chmodSync(file, 0o644);
    const { status, line } = await fails([...LOOPBACK, '--set', `auth.keys_file=${file}`], {});
    assert.equal(status, EX.NOPERM);
    assert.match(line, /chmod 600/);
  });

  test('on a port that is taken: status 69, and the address is named', async () => {
    const { port, release } = await takenPort();
    const { status, line } = await fails(['--set', `server.listen=127.0.0.1:${port}`, '--set', 'admin.listen=127.0.0.1:0']);
    await release();
    assert.equal(status, EX.UNAVAILABLE);
    assert.match(line, new RegExp(`127\\.0\\.0\\.1:${port}.*in use`, 'i'));
  });

  test('on a port that is taken, after one that is free: nothing says that it listens', async () => {
    const { port, release } = await takenPort();
    const args = ['serve', '--set', 'server.listen=127.0.0.1:0', '--set', `admin.listen=127.0.0.1:${port}`];
    const { status, stderr } = await runParley(args, { env: KEYS });
    await release();
    assert.equal(status, EX.UNAVAILABLE);
    assert.doesNotMatch(stderr, /server\.listening/);
  });

  test('with TLS but no certificate: status 78', async () => {
    const { status, line } = await fails([...LOOPBACK, '--set', 'server.tls_listen=127.0.0.1:0']);
    assert.equal(status, EX.CONFIG);
    assert.match(line, /tls_cert_file/);
  });

  test('with an option that there is not: status 64', async () => {
    const { status, line } = await fails(['--fast']);
    assert.equal(status, EX.USAGE);
    assert.match(line, /--fast/);
  });

  test('--dev on more than loopback: status 64', async () => {
    const { status, line } = await fails(['--dev', '--set', 'server.listen=0.0.0.0:0', '--set', 'admin.listen=127.0.0.1:0'], {});
    assert.equal(status, EX.USAGE);
    assert.match(line, /loopback/);
  });
});

describe('signals', () => {
  test('a stray SIGRTMIN leaves the server able to hear SIGTERM', async () => {
    const server = await startServer();
    const SIGRTMIN = 34;
    process.kill(server.pid, SIGRTMIN);
    assert.equal((await fetch(`${server.url}/livez`)).status, 200);
    await server.stop({ status: EX.OK });
    assert.ok(server.lines.some(({ event }) => event?.event === 'server.stopping'), 'SIGTERM was not heard');
  });

  test('SIGHUP without TLS: the log says that there is nothing to reload', async () => {
    const server = await startServer();
    process.kill(server.pid, 'SIGHUP');
    assert.equal((await server.logged('tls.reload')).result, 'nothing to reload');
    await server.stop();
  });
});

describe('where settings come from', () => {
  test('a keys file with two keys, and the environment over the file, and --set over both', async () => {
    const keysFile = fileWith(`# keys\n${API_KEY}: ${API_SECRET}\n`, 'keys');
    const server = await startServer({
      yaml: `auth:\n  keys_file: ${keysFile}\nrooms:\n  capacity: 1\n`,
      env: { PARLEY_AUTH_KEYS: '', PARLEY_ROOMS_CAPACITY: '2', PARLEY_LIMITS_MESSAGES_BURST: '3' },
      config: { 'limits.messages_burst': 300 },
    });
    const room = 'sources';
    await connectPeer(server, room, { sub: 'ann' });
    await connectPeer(server, room, { sub: 'bob' });
    const third = await connectPeer(server, room, { sub: 'cyd' }).catch(({ answer }) => answer);
    assert.equal(third.code, 'room_full');
    await server.stop();
  });
});

/** Starts the development mode on a free port and waits for the link on its standard output. */
async function startDev(t, ...more) {
  const port = await freePort();
  const home = folderWith({});
  const args = ['serve', '--dev', '--set', `server.listen=127.0.0.1:${port}`, '--set', 'admin.listen=127.0.0.1:0', ...more];
  const child = spawn(BINARY, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, HOME: home } });
  t.after(() => child.kill('SIGKILL'));
  const dev = {
    child,
    home,
    address: `127.0.0.1:${port}`,
    stdout: '',
    stderr: '',
    exit: new Promise((resolve) => child.on('close', resolve)),
  };
  dev.roomUrl = (room) => `ws://${dev.address}/v1/rooms/${room}/ws`;
  child.stderr.on('data', (text) => (dev.stderr += text));
  const link = new Promise((resolve) =>
    child.stdout.on('data', (text) => /https?:\S+/.test((dev.stdout += text)) && resolve(undefined)),
  );
  await within(Promise.race([link, dev.exit]), () => `a link; so far: ${dev.stdout} ${dev.stderr}`);
  return dev;
}

describe('parley --dev', () => {
  test('prints a link that works, says that it is insecure, and hands out tokens with which people meet', async (t) => {
    const dev = await startDev(t);
    const [link] = dev.stdout.match(/https?:\S+/);
    const tokenFor = async (name) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`http://${dev.address}/v1/dev/token`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ room: 'demo', name }),
      });
      return plant('token', (await answer.json()).token);
    };

    const page = await fetch(link);
    const [ann, bob] = [await openPeer(dev, 'demo'), await openPeer(dev, 'demo')];
    await ann.hello(await tokenFor('Ann'));
    await bob.hello(await tokenFor('Bob'));

    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-type'), /^text\/html/);
    assert.equal((await ann.expect('peer-joined')).peer.name, 'Bob');
    assert.match(dev.stderr, /insecure/i);
    dev.child.kill('SIGTERM');
    assert.equal(await within(dev.exit, 'the end'), 0);
    assert.doesNotMatch(dev.stderr, /AddressSanitizer|runtime error|eyJ/);
  });
});

describe('parley --dev --lan', () => {
  test('serves https with a certificate of a local authority, and shows a QR code', async (t) => {
    const port = await freePort();
    const dev = await startDev(t, '--lan', '--set', `server.tls_listen=127.0.0.1:${port}`);
    const ca = readFileSync(join(dev.home, '.local/state/parley/dev/ca.pem'));
    const statusOf = (options) =>
      new Promise((resolve) =>
        get({ host: '127.0.0.1', servername: 'localhost', port, path: '/livez', ...options }, (answer) => resolve(answer.resume().statusCode)).on('error', (error) =>
          resolve(error.code),
        ),
      );

    assert.equal(await statusOf({ ca }), 200);
    assert.match(String(await statusOf({ ca: [] })), /SELF_SIGNED|UNABLE_TO/);
    assert.equal(statSync(join(dev.home, '.local/state/parley/dev/ca.key')).mode & 0o077, 0);
    assert.match(dev.stdout, /█/);
    dev.child.kill('SIGTERM');
    assert.equal(await within(dev.exit, 'the end'), 0);
  });

  test('does not go without --dev: status 64', async () => {
    const { status, stderr } = await runParley(['serve', '--lan', ...LOOPBACK], { env: KEYS });
    assert.equal(status, EX.USAGE);
    assert.match(stderr, /--dev/);
  });
});

describe('the rest of the command', () => {
  for (const args of [['--help'], ['serve', '--help'], ['config', '--help'], ['token', '--help'], ['--version']]) {
    test(`parley ${args.join(' ')} answers on standard output with status 0`, async () => {
      const { status, stdout, stderr } = await runParley(args);
      assert.deepEqual([status, stderr], [EX.OK, '']);
      assert.match(stdout, /parley/);
    });
  }

  test('a command that there is not: status 64', async () => {
    assert.equal((await runParley(['dance'])).status, EX.USAGE);
  });

  test('a token made by parley token create lets its bearer in', async () => {
    const made = await runParley(['token', 'create', '--room', 'made', '--identity', 'ann'], { env: KEYS });
    assert.deepEqual([made.status, made.stderr], [EX.OK, '']);
    const server = await startServer();
    const ann = await openPeer(server, 'made');
    await ann.hello(plant('token', made.stdout.trim()));
    assert.equal(ann.identity, 'ann');
    await server.stop();
  });
});
