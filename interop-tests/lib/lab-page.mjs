// What a page does for lab.mjs. Functions of the page only; they stand beside those of w3c.mjs and media.mjs.

let link, watch;

/** A connection with a microphone and a camera: `layers`: names of simulcast; `most`: bit/s. */
export async function open({ codec = 'VP8', width = 320, height = 240, layers, most, offers, audio, repair } = {}) {
  link = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  link.ontrack = ({ track }) => { const element = show(track); if (track.kind === 'video') watch = element; };
  const pictures = await camera(width, height);
  link.tracks = [await tone(), pictures];
  if (!offers) return;
  link.sound = link.addTransceiver(link.tracks[0], { direction: 'sendrecv' });
  const sendEncodings = layers?.map((rid, at) => ({ rid, scaleResolutionDownBy: 2 ** (layers.length - 1 - at) }))
    ?? (most ? [{ maxBitrate: most }] : undefined);
  link.pictures = link.addTransceiver(pictures, { direction: 'sendrecv', ...(sendEncodings ? { sendEncodings } : {}) });
  if (!prefer(link.pictures, 'video', codec, repair)) throw new Error(`no ${codec} here`);
  if (audio) prefer(link.sound, 'audio', audio);
}

export async function offer(restart) {
  if (restart) link.restartIce();
  await link.setLocalDescription(await link.createOffer());
  await gathered(link);
  return { type: 'offer', sdp: link.localDescription.sdp };
}

export async function accept(answer) { await link.setRemoteDescription(answer); }

export async function answer(offer) {
  await link.setRemoteDescription(offer);
  if (!link.pictures) {
    for (const transceiver of link.getTransceivers()) {
      const track = link.tracks.find(({ kind }) => kind === transceiver.receiver.track.kind);
      transceiver.direction = 'sendrecv';
      await transceiver.sender.replaceTrack(track);
      link[track.kind === 'video' ? 'pictures' : 'sound'] = transceiver;
    }
  }
  await link.setLocalDescription(await link.createAnswer());
  await gathered(link);
  return { type: 'answer', sdp: link.localDescription.sdp };
}

export function connected() {
  return until('connected', () => link.connectionState === 'connected', 30000);
}

/** Counts of pictures each way, and of sound that came. */
export async function look() {
  const [out, came, heard] = await Promise.all([link.pictures.sender, link.pictures.receiver, link.sound.receiver].map((it) => it.getStats()));
  const of = (stats, type) => [...stats.values()].filter((entry) => entry.type === type);
  const sums = (entries, name) => entries.reduce((sum, entry) => sum + (entry[name] ?? 0), 0);
  const sent = of(out, 'outbound-rtp'), [pictures = {}] = of(came, 'inbound-rtp'), [sound = {}] = of(heard, 'inbound-rtp');
  return {
    out: {
      frames: sums(sent, 'framesSent') || sums(sent, 'framesEncoded'), nacks: sums(sent, 'nackCount'), again: sums(sent, 'retransmittedPacketsSent'),
      asked: sums(sent, 'pliCount') + sums(sent, 'firCount'), keys: sums(sent, 'keyFramesEncoded'),
      layers: Object.fromEntries(sent.map((entry) => [entry.rid ?? '', { frames: entry.framesSent ?? entry.framesEncoded ?? 0, width: entry.frameWidth ?? 0 }])),
    },
    came: {
      frames: pictures.framesDecoded ?? 0, keys: pictures.keyFramesDecoded ?? 0, nacks: pictures.nackCount ?? 0, lost: pictures.packetsLost ?? 0,
      again: pictures.retransmittedPacketsReceived ?? null, asked: (pictures.pliCount ?? 0) + (pictures.firCount ?? 0), dropped: pictures.framesDropped ?? 0,
      width: watch?.videoWidth ?? 0, height: watch?.videoHeight ?? 0,
    },
    // What it believes that the path takes.
    estimate: Math.max(0, ...of(out, 'candidate-pair').map((pair) => pair.availableOutgoingBitrate ?? 0)),
    sound: sound.packetsReceived ?? 0, state: link.connectionState, ice: link.iceConnectionState,
  };
}

/** Waits for more decoded pictures. */
export async function rises(more) {
  const { came: { frames } } = await look();
  await until(`${more} more pictures`, async () => (await look()).came.frames >= frames + more, 20000);
}

/** Counts, every 50 ms, the longest time without another decoded frame; `stop`: gives it, in ms. */
export function gaps(stop) {
  if (stop) { clearInterval(link.gaps.timer); return Math.round(Math.max(link.gaps.longest, performance.now() - link.gaps.last)); }
  const state = link.gaps = { last: performance.now(), longest: 0, count: -1 };
  state.timer = setInterval(async () => {
    const { came: { frames } } = await look();
    const now = performance.now();
    if (frames === state.count) return;
    state.longest = Math.max(state.longest, now - state.last);
    [state.count, state.last] = [frames, now];
  }, 50);
}

export function close() { link.close(); }

/** Keys of a telephone. */
export async function dial(keys, duration = 100, gap = 70) {
  const dtmf = link.sound.sender.dtmf;
  await until('keys may be sent', () => dtmf.canInsertDTMF, 5000);
  dtmf.insertDTMF(keys, duration, gap);
  await until('all keys are sent', () => dtmf.toneBuffer === '', 30000);
}

/** The screen in place of the camera. */
export async function screen() {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: 15 } });
  const [track] = stream.getVideoTracks();
  await link.pictures.sender.replaceTrack(track);
  const { width, height, displaySurface } = track.getSettings();
  return { width, height, displaySurface };
}
