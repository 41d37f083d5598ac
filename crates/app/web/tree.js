// sha256t: a tree of hashes over groups of 1 MiB, in the shape of RFC 6962 §2.1.

import { concat, sha256, utf8 } from './digest.js';

/** Bytes of a group, but for the last one of a file. */
export const GROUP = 1 << 20;

const prefix = (byte) => Uint8Array.of(byte);

/** The leaf of one group. */
export function groupHash(group) {
  return sha256(prefix(0), group);
}

/** The leaf of one file in the tree of a share. */
export function fileHash(path, size, root) {
  const name = utf8(path);
  const numbers = new DataView(new ArrayBuffer(12));
  numbers.setUint32(0, name.length);
  numbers.setBigUint64(4, BigInt(size));
  const bytes = new Uint8Array(numbers.buffer);
  return sha256(concat(prefix(2), bytes.subarray(0, 4), name, bytes.subarray(4), root));
}

/** Takes leaves in order; holds one hash per level. */
export class TreeHasher {
  #subtrees = [];
  leaves = 0;

  async push(leaf) {
    let hash = leaf;
    // Each trailing one of the count is a subtree that the new leaf completes.
    for (let count = this.leaves; count % 2 === 1; count = Math.floor(count / 2)) {
      hash = await sha256(prefix(1), this.#subtrees.pop(), hash);
    }
    this.#subtrees.push(hash);
    this.leaves += 1;
  }

  async root() {
    if (this.leaves === 0) return groupHash(new Uint8Array(0));
    let hash = this.#subtrees.at(-1);
    for (let i = this.#subtrees.length - 2; i >= 0; i -= 1) hash = await sha256(prefix(1), this.#subtrees[i], hash);
    return hash;
  }
}

/** The hash that a transfer is known by: that of its file if it is one, else that of the tree over all. */
export class ShareHasher {
  #tree = new TreeHasher();
  #first = null;

  async push(path, size, root) {
    await this.#tree.push(await fileHash(path, size, root));
    this.#first ??= root;
  }

  async finish() {
    return this.#tree.leaves === 1 ? this.#first : this.#tree.root();
  }
}
