// What both sides see while a connection comes up and a transfer runs.

import { describe } from './stats.js';
import { strings } from './strings.js';
import { bytesText, element, showState, timeText } from './ui.js';
import { WaterLine } from './water-line.js';

export class TransferView {
  #start = 0;
  #samples = [];

  constructor() {
    const words = strings.transfer;
    this.line = new WaterLine();
    this.fill = element('div', { class: 'fill' });
    this.bar = element('div', {
      class: 'track', role: 'progressbar', 'aria-label': words.progress, 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': 0,
      'data-bytes': 0, 'data-total': 0, 'data-testid': 'transfer-progress',
    }, this.fill);
    this.numbers = element('p', { class: 'numbers' });
    this.path = element('dd', { 'data-testid': 'transfer-path' });
    this.cipher = element('dd', { 'data-testid': 'transfer-cipher' });
    this.peer = element('dd', { 'data-testid': 'transfer-peer' });
    this.facts = element('dl', { class: 'facts' },
      element('dt', {}, words.path), this.path,
      element('dt', {}, words.cipher), this.cipher,
      element('dt', {}, words.peer), this.peer);
    this.transfer = element('div', { hidden: true }, this.bar, this.numbers);
    this.proven = element('div', { hidden: true }, this.facts);
    this.end = element('div');
    // In sight from the first layer on.
    this.node = element('section', { class: 'sheet with-line', hidden: true }, element('div', {}, this.transfer, this.proven, this.end), this.line.node);
  }

  /** A layer came up. */
  layer(name, ms) {
    this.node.hidden = false;
    this.line.fill(name, ms);
  }

  /** Both sides have proved that they hold the link. */
  async connected(pc) {
    this.peer.textContent = strings.transfer.verified;
    this.proven.hidden = false;
    const { path, kind, family, rtt, cipher } = await describe(pc);
    this.path.textContent = rtt === undefined ? path : `${path} · ${rtt.toFixed(rtt < 10 ? 1 : 0)} ms`;
    this.path.dataset.kind = kind;
    if (family) this.path.dataset.family = family;
    this.cipher.textContent = cipher;
    showState(`${path} · ${cipher.split(' ').slice(0, 2).join(' ')} · ${strings.transfer.verifiedShort}`);
  }

  begin(total) {
    this.transfer.hidden = false;
    this.#start = performance.now();
    this.#samples = [[this.#start, 0]];
    this.progress(0, total);
  }

  progress(bytes, total) {
    const share = total === 0 ? 1 : bytes / total;
    this.fill.style.width = `${share * 100}%`;
    this.bar.setAttribute('aria-valuenow', Math.floor(share * 100));
    this.bar.dataset.bytes = bytes;
    this.bar.dataset.total = total;
    const now = performance.now();
    this.#samples.push([now, bytes]);
    // The rate of the last five seconds.
    while (this.#samples.length > 2 && now - this.#samples[0][0] > 5000) this.#samples.shift();
    const [then, before] = this.#samples[0];
    const rate = now > then ? (bytes - before) / ((now - then) / 1000) : 0;
    const words = [`${Math.floor(share * 100)} %`, `${bytesText(bytes)} ${strings.transfer.of} ${bytesText(total)}`];
    if (rate > 0) words.push(`${bytesText(rate)}/s`);
    if (rate > 0 && bytes < total) words.push(strings.transfer.left(timeText((total - bytes) / rate)));
    this.numbers.replaceChildren(...words.map((text) => element('span', {}, text)));
  }

  done(sentence, { hash, bytes, files }) {
    const seconds = (performance.now() - this.#start) / 1000;
    const rate = seconds > 0 ? `, ${bytesText(bytes / seconds)}/s` : '';
    this.end.replaceChildren(
      element('h2', {}, sentence),
      element('p', {}, `${strings.transfer.files(files)}, ${bytesText(bytes)}, ${seconds.toFixed(1)} s${rate}`),
      element('p', {}, `${strings.transfer.hash} sha256t: `, element('code', { 'data-testid': 'transfer-done' }, hash)));
  }
}

/** Keeps the screen on, and asks before the page is left, until the returned function is called. */
export function holdPage() {
  const ask = (event) => { event.preventDefault(); event.returnValue = strings.leave; };
  addEventListener('beforeunload', ask);
  // A page that is hidden loses its lock, or gets none: it asks again when it is seen.
  let lock = null;
  const seen = () => {
    if (document.visibilityState === 'visible') lock = navigator.wakeLock?.request('screen').catch(() => null);
  };
  seen();
  document.addEventListener('visibilitychange', seen);
  return async () => {
    removeEventListener('beforeunload', ask);
    document.removeEventListener('visibilitychange', seen);
    (await lock)?.release();
  };
}
