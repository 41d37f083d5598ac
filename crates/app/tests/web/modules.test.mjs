// The page's own modules against vectors that another implementation computed. Run: node --test crates/app/tests/web/
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

const web = (name) => import(new URL(`../../web/${name}`, import.meta.url));
const vectors = (name) => JSON.parse(fs.readFileSync(new URL(`../vectors/${name}`, import.meta.url)));
const pattern = (size) => Uint8Array.from({ length: size }, (_, i) => (i % 251) * 31 + 7);

// Both ways to hash: node has WebCrypto, and the switch is `isSecureContext`.
globalThis.isSecureContext = process.env.SECURE === '1';
const { equal, fromHex, implementation, toHex } = await web('digest.js');
const { GROUP, ShareHasher, TreeHasher, groupHash } = await web('tree.js');
const { derive, parseSecret } = await web('link.js');
const { Greeting, fingerprintOf } = await web('proof.js');
const { isSafe, refuse } = await web('names.js');
const { ZipSink } = await web('zip.js');

test(`hashing is done by ${implementation}`, () => {
  assert.equal(implementation, globalThis.isSecureContext ? 'WebCrypto' : 'own');
});

async function rootOf(bytes) {
  const tree = new TreeHasher();
  for (let at = 0; at < bytes.length; at += GROUP) await tree.push(await groupHash(bytes.subarray(at, at + GROUP)));
  return tree.root();
}

test('five files and a share hash as computed elsewhere', async () => {
  const { files, share } = vectors('sha256t.json');
  for (const { name, size, root } of files) assert.equal(toHex(await rootOf(pattern(size))), root, name);
  const hasher = new ShareHasher();
  for (const { path, size } of share.files) await hasher.push(path, size, await rootOf(pattern(size)));
  assert.equal(toHex(await hasher.finish()), share.root);
});

test('room, key and both proofs are as computed elsewhere', async () => {
  const v = vectors('proof.json');
  const { room, auth } = await derive(parseSecret(v.fragment));
  assert.equal(room, v.room);
  assert.equal(toHex(auth), v.auth);
  const hex = (name) => fromHex(v[name], 32);
  const offerer = await Greeting.make(auth, {
    room, side: 'offerer', ourNonce: hex('nonce_offerer'), theirNonce: hex('nonce_answerer'),
    ourFingerprint: hex('fingerprint_offerer'), theirFingerprint: hex('fingerprint_answerer'),
  });
  assert.equal(offerer.say().proof, v.proof_offerer);
  assert.doesNotThrow(() => offerer.hear({ m: 'hello', v: [1], proof: v.proof_answerer }));
  assert.throws(() => offerer.hear({ m: 'hello', v: [1], proof: v.proof_offerer }), { slug: 'bad-proof' });
  assert.throws(() => offerer.hear({ m: 'hello', v: [2], proof: v.proof_answerer }), { slug: 'version' });
  assert.throws(() => offerer.hear({ m: 'manifest' }), { slug: 'protocol' });
});

test('a description names one certificate', () => {
  const line = (byte) => `a=fingerprint:sha-256 ${Array(32).fill(byte).join(':')}\r\n`;
  assert.ok(equal(fingerprintOf(`v=0\r\n${line('AB')}m=x\r\n${line('ab')}`), new Uint8Array(32).fill(0xab)));
  assert.equal(fingerprintOf(line('AB') + line('AC')), null);
  assert.equal(fingerprintOf('v=0\r\n'), null);
});

test('unsafe names are refused', () => {
  const corpus = fs.readFileSync(new URL('../vectors/hostile-names.txt', import.meta.url), 'utf8').split('\n').filter((line) => line && !line.startsWith('#'));
  for (const line of corpus) assert.equal(isSafe(JSON.parse(line)), false, line);
  for (const path of ['a', 'a/b.txt', 'Grüße/你好 🎉.txt', 'a b']) assert.equal(isSafe(path), true, path);
  const files = ['a', 'A', 'd', 'd/x', '.hidden', 'e/.f/g', 'e/g'].map((path) => ({ path, size: 0 }));
  refuse(files);
  assert.deepEqual(files.filter((file) => !file.refused).map((file) => file.path), ['a', 'd', 'e/g']);
});

test('an archive holds what was put in, as another program reads it', async () => {
  const { execFileSync } = await import('node:child_process');
  const parts = [];
  // As the service worker's port does: what comes in a buffer of its own is taken away.
  const take = (bytes) => (bytes.byteLength === bytes.buffer.byteLength ? structuredClone(bytes, { transfer: [bytes.buffer] }) : bytes.slice());
  const sink = new ZipSink({ write: async (bytes) => parts.push(take(bytes)), close: async () => {} });
  const files = [{ path: 'a.txt', bytes: pattern(1000) }, { path: 'dir/ü.bin', bytes: pattern(0) }, { path: 'empty', dir: true, bytes: pattern(0) }];
  for (const { path, bytes, dir } of files) {
    await sink.begin({ path, size: bytes.length, mtime: 1_700_000_000, dir });
    if (bytes.length) { await sink.write(bytes.subarray(0, 300)); await sink.write(bytes.subarray(300)); }
    await sink.end();
  }
  await sink.close();
  const file = `${fs.mkdtempSync(path.join(os.tmpdir(), 'zip-'))}/a.zip`;
  fs.writeFileSync(file, Buffer.concat(parts));
  const script = 'import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print([(i.filename, i.file_size) for i in z.infolist()]); assert z.read("a.txt")==bytes(((i%251)*31+7)%256 for i in range(1000))';
  assert.equal(execFileSync('python3', ['-c', script, file], { encoding: 'utf8' }).trim(), "[('a.txt', 1000), ('dir/ü.bin', 0), ('empty/', 0)]");
});
