// page.test - the parts of the page that need no browser.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { webcrypto } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { cleanName } from '../../web-demo/page/join_view.js';
import { bestGrid } from '../../web-demo/page/layout.js';
import { problemOf } from '../../web-demo/page/problems.js';
import { isRoom, randomRoom, roomOfPath } from '../../web-demo/page/route.js';

// Node 18 has no global crypto yet.
globalThis.crypto ??= webcrypto;

const WEB = fileURLToPath(new URL('../../web-demo/', import.meta.url));
const PROTOCOL = fileURLToPath(new URL('../../docs/protocol.md', import.meta.url));
const LINES_MAX = 250;

const sourcesOf = (folder) => readdirSync(WEB + folder).filter((name) => name.endsWith('.js')).map((name) => [`${folder}/${name}`, readFileSync(`${WEB}${folder}/${name}`, 'utf8')]);

test('tiles of 1 to 10 people fit every window from a phone to a large screen', () => {
  for (const [width, height] of [[370, 760], [760, 370], [1248, 700], [1888, 980], [320, 480]])
    for (let count = 1; count <= 10; count += 1) {
      const tile = bestGrid(count, width, height, 12);
      const columns = Math.floor((width + 12) / (tile.width + 12));
      const rows = Math.ceil(count / columns);

      assert.ok(tile.width >= 70 && tile.height >= 50, `${count} in ${width}x${height}: ${tile.width}x${tile.height}`);
      assert.ok(rows * tile.height + (rows - 1) * 12 <= height, `${count} in ${width}x${height}`);
    }
});

test('names are cut to what the protocol takes, between characters', () => {
  assert.equal(cleanName('  Ann '), 'Ann');
  assert.equal(cleanName('a\0b\ud800c'), 'abc');
  assert.equal(cleanName('😀'.repeat(100)), '😀'.repeat(64));
});

test('the room comes from the path', () => {
  assert.equal(roomOfPath('/'), null);
  assert.equal(roomOfPath('/r/tea'), 'tea');
  assert.equal(roomOfPath('/r/a%40b'), 'a@b');
  for (const path of ['/r/', '/r/..', '/r/%2e%2e', '/r/a%2fb', '/r/%zz', '/r/%00']) assert.equal(roomOfPath(path), undefined, path);
});

test('a made-up room is one, and differs each time', () => {
  const rooms = new Set(Array.from({ length: 100 }, randomRoom));

  assert.equal(rooms.size, 100);
  for (const room of rooms) assert.ok(/^[a-z]{3}-[a-z]{4}-[a-z]{3}$/.test(room) && isRoom(room));
});

test('every code that ends a call has plain words', () => {
  const rows = readFileSync(PROTOCOL, 'utf8').matchAll(/^\| `([a-z_]+)` \| (45\d\d|1013) \|/gm);
  const codes = [...rows].map((row) => row[1]).filter((code) => !['bad_json', 'hello_expected', 'hello_timeout'].includes(code));

  assert.ok(codes.length > 10);
  for (const code of codes) assert.notEqual(problemOf(code).title, problemOf('never heard of').title, code);
});

test('the SDK has no DOM, the page has no WebSocket, and neither writes markup (T-47)', () => {
  const inSdk = /\b(document|window|localStorage|innerHTML)\b/;
  const inPage = /\b(WebSocket|RTCPeerConnection|innerHTML|outerHTML|insertAdjacentHTML|eval|Function)\b\s*[.(=]/;
  const strip = (source) => source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

  for (const [name, source] of sourcesOf('sdk')) assert.doesNotMatch(strip(source), inSdk, name);
  for (const [name, source] of sourcesOf('page')) assert.doesNotMatch(strip(source), inPage, name);
});

test('files stay short, are checked by the compiler, and open with what they are', () => {
  for (const [name, source] of [...sourcesOf('sdk'), ...sourcesOf('page')]) {
    const word = name.replace(/^.*\/|\.js$/g, '');
    assert.ok(source.split('\n').length <= LINES_MAX + 1, name);
    assert.ok(source.startsWith('// @ts-check\n'), name);
    assert.match(source, new RegExp(`^/\\*\\*\\s*(\\*\\s*)?${word} - `, 'm'), name);
  }
});

test('every export says what it is', () => {
  for (const [name, source] of [...sourcesOf('sdk'), ...sourcesOf('page')])
    for (const [line, before] of source.matchAll(/(.*)\nexport (?:async )?(?:function|class|const) \w+/g)) assert.match(before, /\*\/$/, `${name}: ${line}`);
});

test('the page is free of inline script and style', () => {
  const html = readFileSync(`${WEB}page/index.html`, 'utf8');

  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:/i);
});
