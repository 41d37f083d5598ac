// Watches a call page for a while: of each member, how often its picture changed and its tone was heard, and the longest times
// without.
import { holds } from './call-page.mjs';

/** Begins to watch; `tones`: the pitch that each name's microphone has. */
export function watch(page, tones) {
  return page.evaluate((pitches) => {
    const context = window.interopContext ??= new AudioContext();
    context.resume();
    const now = performance.now();
    const fresh = () => ({ pictures: 0, tones: 0, noPicture: 0, noTone: 0, seenAt: now, heardAt: now, count: null, ear: null, stream: null });
    const members = Object.fromEntries(Object.keys(pitches).map((name) => [name, fresh()]));
    /** An ear at a stream, renewed with it. */
    const listen = (member, stream) => {
      if (member.stream === stream) return;
      [member.stream, member.ear] = [stream, context.createAnalyser()];
      [member.ear.fftSize, member.ear.smoothingTimeConstant] = [8192, 0];
      context.createMediaStreamSource(new MediaStream(stream.getAudioTracks())).connect(member.ear);
    };
    const pitch = (ear) => {
      const bins = new Float32Array(ear.frequencyBinCount);
      ear.getFloatFrequencyData(bins);
      let best = 0;
      for (let i = 1; i < bins.length; i += 1) if (bins[i] > bins[best]) best = i;
      return bins[best] > -70 ? best * context.sampleRate / ear.fftSize : null;
    };
    const look = () => {
      const at = performance.now();
      for (const tile of document.querySelectorAll('.tile[data-member]')) {
        const name = Object.keys(pitches).find((it) => tile.textContent.includes(it)), video = tile.querySelector('[data-testid=remote-video]');
        const member = members[name];
        if (!member || !video?.srcObject) continue;
        const count = video.mozPaintedFrames ?? video.getVideoPlaybackQuality().totalVideoFrames;
        if (member.count !== null && count > member.count) { member.pictures += count - member.count; member.noPicture = Math.max(member.noPicture, at - member.seenAt); member.seenAt = at; }
        member.count = count;
        if (video.srcObject.getAudioTracks().length === 0) continue;
        listen(member, video.srcObject);
        const heard = pitch(member.ear);
        if (heard !== null && Math.abs(heard - pitches[name]) < 25) { member.tones += 1; member.noTone = Math.max(member.noTone, at - member.heardAt); member.heardAt = at; }
      }
    };
    window.interopWatch = { members, timer: setInterval(look, 200), look };
  }, tones);
}

/** What was seen and heard since: by name. The times are in ms. */
export function watched(page) {
  return page.evaluate(() => {
    const { members, timer, look } = window.interopWatch;
    clearInterval(timer);
    look();
    const now = performance.now();
    return Object.fromEntries(Object.entries(members).map(([name, { pictures, tones, noPicture, noTone, seenAt, heardAt }]) => [name, {
      pictures, tones, noPicture: Math.round(Math.max(noPicture, now - seenAt)), noTone: Math.round(Math.max(noTone, now - heardAt)),
    }]));
  });
}

/** The place of somebody's video among all of a page. */
export const placeOf = (page, name) => holds(page, `a tile of ${name}`, (wanted) => {
  const tiles = [...document.querySelectorAll('.tile[data-member]')].filter((tile) => tile.querySelector('[data-testid=remote-video]'));
  const place = tiles.findIndex((tile) => tile.textContent.includes(wanted));
  return place < 0 ? null : { place };
}, name, 20000);

/** The number on the card in somebody's video, read as PROTOCOLS.md 12 says; null: none. */
export const numberIn = (page, place) => page.evaluate((n) => {
  const video = document.querySelectorAll('[data-testid=remote-video]')[n];
  if (!video.videoWidth) return null;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(video, 0, 0);
  const side = 16 * Math.max(1, Math.floor(video.videoWidth / 320)), half = side / 2;
  const rows = [0, 1, 2, 3].map((row) => [0, 1, 2, 3, 4, 5, 6, 7].reduce((byte, column) => {
    const { data } = context.getImageData(column * side + side / 4, row * side + side / 4, half, half);
    let sum = 0;
    for (let i = 0; i < data.length; i += 4) sum += data[i + 1];
    const mean = sum / (half * half);
    return Math.abs(mean - 127) < 37 ? NaN : byte * 2 + (mean > 127);
  }, 0));
  return rows[3] === 255 - rows[2] ? rows[0] * 65536 + rows[1] * 256 + rows[2] : null;
}, place);
