// Waiting for something to hold, until a failure ends it.

export class Turns {
  /** Why nothing is waited for any more. */
  failure = null;
  #waiting = [];

  /** The first failure stays. */
  fail(failure) {
    this.failure ??= failure;
    this.wake();
  }

  /** Something happened. */
  wake() {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Waits until something holds; looks again whenever something happened. */
  async until(condition) {
    for (;;) {
      if (this.failure) throw this.failure;
      const woken = new Promise((resolve) => { this.#waiting.push(resolve); });
      if (await condition()) return;
      await woken;
    }
  }
}
