// credential.mjs - TURN credentials made twice: by Parley, and from the draft's formula.
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { fileURLToPath } from 'node:url';

export const PARLEY = process.env.PARLEY_BINARY ?? fileURLToPath(new URL('../../build/dev/parley', import.meta.url));

/** @param {string[]} options @param {string} [secret] given through stdin, as a pipe would */
export function runTurnCredential(options, secret) {
    const env = { ...process.env };
    delete env.PARLEY_TURN_SECRET;
    delete env.PARLEY_TURN_SECRET_FILE;
    const source = secret === undefined ? [] : ['--secret-file', '-'];
    const run = spawnSync(PARLEY, ['turn-credential', ...source, ...options], { input: secret, env, encoding: 'utf8' });
    if (run.error) throw new Error(`cannot run ${PARLEY} (PARLEY_BINARY names another): ${run.error.message}`);
    return run;
}

export function issuedByParley(secret, user, ...options) {
    const run = runTurnCredential(['--user', user, '--json', ...options], secret);
    if (run.status !== 0) throw new Error(`parley turn-credential: exit ${run.status}: ${run.stderr}`);
    return JSON.parse(run.stdout);
}

/** The formula of draft-uberti-behave-turn-rest-00; for times that Parley would not sign. */
export function signed(secret, user, secondsFromNow) {
    const username = `${Math.floor(Date.now() / 1000) + secondsFromNow}:${user}`;
    return { username, password: passwordFor(secret, username) };
}

export function passwordFor(secret, username) {
    return createHmac('sha1', secret).update(username).digest('base64');
}
