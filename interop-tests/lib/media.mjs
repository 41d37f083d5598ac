// What a browser's page does with sound and pictures against an `/offer` endpoint that echoes. Functions of the page only:
// nothing is imported, so that the text of this file can be evaluated there, beside that of w3c.mjs (`exchange`, `within`).

const AUDIO_HZ = 700;

/** Asks every 100 ms until it gives something true. */
export async function until(what, ask, ms = 15000) {
  const start = Date.now();
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() - start > ms) throw new Error(`${what}: not within ${ms} ms`);
    await new Promise((r) => setTimeout(r, 100));
  }
}

/** A steady tone as a track; where WebAudio does not run (Firefox without a sound card), the fake microphone's. */
export async function tone(hertz = AUDIO_HZ) {
  window.sound ??= new AudioContext();
  await Promise.race([window.sound.resume(), new Promise((r) => setTimeout(r, 1000))]);
  if (window.sound.state !== 'running') {
    return (await navigator.mediaDevices.getUserMedia({ audio: true })).getAudioTracks()[0];
  }
  const oscillator = window.sound.createOscillator();
  const to = window.sound.createMediaStreamDestination();
  oscillator.frequency.value = hertz;
  oscillator.connect(to);
  oscillator.start();
  return to.stream.getAudioTracks()[0];
}

/** The fake camera as a track. */
export async function camera(width = 320, height = 240) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width, height } });
  return stream.getVideoTracks()[0];
}

/** A drawing that changes as a track. */
export function drawing(width, height) {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d');
  let n = 0;
  setInterval(() => {
    context.fillStyle = `hsl(${(n += 7) % 360} 80% 50%)`;
    context.fillRect(n % width, 0, width / 4, height);
  }, 33);
  return canvas.captureStream(30).getVideoTracks()[0];
}

/** Shows a track, so that it is decoded. */
export function show(track) {
  const element = document.createElement(track.kind);
  element.srcObject = new MediaStream([track]);
  [element.muted, element.autoplay] = [true, true];
  document.body.append(element);
  element.play().catch(() => {});
  return element;
}

/** The loudest frequency of a track, in hertz; null: silence. */
export async function pitch(track) {
  const source = window.sound.createMediaStreamSource(new MediaStream([track]));
  const analyser = window.sound.createAnalyser();
  analyser.fftSize = 8192;
  source.connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  await new Promise((r) => setTimeout(r, 500));
  analyser.getFloatFrequencyData(bins);
  source.disconnect();
  const best = bins.indexOf(Math.max(...bins));
  return bins[best] > -70 ? best * window.sound.sampleRate / analyser.fftSize : null;
}

/** What one receiver counts: frames or samples, its codec, its losses. */
export async function inbound(receiver) {
  const stats = await receiver.getStats();
  const all = [...stats.values()];
  const rtp = all.find((s) => s.type === 'inbound-rtp');
  if (!rtp) return { count: 0 };
  const codec = stats.get(rtp.codecId)?.mimeType ?? '';
  const count = rtp.kind === 'video' ? rtp.framesDecoded : rtp.totalSamplesReceived ?? rtp.packetsReceived;
  return {
    count: count ?? 0, packets: rtp.packetsReceived ?? 0, lost: rtp.packetsLost ?? 0, codec, energy: rtp.totalAudioEnergy ?? 0,
    keys: rtp.keyFramesDecoded ?? 0, plis: rtp.pliCount ?? 0, width: rtp.frameWidth ?? 0, height: rtp.frameHeight ?? 0,
  };
}

/** Waits until a receiver has decoded so many more than now. */
export async function rises(what, receiver, by) {
  const before = (await inbound(receiver)).count;
  try {
    return await until(what, async () => {
      const now = await inbound(receiver);
      return now.count >= before + by && now;
    });
  } catch (error) {
    throw new Error(`${error.message}: ${JSON.stringify(await inbound(receiver))}`);
  }
}

/** Waits for the tone in what comes. */
async function hears(receiver) {
  let last;
  if (window.sound.state !== 'running') {
    const before = (await inbound(receiver)).energy;
    await until('sound', async () => { last = await inbound(receiver); return last.energy > before + 1e-3; }, 8000)
      .catch((error) => { throw new Error(`${error.message}: ${JSON.stringify(last)}`); });
    return NaN; // loud, whatever its pitch
  }
  const isTone = async () => { last = await pitch(receiver.track); return Math.abs(last - AUDIO_HZ) < 25 && last; };
  try { return await until('the tone', isTone, 8000); } catch (error) {
    throw new Error(`${error.message}; ${last} Hz: ${JSON.stringify(await inbound(receiver))}`);
  }
}

async function isSilent(receiver) {
  if (window.sound.state === 'running') return (await pitch(receiver.track)) === null;
  const before = (await inbound(receiver)).energy;
  await new Promise((r) => setTimeout(r, 500));
  return (await inbound(receiver)).energy < before + 1e-5;
}

/** Puts the codecs of that name first in a transceiver, and leaves the others of its kind out. `false`: there are none. */
export function prefer(transceiver, kind, name, repair = ['rtx', 'red', 'ulpfec']) {
  const all = RTCRtpReceiver.getCapabilities(kind).codecs;
  const wanted = all.filter((codec) => codec.mimeType.toLowerCase() === `${kind}/${name.toLowerCase()}`);
  const repairs = all.filter((codec) => repair.includes(codec.mimeType.split('/')[1]) && kind === 'video');
  if (!wanted.length) return false;
  transceiver.setCodecPreferences([...wanted, ...repairs]);
  return true;
}

/** A session of sound and pictures with an echo. `layers`: names of the layers of simulcast. */
export async function call(url, { audio, video, layers } = {}) {
  const pc = new RTCPeerConnection();
  pc.ontrack = (e) => show(e.track);
  const wide = layers ? [1280, 720] : [320, 240];
  const sound = pc.addTransceiver(await tone(), { direction: 'sendrecv' });
  const encodings = (layers ?? []).map((rid, at) => ({ rid, scaleResolutionDownBy: 2 ** (layers.length - 1 - at) }));
  const pictures = pc.addTransceiver(await camera(...wide), { direction: 'sendrecv', ...(layers ? { sendEncodings: encodings } : {}) });
  if (audio && !prefer(sound, 'audio', audio)) throw new Error(`no ${audio} here`);
  if (video && !prefer(pictures, 'video', video)) throw new Error(`no ${video} here`);
  const { answer, session } = await exchange(pc, url);
  return { pc, sound, pictures, answer, session: new URL(session, url).href };
}

/** Sound and pictures in these codecs come back: counts rise, the tone is the same. */
export async function comesBack(url, codecs) {
  const { pc, sound, pictures } = await call(url, codecs);
  try {
    const seen = await rises('pictures', pictures.receiver, 30);
    const heard = await rises('sound', sound.receiver, codecs.audio ? 8000 : 48000);
    const hertz = await hears(sound.receiver);
    for (const [want, has] of [[codecs.video, seen.codec], [codecs.audio, heard.codec]]) {
      if (want && !has.toLowerCase().endsWith(`/${want.toLowerCase()}`)) throw new Error(`${has} came, not ${want}`);
    }
    return `${seen.codec} ${seen.count} frames (${seen.keys} keys, ${seen.plis} PLI, ${seen.lost} lost), ${heard.codec} ${Number.isNaN(hertz) ? 'heard' : `${Math.round(hertz)} Hz`}`;
  } finally { pc.close(); }
}

/** The camera goes off and on, and gives way to another track: frames go on coming. */
export async function goesOn(url) {
  const { pc, sound, pictures } = await call(url);
  try {
    await rises('pictures', pictures.receiver, 15);
    pictures.sender.track.enabled = false;
    await new Promise((r) => setTimeout(r, 1500));
    pictures.sender.track.enabled = true;
    await rises('pictures after the camera was off', pictures.receiver, 30);
    await pictures.sender.replaceTrack(drawing(480, 480));
    // Its shape is another, whatever size the browser takes for the bandwidth that it sees.
    let last;
    await until('the shape of the other track', async () => {
      last = await inbound(pictures.receiver);
      return last.width && last.width === last.height;
    }).catch((error) => { throw new Error(`${error.message}: ${JSON.stringify(last)}`); });
    sound.sender.track.enabled = false;
    await until('silence', () => isSilent(sound.receiver), 8000);
    sound.sender.track.enabled = true;
    await hears(sound.receiver);
    const { keys, plis } = await inbound(pictures.receiver);
    return `${keys} key frames, ${plis} PLI`;
  } finally { pc.close(); }
}

/** Tracks come and go over many exchanges; in every fifth round all that are there are looked at. */
export async function manyRounds(url, rounds) {
  const { pc, sound, pictures, session } = await call(url);
  try {
    const extra = [];
    let looked = 0;
    for (let round = 0; round < rounds; round++) {
      switch (round % 4) {
        case 0: extra.push(pc.addTransceiver(await camera(160, 120), { direction: 'sendrecv' })); break;
        case 1: extra.push(pc.addTransceiver(await tone(300 + 50 * round), { direction: 'sendrecv' })); break;
        case 2: pc.removeTrack(extra[0].sender); extra[0].direction = 'inactive'; break;
        default: extra.shift().stop(); extra.shift().stop();
      }
      await exchange(pc, session);
      if (round % 5 === 0) {
        await rises(`round ${round}: pictures`, pictures.receiver, 5);
        await rises(`round ${round}: sound`, sound.receiver, 4000);
        for (const one of extra.filter((it) => it.currentDirection === 'sendrecv')) {
          await rises(`round ${round}: ${one.mid}`, one.receiver, one.receiver.track.kind === 'video' ? 5 : 4000);
          looked++;
        }
      }
    }
    return `${rounds} rounds, ${pc.getTransceivers().length} transceivers, ${looked} tracks looked at`;
  } finally { pc.close(); }
}

/** An offer of layers is answered with all of them, and pictures come back. */
export async function simulcast(url) {
  const { pc, pictures, answer } = await call(url, { video: 'VP8', layers: ['q', 'h', 'f'] });
  try {
    const agreed = /a=simulcast:recv (\S+)/.exec(answer.sdp)?.[1];
    if (agreed !== 'q;h;f') throw new Error(`the answer takes ${agreed}\n${answer.sdp}`);
    const seen = await rises('pictures', pictures.receiver, 30);
    const active = await until('several layers', async () => {
      const stats = [...(await pictures.sender.getStats()).values()];
      const flowing = stats.filter((s) => s.type === 'outbound-rtp' && s.framesSent > 10);
      return flowing.length > 1 && flowing.map((s) => `${s.rid} ${s.frameWidth}`);
    });
    return `${active.join(', ')}; ${seen.width} wide came back`;
  } finally { pc.close(); }
}

/** Before an answer: each track of the other side goes back where it came from, encoded anew. */
export function sendBack(pc) {
  pc.ontrack = ({ transceiver, track }) => {
    if (typeof document !== 'undefined') show(track);
    transceiver.direction = 'sendrecv';
    transceiver.sender.replaceTrack(track);
  };
}
