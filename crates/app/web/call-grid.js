// Everybody in sight, and once a second how they are doing.

import { SelfTile, PeerTile } from './call-tile.js';
import { judge, measure } from './call-quality.js';
import { describe } from './stats.js';
import { strings } from './strings.js';
import { element } from './ui.js';

export class Grid {
  #tiles = new Map();

  /** `on.sampled([{peer, measured, entries}])` once a second. */
  constructor({ media, speaker, name, mirrored, on }) {
    Object.assign(this, { media, speaker, name, mirrored, on });
    this.self = new SelfTile();
    this.node = element('div', { class: 'grid', role: 'group', 'aria-label': strings.call.people }, this.self.node);
    this.timer = setInterval(() => this.#sample(), 1000);
    this.update();
  }

  update() {
    this.self.update(this.media, { name: this.name, mirrored: this.mirrored });
  }

  peer(peer) {
    let tile = this.#tiles.get(peer);
    if (!tile) {
      tile = new PeerTile(peer, this.speaker);
      this.#tiles.set(peer, tile);
      this.node.insertBefore(tile.node, this.self.node);
      this.#count();
    }
    tile.update();
  }

  gone(peer) {
    this.#tiles.get(peer)?.remove();
    this.#tiles.delete(peer);
    this.#count();
  }

  close() {
    clearInterval(this.timer);
    for (const peer of [...this.#tiles.keys()]) this.gone(peer);
    this.self.video.srcObject = null;
  }

  #count() {
    this.node.dataset.people = this.#tiles.size + 1;
  }

  async #sample() {
    if (this.isSampling) return;
    this.isSampling = true;
    const samples = [];
    for (const [peer, tile] of this.#tiles) {
      const { connection } = peer;
      if (!connection) continue;
      try {
        const entries = [...(await connection.pc.getStats()).values()];
        const before = tile.connection === connection ? tile.measured : null;
        const measured = measure(entries, before);
        tile.connection = connection;
        const expects = peer.state.mic === 'on' || peer.state.camera === 'on';
        tile.badge.show(judge(measured, { isBroken: peer.brokenFor >= 1000, expects }), connection.isWorking ? await describe(connection.pc) : null);
        tile.update(measured);
        samples.push({ peer, measured, entries });
      } catch (error) {
        console.warn(error);
      }
    }
    this.isSampling = false;
    this.on.sampled(samples);
  }
}
