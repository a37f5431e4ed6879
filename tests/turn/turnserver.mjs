// turnserver.mjs - Debian's coturn as a fixture: on loopback, on a free port, with our configuration or a bare one.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TurnClient } from './stun.mjs';

export const REALM = 'turn.example.org';
const SHIPPED = fileURLToPath(new URL('../../deploy/coturn/turnserver.conf', import.meta.url));

export async function freePort() {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    return port;
}

/** Our configuration as an operator would have edited it: the secrets filled in, the addresses this machine's. */
export function shippedConfiguration({ secrets = [] } = {}) {
    const shipped = readFileSync(SHIPPED, 'utf8');
    const lines = secrets.map((secret) => `static-auth-secret=${secret}`).join('\n');
    return shipped.replace(/^#static-auth-secret=$/m, lines);
}

/** The same with nothing denied: the control for what the denials do. */
export function withoutDenials(configuration) {
    return configuration.replace(/^denied-peer-ip=.*$/gm, '');
}

/** A self-signed certificate and its key, so that TLS and DTLS are up. */
function makeCertificate(directory) {
    const [cert, pkey] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
    const run = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
        '-subj', `/CN=${REALM}`, '-days', '2', '-keyout', pkey, '-out', cert], { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`openssl makes no certificate: ${run.error?.message ?? run.stderr}`);
    return [`--cert=${cert}`, `--pkey=${pkey}`];
}

export class Turnserver {
    /** @param {string} configuration @param {string[]} [options] more arguments */
    static async start(configuration, options = []) {
        const server = new Turnserver();
        server.port = await freePort();
        server.tlsPort = await freePort();
        server.directory = mkdtempSync(join(tmpdir(), 'parley-coturn-'));
        server.log = '';
        const path = join(server.directory, 'turnserver.conf');
        writeFileSync(path, configuration, { mode: 0o600 });
        server.process = spawn('turnserver', [
            '-c', path, `--userdb=${server.database}`, `--pidfile=${join(server.directory, 'pid')}`,
            '--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1', '--relay-ip=::1', '--relay-threads=1',
            `--listening-port=${server.port}`, `--tls-listening-port=${server.tlsPort}`,
            ...makeCertificate(server.directory), ...options,
        ], { stdio: ['ignore', 'pipe', 'pipe'] });
        server.exited = once(server.process, 'exit');
        for (const stream of [server.process.stdout, server.process.stderr])
            stream.on('data', (bytes) => (server.log += bytes));
        await server.ready();
        return server;
    }

    get database() {
        return join(this.directory, 'turndb');
    }

    /** It answers STUN as soon as it listens; the client repeats its question until then. */
    async ready() {
        const client = new TurnClient(this.port);
        const died = this.exited.then(() => {
            throw new Error(`turnserver did not start:\n${this.log}`);
        });
        try {
            await Promise.race([client.bind(), died]);
        } catch (error) {
            await this.stop();
            throw error;
        } finally {
            client.close();
        }
        died.catch(() => {});
    }

    async stop() {
        if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill('SIGKILL');
        await this.exited;
        rmSync(this.directory, { recursive: true, force: true });
    }
}
