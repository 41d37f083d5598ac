// The water line: the layers of a connection fill from the bottom up, each with the time it took.

import { element } from './ui.js';
import { strings } from './strings.js';

const LAYERS = [['udp', '○'], ['ice', '◇'], ['dtls', '▣'], ['sctp', '■'], ['app', '●']];

export class WaterLine {
  /** `app`: what the uppermost layer is called. */
  constructor(app = strings.layers.app) {
    const names = { ...strings.layers, app };
    this.rows = new Map(LAYERS.map(([name, mark]) => {
      const time = element('span', { class: 'time' });
      const row = element('li', { class: name, 'data-layer': name },
        element('span', { class: 'pipe' }),
        element('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
        element('span', {}, names[name]),
        time);
      return [name, { row, time }];
    }));
    this.node = element('ol', { class: 'water', 'aria-label': 'Layers' }, ...[...this.rows.values()].map(({ row }) => row));
  }

  fill(name, ms) {
    const { row, time } = this.rows.get(name);
    row.classList.add('full');
    row.dataset.ms = ms.toFixed(1);
    time.textContent = `${Math.round(ms)} ms`;
  }

  reset() {
    for (const { row, time } of this.rows.values()) { row.classList.remove('full'); delete row.dataset.ms; time.textContent = ''; }
  }
}
