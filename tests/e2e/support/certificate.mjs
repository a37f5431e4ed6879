// certificate.mjs - a self-signed certificate for loopback, made afresh for each test process.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { folderWith } from './server.mjs';

/** {certFile, keyFile, bothFile, pem}; bothFile is what HAProxy wants. */
export function newCertificate() {
  const folder = folderWith({});
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', [...request, ...names, '-keyout', keyFile, '-out', certFile], { stdio: 'pipe' });
  const pem = readFileSync(certFile, 'utf8');
  const bothFile = join(folderWith({ 'both.pem': pem + readFileSync(keyFile, 'utf8') }), 'both.pem');
  return { certFile, keyFile, bothFile, pem };
}
