// What the browser tells of the network beneath the call, and the clock of sleep: reasons to look for another path.

const LOOK = 1_000;
// A look that is late by this much comes after sleep. By the clock on the wall: others stand still meanwhile.
const ASLEEP = 10_000;

/**
 * `on(why)`: `offline`; `network`: it is another one, or it is back; `hint`: it may be another one; `wake`. Browsers also tell by
 * `change` when only their guess of its speed is another: where they do not say which kind it is, that is a hint and no more.
 */
export class NetworkWatch {
  #last = Date.now();

  constructor(on, target = globalThis, connection = globalThis.navigator?.connection) {
    Object.assign(this, { on, target, connection });
    this.kind = connection?.type;
    target.addEventListener('online', this.#online);
    target.addEventListener('offline', this.#offline);
    connection?.addEventListener?.('change', this.#change);
    this.timer = setInterval(this.#look, LOOK);
  }

  close() {
    clearInterval(this.timer);
    this.target.removeEventListener('online', this.#online);
    this.target.removeEventListener('offline', this.#offline);
    this.connection?.removeEventListener?.('change', this.#change);
  }

  #look = () => {
    const now = Date.now(), slept = now - this.#last > ASLEEP;
    this.#last = now;
    if (slept) this.on('wake');
  };

  #online = () => this.on('network');
  #offline = () => this.on('offline');
  #change = () => {
    const { type } = this.connection;
    const isOther = type !== this.kind;
    this.kind = type;
    if (type === 'none') return;
    if (isOther) this.on('network');
    else if (type === undefined) this.on('hint');
  };
}
