// The receiver's side of limpid-share/1: checks every group, writes in order, gives credit for what was written.

import { FIRST_CREDIT, MAX_FILES, isCount, parseChunk, parseControl } from './channel-messages.js';
import { equal, fromHex, toHex } from './digest.js';
import { refuse } from './names.js';
import { Failure, failureOfPeer } from './strings.js';
import { GROUP, ShareHasher, TreeHasher, groupHash } from './tree.js';
import { Turns } from './turns.js';

const ATTEMPTS = 3;
const MAX_RECORDS = 65_536;

export class Receiving {
  files = [];
  #manifest = null;
  #accepted = [];
  #groups = new Map();
  #hashes = new Map();
  #roots = new Map();
  #attempts = new Map();
  #next = { place: 0, offset: 0 };
  #taken = 0;
  #consumed = 0;
  #granted = FIRST_CREDIT;
  #bye = false;
  #turns = new Turns();
  #isDone = false;

  /** `on`: manifest(files, total), progress(bytes, total). */
  constructor({ control, data, on }) {
    Object.assign(this, { control, data, on });
    const safely = (action) => ({ data: message }) => {
      try { action(message); } catch (error) { this.abort(error); }
      this.#turns.wake();
    };
    control.onmessage = safely((text) => this.#hear(text));
    data.onmessage = safely((buffer) => this.#take(buffer));
  }

  /** Stops it, and tells the other side. True: nothing was left to be done, so it has ended well. */
  abort(failure) {
    if (this.#turns.failure) return false;
    // All is written and checked: an end without a goodbye is one, too.
    if (this.#isDone && failure.slug === 'connection-lost') { this.#bye = true; this.#turns.wake(); return true; }
    this.#turns.fail(failure);
    if (failure.slug) this.#say({ m: 'error', error: failure.slug });
    return false;
  }

  decline() {
    this.#say({ m: 'decline' });
  }

  /** Takes these files into `sink` ({begin(file), write(bytes), end(), close()}): resolves with {hash, bytes, files}. */
  async accept(files, sink) {
    this.#accepted = files;
    this.total = files.reduce((sum, { size }) => sum + size, 0);
    this.#sayAccept(files);
    const share = new ShareHasher();
    for (const file of files) {
      const root = await this.#receiveFile(file, sink);
      await share.push(file.path, file.size, root);
    }
    await this.#writing(() => sink.close());
    const hash = toHex(await share.finish());
    this.#isDone = true;
    this.#say({ m: 'done', root: hash });
    await this.#turns.until(() => this.#bye);
    return { hash, bytes: this.total, files: files.length };
  }

  #sayAccept(files) {
    if (files.length === this.files.length) { this.#say({ m: 'accept', files: 'all' }); return; }
    const numbers = files.map(({ f }) => f);
    for (let at = 0; at < numbers.length; at += 4000) {
      this.#say({ m: 'accept', files: numbers.slice(at, at + 4000), more: at + 4000 < numbers.length });
    }
  }

  async #receiveFile(file, sink) {
    await this.#writing(() => sink.begin(file));
    const tree = new TreeHasher();
    for (let i = 0; i * GROUP < file.size; i += 1) {
      const [bytes, leaf] = await this.#receiveGroup(file, i);
      // The sink may keep the bytes for itself, after which their length is 0.
      const { length } = bytes;
      await this.#writing(() => sink.write(bytes));
      this.#consume(length);
      this.#progress += length;
      this.on.progress(this.#progress, this.total);
      await tree.push(leaf);
    }
    await this.#turns.until(() => this.#roots.has(file.f));
    const root = await tree.root();
    if (!equal(root, this.#roots.get(file.f))) this.#end(new Failure('integrity'));
    this.#roots.delete(file.f);
    await this.#writing(() => sink.end());
    return root;
  }
  #progress = 0;

  async #receiveGroup(file, i) {
    const key = `${file.f}:${i}`;
    for (;;) {
      await this.#turns.until(() => this.#hashes.has(key) && this.#groups.get(key)?.got === groupSize(file, i));
      const { bytes } = this.#groups.get(key);
      const leaf = await groupHash(bytes);
      const isRight = equal(leaf, this.#hashes.get(key));
      this.#groups.delete(key);
      this.#hashes.delete(key);
      if (isRight) { this.#attempts.delete(key); return [bytes, leaf]; }
      const attempts = (this.#attempts.get(key) ?? 0) + 1;
      this.#attempts.set(key, attempts);
      if (attempts >= ATTEMPTS) this.#end(new Failure('integrity'));
      this.#say({ m: 'bad', f: file.f, i });
      // The credit is told at once, however little, since the sender may have none left; and after the request, so that
      // nothing else is sent for it.
      this.#consume(bytes.length, 1);
    }
  }

  /** Bytes that take no room any more: the sender may send as many again. */
  #consume(bytes, step = GROUP / 2) {
    this.#consumed += bytes;
    const credit = FIRST_CREDIT + this.#consumed;
    if (credit - this.#granted >= step) { this.#granted = credit; this.#say({ m: 'credit', bytes: credit }); }
  }

  #hear(text) {
    const message = parseControl(text);
    if (!message) return;
    if (message.m === 'manifest' && !this.#manifest?.complete) this.#hearManifest(message);
    else if (message.m === 'group' && isCount(message.i)) this.#record(this.#hashes, `${message.f}:${message.i}`, message.h);
    else if (message.m === 'file') this.#record(this.#roots, message.f, message.root);
    else if (message.m === 'bye') this.#bye = true;
    else if (message.m === 'error') throw failureOfPeer(message.error);
    else throw new Failure('protocol');
  }

  #record(records, key, hex) {
    const hash = fromHex(hex, 32);
    if (!hash || records.size >= MAX_RECORDS) throw new Failure('protocol');
    records.set(key, hash);
  }

  #hearManifest({ id, hash, group, total, files, more }) {
    this.#manifest ??= { id, total, sum: 0 };
    const known = this.#manifest;
    if (id !== known.id || total !== known.total || hash !== 'sha256t' || group !== GROUP || !Array.isArray(files)) throw new Failure('protocol');
    for (const { f, path, size, mtime, dir } of files) {
      known.sum += size;
      if (f !== this.files.length || typeof path !== 'string' || !isCount(size) || !isCount(known.sum) || f >= MAX_FILES || (dir && size > 0)) throw new Failure('protocol');
      this.files.push({ f, path, size, mtime: isCount(mtime) ? mtime : undefined, dir: dir === true });
    }
    if (more) return;
    if (known.sum !== total || this.files.length === 0) throw new Failure('protocol');
    known.complete = true;
    refuse(this.files);
    this.on.manifest(this.files, total);
  }

  /** Chunks come in the order of files and offsets, but for groups that we asked for again. */
  #take(buffer) {
    const chunk = parseChunk(buffer);
    if (!chunk) return;
    const { file: f, offset, bytes } = chunk;
    this.#taken += bytes.length;
    while (this.#accepted[this.#next.place]?.size === this.#next.offset) this.#next = { place: this.#next.place + 1, offset: 0 };
    const expected = this.#accepted[this.#next.place];
    const isNext = expected?.f === f && offset === this.#next.offset;
    const i = Math.floor(offset / GROUP), within = offset % GROUP, key = `${f}:${i}`;
    const file = isNext ? expected : this.files[f];
    if (this.#taken > this.#granted || (!isNext && !this.#attempts.has(key)) || !file) throw new Failure('protocol');
    const size = groupSize(file, i);
    const group = this.#groups.get(key) ?? { bytes: new Uint8Array(size), got: 0 };
    if (within !== group.got || within + bytes.length > size) throw new Failure('protocol');
    group.bytes.set(bytes, within);
    group.got += bytes.length;
    this.#groups.set(key, group);
    if (isNext) this.#next.offset += bytes.length;
  }

  #say(message) {
    if (this.control.readyState === 'open') this.control.send(JSON.stringify(message));
  }

  #end(failure) {
    this.abort(failure);
    throw this.#turns.failure;
  }

  async #writing(action) {
    try {
      await action();
    } catch (error) {
      this.#end(error instanceof Failure ? error : new Failure('cannot-write'));
    }
    if (this.#turns.failure) throw this.#turns.failure;
  }
}

function groupSize(file, i) {
  return Math.min(GROUP, file.size - i * GROUP);
}
