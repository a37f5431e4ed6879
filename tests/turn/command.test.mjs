// command.test.mjs - parley turn-credential: what it takes, what it prints, and how it fails.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { PARLEY, passwordFor, runTurnCredential } from './credential.mjs';

const SECRET = '0123456789abcdef0123456789abcdef'; // 32 bytes, the least
const [OK, USAGE, NO_INPUT, NO_PERMISSION, CONFIG] = [0, 64, 66, 77, 78];

const directory = mkdtempSync(join(tmpdir(), 'parley-turn-'));

function secretFile(text, mode = 0o600) {
    const path = join(directory, 'secret');
    rmSync(path, { force: true });
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
}

function run(options, env = {}) {
    const bare = { PATH: process.env.PATH, ...env };
    return spawnSync(PARLEY, ['turn-credential', ...options], { env: bare, input: '', encoding: 'utf8' });
}

function check(result, status, stderr) {
    assert.equal(result.status, status, result.stderr);
    assert.match(result.stderr, stderr);
    assert.equal(result.stdout, '');
}

describe('parley turn-credential', () => {
    after(() => rmSync(directory, { recursive: true }));

    test('reads the secret from a file, a line end aside, and prints a text', () => {
        for (const end of ['', '\n', '\r\n']) {
            const { status, stdout, stderr } = run(['--secret-file', secretFile(SECRET + end), '--user', 'r.ann']);
            const lines = /^username: +(\d+:r\.ann)\ncredential: +(\S+)\nexpires: +\S+Z\n$/;
            const [, username, password] = stdout.match(lines);

            assert.equal(status, OK);
            assert.equal(password, passwordFor(SECRET, username));
            assert.equal(stderr, '');
        }
    });

    test('reads the secret from the environment, or from the file that it names', () => {
        for (const env of [{ PARLEY_TURN_SECRET: SECRET }, { PARLEY_TURN_SECRET_FILE: secretFile(SECRET) }]) {
            const { username, password, ttl, uris } = JSON.parse(run(['--json', '--ttl', '90s'], env).stdout);

            assert.equal(password, passwordFor(SECRET, username));
            assert.equal(ttl, 90);
            assert.deepEqual(uris, []);
        }
    });

    test('prints the TURN REST shape with its URLs', () => {
        const urls = ['turn:t.example.org:3478?transport=udp', 'turns:[2001:db8::1]:443?transport=tcp'];
        const options = ['--format', 'rest', ...urls.flatMap((url) => ['--url', url])];
        const answer = JSON.parse(runTurnCredential(options, SECRET).stdout);

        assert.deepEqual(Object.keys(answer), ['username', 'password', 'ttl', 'uris']);
        assert.deepEqual(answer.uris, urls);
    });

    test('refuses a secret under 32 bytes, unless told that it is insecure (T-20)', () => {
        const short = SECRET.slice(1);

        check(runTurnCredential([], short), CONFIG, /shorter than 32 bytes/);
        assert.equal(runTurnCredential(['--insecure-short-secret'], short).status, OK);
        assert.equal(runTurnCredential([], SECRET).status, OK);
        check(runTurnCredential(['--insecure-short-secret'], '\n'), CONFIG, /empty/);
    });

    test('refuses a secret that a line of coturn.conf could not hold', () => {
        for (const secret of [`${SECRET}\n${SECRET}`, `${SECRET} x`, `${SECRET}\0`, `${SECRET}é`, SECRET.repeat(200)])
            check(run(['--secret-file', secretFile(secret)]), CONFIG, /./);
    });

    test('refuses a file that others may open', () => {
        for (const mode of [0o640, 0o604, 0o620, 0o601])
            check(run(['--secret-file', secretFile(SECRET, mode)]), NO_PERMISSION, /chmod 600/);
        assert.equal(run(['--secret-file', secretFile(SECRET, 0o400)]).status, OK);
    });

    test('says that a file is missing or is none', () => {
        check(run(['--secret-file', join(directory, 'absent')]), NO_INPUT, /absent: No such file/);
        chmodSync(directory, 0o700);
        check(run(['--secret-file', directory]), NO_INPUT, /directory/i);
    });

    test('wants exactly one secret', () => {
        check(run([]), USAGE, /--secret-file/);
        const both = { PARLEY_TURN_SECRET: SECRET, PARLEY_TURN_SECRET_FILE: secretFile(SECRET) };
        check(run([], both), CONFIG, /which one/);
    });

    test('takes no secret from the command line, and does not repeat one', () => {
        for (const options of [['--secret', SECRET], [`--secret=${SECRET}`]]) {
            const result = run(options);
            check(result, USAGE, /--secret-file/);
            assert.doesNotMatch(result.stderr, new RegExp(SECRET));
        }
    });

    test('refuses options that it does not understand', () => {
        const wrong = [['--nonsense'], ['extra'], ['--ttl', '59s'], ['--ttl', '25h'], ['--ttl', '3600'],
            ['--ttl', '-1h'], ['--ttl', '90500ms'], ['--ttl'], ['--user', 'a b'], ['--user', 'a\n'],
            ['--user', 'x'.repeat(128)], ['--user', 'é'], ['--url', 'http://h'], ['--url', 'turn:h:0'], ['--format', 'xml'],
            ['--format', 'iceServers'], Array(9).fill(['--url', 'turn:h']).flat()];

        const env = { PARLEY_TURN_SECRET: SECRET };
        for (const options of wrong) check(run(options, env), USAGE, /^parley turn-credential: /);
    });

    test('prints its help on standard output', () => {
        const { status, stdout, stderr } = run(['--help']);

        assert.equal(status, OK);
        assert.match(stdout, /--secret-file/);
        assert.equal(stderr, '');
    });

    test('fails when its output cannot be written', () => {
        const result = spawnSync('sh', ['-c', '"$0" turn-credential --json >/dev/full', PARLEY],
            { env: { PATH: process.env.PATH, PARLEY_TURN_SECRET: SECRET }, encoding: 'utf8' });

        assert.equal(result.status, 74);
    });
});
