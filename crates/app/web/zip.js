// A store-only zip archive as a stream (APPNOTE 6.3.10): sizes and checksums follow each file; zip64 where it is needed.

const CRC = new Uint32Array(256).map((_, n) => {
  for (let bit = 0; bit < 8; bit += 1) n = n & 1 ? (n >>> 1) ^ 0xEDB88320 : n >>> 1;
  return n;
});

function crc32(crc, bytes) {
  crc = ~crc;
  for (let i = 0; i < bytes.length; i += 1) crc = CRC[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

const LIMIT = 0xffffffff;
const FLAGS = 0x0808; // sizes follow the data; names are UTF-8
const utf8 = new TextEncoder();

/** Little-endian numbers of 2, 4 and 8 bytes: `pack([2, 20], [4, 0], …)`. */
function pack(...fields) {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [width]) => sum + width, 0)));
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else if (width === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += width;
  }
  return new Uint8Array(view.buffer);
}

/** MS-DOS date and time, from 1980 on, in two-second steps. */
function dosTime(seconds) {
  const date = new Date((seconds ?? Date.now() / 1000) * 1000);
  const year = date.getFullYear();
  if (!(year >= 1980 && year < 2108)) return [0, 0x21];
  return [
    (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1),
    ((year - 1980) << 9) | ((date.getMonth() + 1) << 5) | date.getDate(),
  ];
}

/** A sink for several files that writes one archive into `out` ({write(bytes), close()}). */
export class ZipSink {
  #at = 0;
  #entries = [];
  #current = null;

  constructor(out) {
    this.out = out;
  }

  async begin({ path, size, mtime, dir }) {
    const name = utf8.encode(dir ? `${path}/` : path);
    const [time, date] = dosTime(mtime);
    const large = size >= LIMIT;
    this.#current = { name, time, date, large, dir, crc: 0, size: 0, at: this.#at };
    const extra = large ? pack([2, 1], [2, 16], [8, 0], [8, 0]) : new Uint8Array(0);
    const sizes = large ? LIMIT : 0;
    await this.#put(pack([4, 0x04034b50], [2, large ? 45 : 20], [2, FLAGS], [2, 0], [2, time], [2, date], [4, 0], [4, sizes], [4, sizes], [2, name.length], [2, extra.length]));
    // A copy: the name stands in the directory at the end again, and whoever takes bytes may keep them.
    await this.#put(name.slice());
    if (large) await this.#put(extra);
  }

  async write(bytes) {
    this.#current.crc = crc32(this.#current.crc, bytes);
    this.#current.size += bytes.length;
    await this.#put(bytes);
  }

  async end() {
    const { crc, size, large } = this.#current;
    const width = large ? 8 : 4;
    await this.#put(pack([4, 0x08074b50], [4, crc], [width, size], [width, size]));
    this.#entries.push(this.#current);
  }

  async close() {
    const start = this.#at;
    for (const { name, time, date, large, dir, crc, size, at } of this.#entries) {
      const far = at >= LIMIT;
      const fields = [...(large ? [[8, size], [8, size]] : []), ...(far ? [[8, at]] : [])];
      const extra = fields.length ? pack([2, 1], [2, 8 * fields.length], ...fields) : new Uint8Array(0);
      const version = large || far ? 45 : 20;
      await this.#put(pack([4, 0x02014b50], [2, (3 << 8) | version], [2, version], [2, FLAGS], [2, 0], [2, time], [2, date], [4, crc],
        [4, large ? LIMIT : size], [4, large ? LIMIT : size], [2, name.length], [2, extra.length], [2, 0], [2, 0], [2, 0],
        [4, (dir ? 0o40755 : 0o100644) * 0x10000 + (dir ? 0x10 : 0)], [4, far ? LIMIT : at]));
      await this.#put(name);
      await this.#put(extra);
    }
    const count = this.#entries.length, length = this.#at - start, end = this.#at;
    if (count >= 0xffff || length >= LIMIT || start >= LIMIT) {
      await this.#put(pack([4, 0x06064b50], [8, 44], [2, (3 << 8) | 45], [2, 45], [4, 0], [4, 0], [8, count], [8, count], [8, length], [8, start]));
      await this.#put(pack([4, 0x07064b50], [4, 0], [8, end], [4, 1]));
    }
    const few = Math.min(count, 0xffff);
    await this.#put(pack([4, 0x06054b50], [2, 0], [2, 0], [2, few], [2, few], [4, Math.min(length, LIMIT)], [4, Math.min(start, LIMIT)], [2, 0]));
    await this.out.close();
  }

  async #put(bytes) {
    if (bytes.length === 0) return;
    // Counted first: whoever takes the bytes may keep them.
    this.#at += bytes.length;
    await this.out.write(bytes);
  }
}
