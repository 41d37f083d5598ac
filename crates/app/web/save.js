// Where received bytes go: an ordinary download, through a service worker where there is one, else out of memory.

import { archiveName, baseName } from './names.js';
import { Failure } from './strings.js';
import { ZipSink } from './zip.js';

/** The most that is kept in memory. */
export const BLOB_LIMIT = 256 * 1024 * 1024;

/** Whether downloads go straight to the disk. */
export const canStream = globalThis.isSecureContext && 'serviceWorker' in navigator;

/** Starts the worker early, so that it is there when it is needed. */
const worker = canStream ? startWorker() : Promise.resolve(null);

async function startWorker() {
  try {
    const registration = await navigator.serviceWorker.register('download-worker.js');
    const ready = registration.active ?? await new Promise((resolve, reject) => {
      const next = registration.installing ?? registration.waiting;
      next.addEventListener('statechange', () => {
        if (next.state === 'activated') resolve(next);
        if (next.state === 'redundant') reject(new Error('the worker was replaced'));
      });
      setTimeout(() => reject(new Error('the worker did not start')), 5000);
    });
    return ready;
  } catch (error) {
    // A private window, for instance, has none.
    console.warn(error);
    return null;
  }
}

/** What a download of these files will be called. */
export function downloadName(files) {
  return files.length === 1 && !files[0].dir ? baseName(files[0].path) : archiveName(files);
}

/** A sink for these files: {begin(file), write(bytes), end(), close(), abort()}. */
export async function openSink(files) {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const active = await worker;
  if (!active && total > BLOB_LIMIT) throw new Failure('too-large-here');
  const isOne = files.length === 1 && !files[0].dir;
  const name = downloadName(files);
  const out = active ? await StreamedDownload.open(active, name, isOne ? total : null) : new BlobDownload(name);
  return isOne ? new PlainSink(out) : Object.assign(new ZipSink(out), { abort: () => out.abort() });
}

class PlainSink {
  constructor(out) { this.out = out; }
  async begin() {}
  write(bytes) { return this.out.write(bytes); }
  async end() {}
  close() { return this.out.close(); }
  abort() { this.out.abort(); }
}

/** Kept in memory, then downloaded in one piece. */
class BlobDownload {
  #parts = [];
  constructor(name) { this.name = name; }
  async write(bytes) { this.#parts.push(new Blob([bytes])); }
  async close() {
    const url = URL.createObjectURL(new Blob(this.#parts, { type: 'application/octet-stream' }));
    this.#parts = [];
    const anchor = document.createElement('a');
    anchor.href = url;
    anchor.download = this.name;
    document.body.append(anchor);
    anchor.click();
    anchor.remove();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
  abort() { this.#parts = []; }
}

/** Handed to the service worker piece by piece, as fast as the browser writes. */
class StreamedDownload {
  #pulled = false;
  #failed = false;
  #wake = () => {};

  static async open(active, name, size) {
    const download = new StreamedDownload();
    const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
    const { port1, port2 } = new MessageChannel();
    download.port = port1;
    const registered = new Promise((resolve, reject) => {
      port1.onmessage = ({ data }) => {
        if (data === 'registered') resolve();
        download.#hear(data);
      };
      setTimeout(() => reject(new Failure('cannot-write')), 5000);
    });
    active.postMessage({ id, name, size }, [port2]);
    await registered;
    download.frame = document.createElement('iframe');
    download.frame.hidden = true;
    download.frame.src = `/download/${id}`;
    document.body.append(download.frame);
    // A worker without messages is put to sleep.
    download.alive = setInterval(() => active.postMessage('alive'), 5000);
    return download;
  }

  #hear(message) {
    if (message === 'pull') this.#pulled = true;
    if (message === 'cancelled') this.#failed = true;
    if (message === 'closed') this.isClosed = true;
    this.#wake();
  }

  async #until(condition) {
    while (!condition()) {
      if (this.#failed) throw new Failure('cannot-write');
      await new Promise((resolve) => { this.#wake = resolve; });
    }
  }

  async write(bytes) {
    await this.#until(() => this.#pulled);
    this.#pulled = false;
    // A copy of its own, which goes without being copied again.
    const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
    this.port.postMessage(own, [own.buffer]);
  }

  async close() {
    await this.#until(() => this.#pulled);
    this.port.postMessage('end');
    await this.#until(() => this.isClosed);
    this.#finish();
  }

  abort() {
    this.port.postMessage('abort');
    this.#finish();
  }

  #finish() {
    clearInterval(this.alive);
    setTimeout(() => this.frame.remove(), 60_000);
  }
}
