// Numbers for whoever wants them, once a second, with the last minute as a line; all of it can be copied as JSON.

import { strings } from './strings.js';
import { button, element, visible } from './ui.js';

const words = strings.call.stats;
const SVG = 'http://www.w3.org/2000/svg';
const MINUTE = 60;

const unit = (value, digits, name) => (value === undefined || Number.isNaN(value) ? '–' : `${value.toFixed(digits)} ${name}`);
const sum = (streams, of) => streams.reduce((all, stream) => all + (of(stream) ?? 0), 0);
const worst = (streams, of) => streams.reduce((most, stream) => Math.max(most, of(stream) ?? 0), 0);

export class StatsPanel {
  #history = new Map();
  #last = [];

  constructor() {
    this.rows = element('div', {}, words.none);
    this.copy = button(words.copy, () => this.#copy(), { 'data-testid': 'call-stats-copy' });
    this.node = element('details', { class: 'sheet', 'data-testid': 'call-stats' }, element('summary', {}, words.title), this.rows, this.copy);
  }

  /** `samples` as the grid gives them. */
  show(samples) {
    this.#last = samples;
    for (const { peer, measured } of samples) this.#remember(peer, measured);
    for (const peer of [...this.#history.keys()]) if (!samples.some((sample) => sample.peer === peer)) this.#history.delete(peer);
    if (!this.node.open) return;
    this.rows.replaceChildren(...(samples.length > 0 ? samples.map((sample) => this.#person(sample)) : [words.none]));
  }

  #remember(peer, { path, streams }) {
    const video = streams.filter(({ kind }) => kind === 'video'), audio = streams.filter(({ kind }) => kind === 'audio');
    const lines = this.#history.get(peer) ?? { network: [], audio: [], video: [] };
    lines.network.push(path.rtt ?? 0);
    lines.audio.push(sum(audio.filter(({ way }) => way === 'in'), ({ kbps }) => kbps));
    lines.video.push(sum(video.filter(({ way }) => way === 'in'), ({ kbps }) => kbps));
    for (const line of Object.values(lines)) if (line.length > MINUTE) line.shift();
    this.#history.set(peer, lines);
  }

  #person({ peer, measured: { path, streams } }) {
    const of = (kind, way) => streams.filter((stream) => stream.kind === kind && stream.way === way);
    const lines = this.#history.get(peer);
    const group = (title, line, facts) => element('div', { class: 'stat' }, element('h4', {}, title), sparkline(line, words.trend(title)),
      element('dl', {}, ...facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)])));
    const media = (kind) => [
      [words.in, unit(sum(of(kind, 'in'), ({ kbps }) => kbps), 0, 'kbit/s')],
      [words.out, unit(sum(of(kind, 'out'), ({ kbps }) => kbps), 0, 'kbit/s')],
      [words.codec, of(kind, 'in')[0]?.codec ?? '–'],
    ];
    const [picture] = of('video', 'in');
    return element('section', { 'data-member': peer.member ?? '' }, element('h3', {}, visible(peer.name)),
      group(words.network, lines.network, [
        [words.rtt, unit(path.rtt, 1, 'ms')],
        [words.loss, unit(worst(streams, ({ loss }) => loss), 1, '%')],
        [words.out, path.available === undefined ? '–' : unit(path.available, 0, 'kbit/s')],
        [words.up, layersText(peer.connection?.layers ?? {})],
      ]),
      group(words.audio, lines.audio, [...media('audio'), [words.jitter, unit(of('audio', 'in')[0]?.jitter, 1, 'ms')]]),
      group(words.video, lines.video, [...media('video'),
        [words.frames, unit(picture?.fps, 0, '/s')],
        [words.size, picture?.width ? `${picture.width}×${picture.height}` : '–']]));
  }

  async #copy() {
    const text = JSON.stringify(this.#last.map(({ peer, entries }) => ({ member: peer.member, name: peer.name, session: peer.connection?.session, stats: entries })), null, 1);
    try {
      await navigator.clipboard.writeText(text);
      this.copy.textContent = strings.call.copied;
    } catch {
      // Without a clipboard it can be marked by hand.
      const box = element('textarea', { readonly: true, 'aria-label': words.copy, rows: 8 });
      box.value = text;
      this.copy.after(box);
      box.select();
    }
  }
}

/** How long each layer took, from the bottom up. */
function layersText(layers) {
  const names = { ...strings.layers, app: strings.call.title };
  return `${Object.entries(layers).map(([layer, ms]) => `${names[layer]} ${Math.round(ms)}`).join(' · ')} ms`;
}

function sparkline(values, label) {
  const svg = document.createElementNS(SVG, 'svg');
  for (const [name, value] of Object.entries({ viewBox: '0 0 120 24', role: 'img', 'aria-label': label, class: 'spark', preserveAspectRatio: 'none' })) svg.setAttribute(name, value);
  const most = Math.max(1, ...values);
  const line = document.createElementNS(SVG, 'polyline');
  line.setAttribute('points', values.map((value, n) => `${(n / (MINUTE - 1) * 120).toFixed(1)},${(23 - value / most * 22).toFixed(1)}`).join(' '));
  svg.append(line);
  return svg;
}
