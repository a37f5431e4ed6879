// token.mjs - tokens in LiveKit's shape, minted with node:crypto so that they share no code with the server.
import { constants, createHmac, generateKeyPairSync, sign } from 'node:crypto';

import { plant } from './secrets.mjs';

/** The API key that every server of these tests knows. */
export const API_KEY = 'e2e';
export const API_SECRET = plant('API secret', 'a-secret-of-the-tests-that-is-long-enough-0001');

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

export const nowSeconds = () => Math.floor(Date.now() / 1000);

/** The claims of ann, valid for ten minutes, with `claims` laid over them (`video` member by member). */
export function claimsOf(claims = {}) {
  const sub = claims.sub ?? 'ann';
  const usual = { iss: API_KEY, sub, name: sub, exp: nowSeconds() + 600 };
  return { ...usual, ...claims, video: { roomJoin: true, ...claims.video } };
}

const HASHES = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };

function signature(input, alg, key) {
  switch (alg) {
    case 'RS256':
      return sign('sha256', input, key);
    case 'PS256':
      return sign('sha256', input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
    case 'ES256':
      return sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' });
    case 'none':
      return Buffer.alloc(0);
    default:
      return createHmac(HASHES[alg], key).update(input).digest();
  }
}

/** Signs whatever it is given: `claims` is an object or the payload's text. */
export function signToken(claims, { alg = 'HS256', key = API_SECRET, header = {} } = {}) {
  const input = `${encode({ alg, typ: 'JWT', ...header })}.${encode(claims)}`;
  const token = `${input}.${signature(Buffer.from(input), alg, key).toString('base64url')}`;
  plant('token', token);
  if (alg !== 'none') plant("token's signature", token.slice(token.lastIndexOf('.') + 1));
  return token;
}

/**
 * A good token, unless `claims` or `options` make it a bad one.
 * @param {object} claims over those of ann; video.room is up to the caller
 * @param {{alg?: string, key?: any, header?: object}} options
 */
export function mintToken(claims = {}, options = {}) {
  return signToken(claimsOf(claims), options);
}

/** A fresh key pair for one of the JWKS algorithms, with the public half as a JWK. */
export function newSigningKey(alg, kid) {
  const pair =
    alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
  return { alg, kid, key: pair.privateKey, publicKey: pair.publicKey, jwk };
}

/** Mints with a key of newSigningKey(). */
export function mintWithKey({ alg, key, kid }, claims, header = {}) {
  return mintToken({ iss: undefined, ...claims }, { alg, key, header: { kid, ...header } });
}
