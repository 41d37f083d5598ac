// Files in a call: the transfer of the Share tab over two channels more of the same connection. PROTOCOLS.md 11.

import { toHex } from './digest.js';
import { canStream, openSink } from './save.js';
import { Receiving } from './share-receiving.js';
import { Sending } from './share-sending.js';
import { Failure, failures, strings } from './strings.js';
import { trace } from './call-trace.js';
import { bytesText, button, element, fileList, visible } from './ui.js';

const words = strings.call.file;
const MOST = 8;
const LABEL = /^file\/([0-9a-f]{16})\/(control|data\/0)$/;

export class CallFiles {
  #halves = new Map();
  #running = new Map();

  /** `chat`: where they are shown. */
  constructor(chat) {
    this.chat = chat;
  }

  /** Sends files to everybody who is connected. */
  send(peers, files) {
    const list = files.map((file) => ({ path: file.name.normalize('NFC'), size: file.size, mtime: Math.floor(file.lastModified / 1000), file }));
    for (const peer of peers) this.#sendTo(peer, list);
  }

  /** A channel that the other side opened. */
  take(peer, channel) {
    const [, id, kind] = LABEL.exec(channel.label) ?? [];
    const key = `${peer.member} ${id}`;
    if (!id || (!this.#halves.has(key) && this.#count(peer) >= MOST)) { channel.close(); return; }
    channel.binaryType = 'arraybuffer';
    const half = this.#halves.get(key) ?? {};
    // What comes before the other half is there waits.
    const early = [];
    channel.onmessage = ({ data }) => { if (early.length < 64) early.push(data); };
    half[kind] = { channel, early };
    this.#halves.set(key, half);
    if (half.control && half['data/0']) {
      this.#halves.delete(key);
      this.#receive(peer, id, half);
    }
  }

  /** The connection to somebody is gone, or is another one. */
  gone(peer) {
    for (const running of this.#running.get(peer) ?? []) running.abort(new Failure('connection-lost'));
    this.#running.delete(peer);
    for (const key of [...this.#halves.keys()]) if (key.startsWith(`${peer.member} `)) this.#halves.delete(key);
  }

  #count(peer) {
    const open = [...this.#halves.keys()].filter((key) => key.startsWith(`${peer.member} `)).length;
    return open + (this.#running.get(peer)?.size ?? 0);
  }

  #enlist(peer, channel, running) {
    const all = this.#running.get(peer) ?? new Set();
    all.add(running);
    this.#running.set(peer, all);
    channel.onclose = () => running.abort(new Failure('connection-lost'));
  }

  async #sendTo(peer, files) {
    const row = new Row(files.map(({ path }) => path).join(', '), words.sends(visible(files.map(({ path }) => path).join(', ')), visible(peer.name)));
    row.state(words.waiting);
    this.chat.add(row.node);
    const { pc } = peer.connection;
    const id = toHex(crypto.getRandomValues(new Uint8Array(8)));
    const [control, data] = ['control', 'data/0'].map((kind) => pc.createDataChannel(`file/${id}/${kind}`));
    control.binaryType = data.binaryType = 'arraybuffer';
    let sending;
    try {
      await Promise.all([control, data].map(opened));
      sending = new Sending({
        control, data, files, maxMessageSize: pc.sctp?.maxMessageSize,
        on: { accepted: (_, total) => row.begin(total), progress: (bytes, total) => row.progress(bytes, total) },
      });
      this.#enlist(peer, control, sending);
      trace('file out', { id });
      row.done(await sending.run());
    } catch (error) {
      row.failed(error);
    } finally {
      this.#running.get(peer)?.delete(sending);
      control.onclose = null;
      // The last message has to leave first.
      setTimeout(() => { control.close(); data.close(); }, 2000);
    }
  }

  #receive(peer, id, half) {
    const { control: { channel: control, early: texts }, 'data/0': { channel: data, early: chunks } } = half;
    const row = new Row('', words.offers(visible(peer.name)));
    let sink;
    const receiving = new Receiving({
      control, data,
      on: {
        manifest: (files) => this.#review(row, files, { receiving, finish, take: (opened) => { sink = opened; } }),
        progress: (bytes, total) => row.progress(bytes, total),
      },
    });
    const finish = (error) => {
      this.#running.get(peer)?.delete(receiving);
      control.onclose = null;
      if (error) { receiving.abort(error); sink?.abort(); row.failed(error); }
      setTimeout(() => { control.close(); data.close(); }, 500);
    };
    this.#enlist(peer, control, receiving);
    trace('file in', { id });
    for (const message of texts) control.onmessage({ data: message });
    for (const message of chunks) data.onmessage({ data: message });
  }

  #review(row, files, { receiving, finish, take }) {
    const good = files.filter(({ refused }) => !refused);
    this.chat.add(row.node);
    if (good.length === 0) { finish(new Failure('names-refused')); return; }
    const total = good.reduce((sum, { size }) => sum + size, 0);
    row.label = good.map(({ path }) => path).join(', ');
    const answer = (action) => async () => {
      buttons.remove();
      try { await action(); finish(null); } catch (error) { finish(error); }
    };
    const accept = async () => {
      const sink = await openSink(good);
      take(sink);
      row.begin(total);
      row.done(await receiving.accept(good, sink));
    };
    const decline = async () => { receiving.decline(); row.state(words.declined); };
    const buttons = element('div', { class: 'row' },
      button(words.accept, answer(accept), { class: 'primary', 'data-testid': 'call-file-accept' }),
      button(words.decline, answer(decline), { 'data-testid': 'call-file-decline' }));
    row.node.append(fileList(files), ...(canStream ? [] : [element('p', { class: 'soft' }, strings.receive.blob)]), buttons);
  }
}

const opened = (channel) => new Promise((resolve, reject) => {
  channel.onopen = resolve;
  channel.onclose = () => reject(new Failure('connection-lost'));
});

/** One transfer in the log. */
class Row {
  constructor(label, title) {
    this.label = label;
    this.fill = element('div', { class: 'fill' });
    this.bar = element('div', { class: 'track', role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': 0 }, this.fill);
    this.bar.hidden = true;
    this.text = element('p', { class: 'soft', 'data-testid': 'call-file-state' });
    this.node = element('div', { class: 'file' }, element('p', {}, title), this.bar, this.text);
  }

  state(text) { this.text.textContent = text; }

  begin(total) {
    this.bar.setAttribute('aria-label', words.progress(visible(this.label)));
    this.bar.hidden = false;
    this.progress(0, total);
  }

  progress(bytes, total) {
    const share = total === 0 ? 1 : bytes / total;
    this.fill.style.width = `${share * 100}%`;
    this.bar.setAttribute('aria-valuenow', Math.floor(share * 100));
    this.state(`${bytesText(bytes)} ${strings.transfer.of} ${bytesText(total)}`);
  }

  done({ hash }) {
    this.text.replaceChildren(words.done, ' ', element('code', { 'data-testid': 'call-file-done' }, hash));
  }

  failed(error) {
    if (!(error instanceof Failure)) console.error(error);
    const [message, hint] = failures[error.slug] ?? failures.unexpected;
    // Whoever declines may say why; then nobody needs to be asked.
    this.text.replaceChildren(`✗ ${message} ${error.reason ? visible(error.reason) : hint}`);
    this.text.dataset.error = error.slug ?? 'unexpected';
  }
}
