// How good the connection to somebody is: bars, and one cause in words.

import { strings } from './strings.js';
import { element } from './ui.js';

const words = strings.call;

export class Badge {
  constructor() {
    this.bars = element('span', { class: 'bars', 'aria-hidden': 'true' }, ...[1, 2, 3].map((n) => element('i', { class: `bar-${n}` })));
    this.count = element('span', { class: 'hidden-text' });
    this.path = element('span', { class: 'path' });
    this.cause = element('span', { class: 'cause' });
    this.node = element('p', { class: 'badge', 'data-testid': 'call-badge' }, this.bars, this.count, this.path, this.cause);
  }

  /** `judged`: what `judge` gave; `path`: words, `kind` and `family`, or null. */
  show({ bars, cause, value }, path) {
    this.node.dataset.bars = bars;
    this.node.dataset.cause = cause ?? '';
    this.count.textContent = words.bars(bars);
    this.path.textContent = path?.path ?? '';
    this.node.dataset.kind = path?.kind ?? '';
    this.cause.textContent = cause ? words.cause[cause](value) : '';
  }
}
