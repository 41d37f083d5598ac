// What the file-transfer scenarios share: files, their tree hash computed here, and the programs.
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { LIMPID, program } from './report.mjs';

export const HOST = process.env.INTEROP_HOST || '10.77.0.1';

/** A folder that goes when the process does. */
export function folder(name) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), `${name}-`));
  process.on('exit', () => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A file of pseudo-random bytes that depend on its name. */
export function makeFile(dir, name, size) {
  const file = path.join(dir, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const cipher = crypto.createCipheriv('aes-128-ctr', crypto.createHash('md5').update(name).digest(), Buffer.alloc(16));
  const out = fs.openSync(file, 'w');
  for (let at = 0; at < size; at += 1 << 20) {
    fs.writeSync(out, cipher.update(Buffer.alloc(Math.min(1 << 20, size - at))));
  }
  fs.closeSync(out);
  return file;
}

const sha = (...parts) => parts.reduce((hash, part) => hash.update(part), crypto.createHash('sha256')).digest();

/** The tree of RFC 6962 §2.1 over leaves that are hashes already. */
function tree(leaves) {
  if (leaves.length === 1) return leaves[0];
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha(Buffer.from([1]), tree(leaves.slice(0, split)), tree(leaves.slice(split)));
}

/** The root of one file, as PROTOCOLS.md section 4 defines it. */
export function root(file) {
  const size = fs.statSync(file).size;
  if (size === 0) return sha(Buffer.from([0]));
  const input = fs.openSync(file, 'r');
  const leaves = [];
  const group = Buffer.alloc(1 << 20);
  for (let at = 0; at < size; at += 1 << 20) {
    const length = fs.readSync(input, group, 0, group.length, at);
    leaves.push(sha(Buffer.from([0]), group.subarray(0, length)));
  }
  fs.closeSync(input);
  return tree(leaves);
}

/** The hash of a share: `[[path, file]…]` in the order of the manifest. */
export function shareHash(files) {
  if (files.length === 1) return root(files[0][1]).toString('hex');
  const leaves = files.map(([name, file]) => {
    const text = Buffer.from(name), length = Buffer.alloc(4), size = Buffer.alloc(8);
    length.writeUInt32BE(text.length);
    size.writeBigUInt64BE(BigInt(fs.statSync(file).size));
    return sha(Buffer.from([2]), length, text, size, root(file));
  });
  return tree(leaves).toString('hex');
}

/** `limpid serve`; `url` is where pages and programs find it. */
export async function serve(listen = `${HOST}:0`) {
  const running = program(LIMPID, ['serve', '--listen', listen, '--json']);
  const event = await running.line((line) => line.event === 'listening');
  return { ...running, url: event.url.replace(/\/$/, '') };
}

/** `limpid send`; resolves once there is a link. `options.env` is added to ours, as it is with `receive`. */
export async function send(url, paths, options = {}) {
  const running = program(LIMPID, ['send', '--signal', url, '--json', ...paths], { ...options, env: { ...process.env, ...options.env } });
  const { link } = await running.line((line) => line.event === 'ready');
  return { ...running, link };
}

export function receive(link, out, args = ['--yes'], options = {}) {
  const env = { ...process.env, ...options.env, LIMPID_LINK: link };
  return program(LIMPID, ['receive', '--out', out, '--json', ...args], { ...options, env });
}

/** Waits for a program's end, and for the exit code that it should have. */
export async function ends(running, code) {
  const done = await running.done;
  const result = done.lines.find((line) => line.event === 'result');
  if (done.code !== code) throw new Error(`exit ${done.code}, not ${code}: ${JSON.stringify(result)}\n${done.text}${done.errors}`);
  return result;
}

export function sameFile(a, b) {
  if (root(a).compare(root(b)) !== 0 || fs.statSync(a).size !== fs.statSync(b).size) throw new Error(`${a} and ${b} differ`);
}
