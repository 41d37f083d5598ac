// The sender's side of limpid-share/1: reads files group by group, within the receiver's credit and the channel's buffer.

import { CHUNK_HEADER, FIRST_CREDIT, MAX_CHUNK, chunkMessage, isCount, parseControl } from './channel-messages.js';
import { toHex } from './digest.js';
import { Failure, failureOfPeer } from './strings.js';
import { GROUP, ShareHasher, TreeHasher, groupHash } from './tree.js';
import { Turns } from './turns.js';

const HIGH_WATER = 4 * 1024 * 1024;
const LOW_WATER = 1024 * 1024;
// Control messages before both channels must have drained: so one does not run far ahead of the other.
const MAX_AHEAD = 1024;
const PAGE = 48 * 1024;

export class Sending {
  #credit = FIRST_CREDIT;
  #sent = 0;
  #progress = 0;
  #again = [];
  #ahead = 0;
  #turns = new Turns();
  #accepted = null;
  #done = null;

  /** `files`: [{path, size, mtime, file}]; `on`: accepted(files, bytes), progress(bytes, total). */
  constructor({ control, data, maxMessageSize, files, on }) {
    Object.assign(this, { control, data, files, on });
    this.chunk = Math.min(MAX_CHUNK, (maxMessageSize || Infinity) - CHUNK_HEADER);
    control.onmessage = ({ data: text }) => {
      try { this.#hear(text); } catch (error) { this.abort(error); }
    };
    data.onmessage = () => this.abort(new Failure('protocol'));
    data.bufferedAmountLowThreshold = LOW_WATER;
    data.onbufferedamountlow = control.onbufferedamountlow = () => this.#turns.wake();
  }

  /** Runs to the end: resolves with {hash, bytes, files}, or throws a Failure. */
  async run() {
    try {
      this.#sayManifest();
      await this.#turns.until(() => this.#accepted);
      const files = this.#accepted === 'all' ? this.files : this.files.filter((_, f) => this.#accepted.has(f));
      const total = files.reduce((sum, { size }) => sum + size, 0);
      this.on.accepted(files, total);
      const share = new ShareHasher();
      for (const entry of files) await share.push(entry.path, entry.size, await this.#sendFile(entry, total));
      await this.#turns.until(async () => { await this.#sendAgain(); return this.#done; });
      const hash = toHex(await share.finish());
      if (this.#done !== hash) throw new Failure('integrity');
      this.#say({ m: 'bye' });
      return { hash, bytes: total, files: files.length };
    } catch (error) {
      if (error instanceof Failure) this.#tell(error);
      throw error;
    }
  }

  /** Stops it. */
  abort(failure) {
    this.#turns.fail(failure);
  }

  #sayManifest() {
    const id = toHex(crypto.getRandomValues(new Uint8Array(16)));
    const total = this.files.reduce((sum, { size }) => sum + size, 0);
    const head = { m: 'manifest', id, hash: 'sha256t', group: GROUP, total };
    let page = [], length = 0;
    this.files.forEach(({ path, size, mtime, dir }, f) => {
      const entry = { f, path, size, mtime, dir };
      const bytes = new TextEncoder().encode(JSON.stringify(entry)).length + 1;
      if (length + bytes > PAGE) { this.#say({ ...head, files: page, more: true }); page = []; length = 0; }
      page.push(entry);
      length += bytes;
    });
    this.#say({ ...head, files: page, more: false });
  }

  #hear(text) {
    const message = parseControl(text);
    if (message?.m === 'accept' && !this.#accepted) this.#hearAccept(message);
    else if (message?.m === 'decline') throw Object.assign(new Failure('declined'), { reason: typeof message.reason === 'string' ? message.reason.slice(0, 200) : '' });
    else if (message?.m === 'credit' && isCount(message.bytes)) this.#credit = Math.max(this.#credit, message.bytes);
    else if (message?.m === 'bad' && this.#isGroup(message)) this.#again.push(message);
    else if (message?.m === 'done') this.#done = message.root;
    else if (message?.m === 'error') throw failureOfPeer(message.error);
    else if (message) throw new Failure('protocol');
    this.#turns.wake();
  }

  #hearAccept({ files, more }) {
    if (files === 'all') { this.#accepted = 'all'; return; }
    if (!Array.isArray(files) || files.some((f) => !isCount(f) || f >= this.files.length)) throw new Failure('protocol');
    this.wanted ??= new Set();
    for (const f of files) this.wanted.add(f);
    if (!more) this.#accepted = this.wanted;
  }

  #isGroup({ f, i }) {
    return this.#again.length < 64 && isCount(f) && isCount(i) && f < this.files.length && i * GROUP < this.files[f].size;
  }

  async #sendFile(entry, total) {
    const f = this.files.indexOf(entry);
    const tree = new TreeHasher();
    for (let i = 0; i * GROUP < entry.size; i += 1) {
      await tree.push(await this.#sendGroup(f, i, () => this.#sendAgain()));
      this.#progress += Math.min(GROUP, entry.size - i * GROUP);
      this.on.progress(this.#progress, total);
    }
    const root = await tree.root();
    await this.#sayInTurn({ m: 'file', f, root: toHex(root) });
    return root;
  }

  /** `first()` sends what goes before each chunk. */
  async #sendGroup(f, i, first = () => {}) {
    const { file, size } = this.files[f];
    const start = i * GROUP, end = Math.min(start + GROUP, size);
    const bytes = await read(file, start, end);
    const hash = groupHash(bytes);
    for (let at = 0; at < bytes.length; at += this.chunk) {
      const part = bytes.subarray(at, at + this.chunk);
      await this.#turns.until(async () => {
        await first();
        return this.#sent + part.length <= this.#credit && this.data.bufferedAmount < HIGH_WATER;
      });
      this.data.send(chunkMessage(f, start + at, part));
      this.#sent += part.length;
    }
    const leaf = await hash;
    await this.#sayInTurn({ m: 'group', f, i, h: toHex(leaf) });
    return leaf;
  }

  /** What the receiver asked for again goes before everything else: it may hold all credit until that comes. */
  async #sendAgain() {
    while (this.#again.length > 0) {
      const { f, i } = this.#again.shift();
      await this.#sendGroup(f, i);
    }
  }

  async #sayInTurn(message) {
    this.#ahead += 1;
    if (this.#ahead >= MAX_AHEAD) {
      const threshold = this.data.bufferedAmountLowThreshold;
      this.data.bufferedAmountLowThreshold = 0;
      await this.#turns.until(() => this.data.bufferedAmount === 0 && this.control.bufferedAmount === 0);
      this.data.bufferedAmountLowThreshold = threshold;
      this.#ahead = 0;
    }
    this.#say(message);
  }

  #say(message) {
    if (this.#turns.failure) throw this.#turns.failure;
    this.control.send(JSON.stringify(message));
  }

  #tell(failure) {
    try { this.control.send(JSON.stringify({ m: 'error', error: failure.slug })); } catch { /* it has gone */ }
  }
}

async function read(file, start, end) {
  let bytes;
  try {
    bytes = new Uint8Array(await file.slice(start, end).arrayBuffer());
  } catch {
    throw new Failure('cannot-read');
  }
  if (bytes.length !== end - start) throw new Failure('file-changed');
  return bytes;
}
