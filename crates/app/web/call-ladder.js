// The way back when a path breaks, as a pure machine: it is told what happened and when, and says what to do.
// PROTOCOLS.md 11.

/** [ms since the path broke, what is due]. */
export const STEPS = [
  [1_000, 'unstable'],
  [2_000, 'restart'], [5_000, 'restart'], [10_000, 'restart'],
  [15_000, 'renew'], [25_000, 'renew'], [35_000, 'renew'],
  [45_000, 'lost'],
];
// From here on another connection is tried rather than another path of the same.
const RENEWS = 15_000;
// Between two attempts out of turn.
const PAUSE = 1_000;

export class Ladder {
  #since = null;
  #step = 0;
  #attempted = -Infinity;

  /** `leads`: this side acts (the polite one); the other only shows what it sees. */
  constructor(leads) {
    this.leads = leads;
  }

  /** When the path broke, or null. */
  get since() { return this.#since; }

  get isLost() { return this.#since !== null && this.#step === STEPS.length; }

  /** When to call `due` next, or null. */
  get next() {
    const step = this.#since === null ? undefined : STEPS[this.#step];
    return step ? this.#since + step[0] : null;
  }

  /** The path does not work. Said again, it changes nothing. */
  broken(now) {
    if (this.#since !== null) return;
    this.#since = now;
    this.#step = 0;
    this.#attempted = -Infinity;
  }

  /** It works: `restored` if it did not before. */
  working() {
    if (this.#since === null) return [];
    this.#since = null;
    return ['restored'];
  }

  /** What is due: of several attempts that were missed, the last one. */
  due(now) {
    let attempt = null;
    const actions = [];
    while (this.next !== null && this.next <= now) {
      const [, action] = STEPS[this.#step];
      this.#step += 1;
      if (action === 'restart' || action === 'renew') attempt = action;
      else actions.push(action);
    }
    if (attempt && this.leads && !this.isLost) { this.#attempted = now; actions.push(attempt); }
    return actions;
  }

  /**
   * Something that makes an attempt worth it at once: `signalling` is back, the `network` is another one, a `hint` that it may be, a
   * `wake` from sleep, or the other side `asked` because of the network or a wake. Only the side that leads restarts, since restarts that cross leave some
   * browsers without a path; the other one asks it to.
   */
  nudge(now, why) {
    // Asleep nobody waited.
    if (why === 'wake' && this.#since !== null) { this.#since = now; this.#step = 0; }
    if (!this.leads) return why === 'network' || why === 'wake' ? ['ask'] : [];
    if (this.isLost || now - this.#attempted < PAUSE || (this.#since === null && ['signalling', 'hint'].includes(why))) return [];
    this.#attempted = now;
    return [this.#since === null || now - this.#since < RENEWS ? 'restart' : 'renew'];
  }

  /** The person asks for one more try. */
  retry(now) {
    this.#since = now;
    this.#step = 0;
    this.#attempted = now;
    return ['renew'];
  }
}
