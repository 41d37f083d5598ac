// Push to talk on the space bar while muted, and a hint to whoever speaks while muted.

import { Meter } from './call-meter.js';

// Speech is louder than this on the meter's scale, and longer than this many looks in a row.
const LOUD = 0.55;
const LOOKS = 3;
const CONTROLS = 'a, button, input, select, textarea, summary, [contenteditable], [tabindex="0"]';

export class PushToTalk {
  #held = false;
  #loud = 0;
  #meter = null;

  /** `on`: hold(isHeld), hint(isShown). */
  constructor(media, on) {
    Object.assign(this, { media, on });
    addEventListener('keydown', this.#down);
    addEventListener('keyup', this.#up);
    addEventListener('blur', this.#up);
    this.timer = setInterval(() => this.#look(), 200);
  }

  close() {
    removeEventListener('keydown', this.#down);
    removeEventListener('keyup', this.#up);
    removeEventListener('blur', this.#up);
    clearInterval(this.timer);
    this.#meter?.stop();
  }

  #down = (event) => {
    if (event.code !== 'Space' || event.repeat || event.target.closest?.(CONTROLS) || !this.media.isMuted || !this.media.mic) return;
    event.preventDefault();
    this.#held = true;
    this.media.mute(false);
    this.on.hold(true);
  };

  #up = (event) => {
    if (!this.#held || (event.type === 'keyup' && event.code !== 'Space')) return;
    this.#held = false;
    this.media.mute(true);
    this.on.hold(false);
  };

  /** Listens only while muted. */
  #look() {
    const { mic, isMuted } = this.media;
    if (!mic || !isMuted) {
      if (this.#meter) { this.#meter.stop(); this.#meter = null; this.on.hint(false); }
      return;
    }
    if (this.#meter && this.of !== mic) { this.#meter.stop(); this.#meter = null; }
    this.#meter ??= new Meter(mic);
    this.of = mic;
    this.#loud = this.#meter.level() > LOUD ? this.#loud + 1 : 0;
    if (this.#loud === LOOKS) this.on.hint(true);
    else if (this.#loud === 0) this.on.hint(false);
  }
}
