// What is heard and seen, written down in this browser: one file a person. Everybody in the call is told; nothing goes anywhere else.

import { trace } from './call-trace.js';

const TYPES = ['video/webm;codecs=vp8,opus', 'video/webm', 'video/mp4'];
// What is complete up to here is in the browser's hands, which may put it on the disk.
const SLICE = 1_000;

/** The name of a file that a person's name stands in. */
export const fileName = (name, n, type) =>
  `${name.replace(/[^\p{L}\p{N}._-]/gu, '_').replace(/^\.+/, '') || 'call'}${n > 1 ? ` (${n})` : ''}.${type.includes('mp4') ? 'mp4' : 'webm'}`;

export class Recorder {
  #parts = new Map();
  #names = new Map();
  isOn = false;

  /** `done(name, blob)`: a file is complete. */
  constructor({ done, Media = globalThis.MediaRecorder }) {
    Object.assign(this, { done, Media });
  }

  get isPossible() { return typeof this.Media === 'function'; }

  /** `sources`: [{key, name, tracks}] of everybody who is there now. */
  start(sources) {
    this.isOn = true;
    this.type = TYPES.find((type) => this.Media.isTypeSupported(type)) ?? '';
    trace('recording', { type: this.type });
    this.update(sources);
  }

  /** Who came is written down from now on, who left until now; other tracks of somebody are another file. */
  update(sources) {
    if (!this.isOn) return;
    const wanted = new Map(sources.map((source) => [source.key, { ...source, tracks: source.tracks.filter((track) => track?.readyState === 'live') }]));
    for (const [key, { tracks, recorder }] of this.#parts) {
      const now = wanted.get(key)?.tracks ?? [];
      const isSame = now.length === tracks.length && now.every((track) => tracks.includes(track)) && recorder.state !== 'inactive';
      if (!isSame) this.#end(key);
    }
    for (const [key, { name, tracks }] of wanted) if (tracks.length > 0 && !this.#parts.has(key)) this.#begin(key, name, tracks);
  }

  stop() {
    this.isOn = false;
    for (const key of [...this.#parts.keys()]) this.#end(key);
  }

  #begin(key, name, tracks) {
    let recorder;
    try {
      recorder = new this.Media(new MediaStream(tracks), this.type ? { mimeType: this.type } : {});
    } catch (error) {
      console.warn(error);
      return;
    }
    const chunks = [];
    recorder.ondataavailable = ({ data }) => { if (data.size > 0) chunks.push(data); };
    recorder.onstop = () => {
      if (chunks.length === 0) return;
      const type = recorder.mimeType || this.type;
      const plain = fileName(name, 1, type), n = (this.#names.get(plain) ?? 0) + 1;
      this.#names.set(plain, n);
      this.done(fileName(name, n, type), new Blob(chunks, { type }));
    };
    recorder.start(SLICE);
    this.#parts.set(key, { recorder, tracks });
  }

  #end(key) {
    const { recorder } = this.#parts.get(key);
    this.#parts.delete(key);
    if (recorder.state !== 'inactive') recorder.stop();
  }
}

/** Hands a file to the person. */
export function download(name, blob) {
  const url = URL.createObjectURL(blob);
  const anchor = Object.assign(document.createElement('a'), { href: url, download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
