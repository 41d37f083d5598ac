// Sound and pictures of the npm peers: `offerMedia(kind, url)` sends some to an echo and counts what comes back.
import { createRequire } from 'node:module';
import { exchange } from '../lib/w3c.mjs';

const require = createRequire(import.meta.url);
const LASTS = 5000, EVERY = 20;

/** The smallest VP8 key frame's header (320×240), with something behind it: nobody decodes it. */
const VP8 = Buffer.concat([Buffer.from([0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00]), Buffer.alloc(300, 7)]);

async function paced(step) {
  const start = Date.now();
  for (let n = 0; Date.now() - start < LASTS; n++) {
    step(n);
    await new Promise((r) => setTimeout(r, Math.max(0, start + (n + 1) * EVERY - Date.now())));
  }
}

/** libwebrtc: raw sound and pictures in, decoded ones out. */
async function wrtc(url) {
  const { RTCPeerConnection, MediaStream, nonstandard } = require('@roamhq/wrtc');
  const { RTCAudioSource, RTCVideoSource, RTCAudioSink, RTCVideoSink } = nonstandard;
  const pc = new RTCPeerConnection();
  const [audio, video] = [new RTCAudioSource(), new RTCVideoSource()];
  const came = { audio: 0, video: 0 }, sinks = [];
  pc.ontrack = ({ track }) => {
    const sink = track.kind === 'audio' ? new RTCAudioSink(track) : new RTCVideoSink(track);
    sinks.push(sink);
    sink.ondata = ({ samples }) => { if (samples.some((s) => Math.abs(s) > 1000)) came.audio++; };
    sink.onframe = () => { came.video++; };
  };
  const stream = new MediaStream();
  pc.addTrack(audio.createTrack(), stream);
  pc.addTrack(video.createTrack(), stream);
  await exchange(pc, url);
  const width = 320, height = 240, data = new Uint8ClampedArray(width * height * 1.5);
  await paced((n) => {
    for (let part = 0; part < 2; part++) {
      const samples = Int16Array.from({ length: 480 }, (_, i) => 8000 * Math.sin((2 * n + part) * 480 + i) * 0.057 * 17);
      audio.onData({ samples, sampleRate: 48000, bitsPerSample: 16, channelCount: 1, numberOfFrames: 480 });
    }
    if (n % 2) video.onFrame({ width, height, data: data.fill((n * 3) % 256) });
  });
  sinks.forEach((sink) => sink.stop());
  pc.close();
  return { came, want: { audio: 150, video: 40 } };
}

/** werift: packets in, packets out. */
async function werift(url) {
  const { RTCPeerConnection, MediaStreamTrack, RtpPacket, RtpHeader, useVP8, usePCMU } = await import('werift');
  const pc = new RTCPeerConnection({ iceServers: [], codecs: { audio: [usePCMU()], video: [useVP8()] } });
  const [audio, video] = ['audio', 'video'].map((kind) => new MediaStreamTrack({ kind }));
  const came = { audio: 0, video: 0 };
  pc.onTrack.subscribe((track) => track.onReceiveRtp.subscribe(() => { came[track.kind]++; }));
  pc.addTransceiver(audio, { direction: 'sendrecv' });
  pc.addTransceiver(video, { direction: 'sendrecv' });
  await exchange(pc, url);
  const packet = (n, timestamp, marker, payload) => new RtpPacket(
    new RtpHeader({ sequenceNumber: n & 0xffff, timestamp, marker, payloadType: 0, ssrc: 1 }), payload);
  await paced((n) => {
    audio.writeRtp(packet(n, n * 160, false, Buffer.alloc(160, n)));
    // A payload descriptor of one byte: a frame begins.
    video.writeRtp(packet(n, n * 1800, true, Buffer.concat([Buffer.from([0x10]), VP8])));
  });
  await pc.close();
  return { came, want: { audio: 200, video: 200 } };
}

export async function offerMedia(kind, url) {
  const offer = { wrtc, werift }[kind];
  if (!offer) return [];
  const start = Date.now();
  const result = (ok, detail) => [{ name: 'media', ok, ms: Date.now() - start, detail }];
  try {
    const { came, want } = await offer(url);
    return result(came.audio >= want.audio && came.video >= want.video, `came back: ${JSON.stringify(came)}`);
  } catch (error) {
    return result(false, String(error && error.stack || error));
  }
}
