// Payload formats against GStreamer, ffmpeg and werift, without a network: a stream is a file of packets (RFC 4571).
// There: GStreamer encodes and packetises, `payloads read` puts the frames together, ffmpeg decodes them. Back: `payloads relay`
// cuts the same frames anew, at several sizes, GStreamer depacketises them, and the decoded pictures are bit for bit the same.
import { execFile } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { testCase } from '../lib/report.mjs';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'payloads-'));
const file = (name) => path.join(folder, name);
const check = (holds, what) => { if (!holds) throw new Error(what); };

const FRAMES = 60, WIDTH = 320, HEIGHT = 240, KEYS = 3;
const SIZES = [60, 400, 1200, 9000];
const PICTURE = `videotestsrc num-buffers=${FRAMES} ! video/x-raw,format=I420,width=${WIDTH},height=${HEIGHT},framerate=30/1 !`;
const X26 = 'tune=zerolatency speed-preset=ultrafast key-int-max=20';

/** name → what encodes and packetises, what depacketises, what the bare frames are called. */
const VIDEO = {
  VP8: ['vp8enc deadline=1 keyframe-max-dist=20 ! rtpvp8pay picture-id-mode=2', 'rtpvp8depay ! vp8dec', 'ivf'],
  VP9: ['vp9enc deadline=1 cpu-used=8 keyframe-max-dist=20 ! rtpvp9pay picture-id-mode=1', 'rtpvp9depay ! vp9dec', 'ivf'],
  H264: [
    // Parameter sets are in the stream; config-interval would put them before each slice rather than each picture.
    `x264enc ${X26} ! video/x-h264,profile=constrained-baseline,stream-format=byte-stream ! rtph264pay aggregate-mode=zero-latency`,
    'rtph264depay ! video/x-h264,stream-format=byte-stream', 'h264',
  ],
  H265: [
    `x265enc ${X26} ! rtph265pay config-interval=-1 aggregate-mode=zero-latency`,
    'rtph265depay ! video/x-h265,stream-format=byte-stream', 'hevc',
  ],
};

/** Builds the example, and says how to call it. Debug: overflow would be an error. */
async function build() {
  const { stdout } = await run('cargo', ['build', '--locked', '--message-format=json', '-p', 'limpid-rtp', '--example', 'payloads'],
    { cwd: root, maxBuffer: 1 << 26 });
  const built = stdout.trim().split('\n').map((line) => JSON.parse(line));
  const program = built.find((line) => line.executable && line.target.name === 'payloads').executable;
  return async (...args) => JSON.parse((await run(program, args.map(String))).stdout);
}

const gst = (pipeline) => run('gst-launch-1.0', ['-q', ...pipeline.split(/\s+/)], { maxBuffer: 1 << 26 });
const into = (name) => `filesink location=${file(name)}`;
const from = (name, encoding, rest = 'media=video,clock-rate=90000') =>
  `filesrc location=${file(name)} ! application/x-rtp-stream,${rest},encoding-name=${encoding},payload=96 ! rtpstreamdepay !`;

/** Decodes a file with ffmpeg to planes of 4:2:0; how many pictures, and a digest of all their samples. */
async function decoded(name, kind) {
  await run('ffmpeg', ['-v', 'error', '-xerror', '-y', '-f', kind, '-i', file(name), '-fps_mode', 'passthrough', '-pix_fmt', 'yuv420p', '-f', 'rawvideo', file('raw')]);
  return digest('raw');
}

function digest(name) {
  const bytes = fs.readFileSync(file(name));
  return { pictures: bytes.length / (WIDTH * HEIGHT * 1.5), hash: crypto.createHash('sha256').update(bytes).digest('hex') };
}

let payloads;
await testCase('payloads: the example builds', async () => { payloads = await build(); });

for (const [name, [sender, receiver, kind]] of Object.entries(VIDEO)) {
  let there;
  await testCase(`payloads: ${name} of GStreamer is put together, and ffmpeg decodes each frame`, async () => {
    await gst(`${PICTURE} ${sender} mtu=1000 ! rtpstreampay ! ${into(`${name}.rtp`)}`);
    const told = await payloads('read', name, file(`${name}.rtp`), file(`${name}.${kind}`));
    check(told.frames === FRAMES && told.keys >= KEYS, JSON.stringify(told));
    check(told.width === WIDTH && told.height === HEIGHT, JSON.stringify(told));
    there = await decoded(`${name}.${kind}`, kind);
    check(there.pictures === FRAMES, `${there.pictures} pictures`);
    return JSON.stringify(told);
  });
  await testCase(`payloads: ${name} cut anew is what GStreamer puts together`, async () => {
    const cut = [];
    for (const size of SIZES) {
      const told = await payloads('relay', name, file(`${name}.rtp`), file('relayed.rtp'), size);
      cut.push(`${size} bytes: ${told.packets} packets`);
      const bare = kind === 'ivf' ? '! video/x-raw,format=I420' : '';
      await gst(`${from('relayed.rtp', name)} ${receiver} ${bare} ! ${into('back')}`);
      const back = kind === 'ivf' ? digest('back') : await decoded('back', kind);
      check(back.pictures === FRAMES && back.hash === there.hash, `${size}: ${JSON.stringify({ back, there })}`);
    }
    return cut.join(', ');
  });
}

await testCase('payloads: AV1 in packets is put together by werift and by ourselves, and ffmpeg decodes each frame', async () => {
  const input = ['-f', 'lavfi', '-i', `testsrc=size=${WIDTH}x${HEIGHT}:rate=30`, '-frames:v', String(FRAMES)];
  const codec = ['-c:v', 'libaom-av1', '-usage', 'realtime', '-cpu-used', '8', '-g', '20', '-pix_fmt', 'yuv420p'];
  await run('ffmpeg', ['-v', 'error', '-y', ...input, ...codec, '-f', 'ivf', file('AV1.ivf')]);
  const direct = await decoded('AV1.ivf', 'ivf');
  const cut = [];
  for (const size of SIZES) {
    const told = await payloads('write', 'AV1', file('AV1.ivf'), file('AV1.rtp'), size);
    check(told.frames === FRAMES && told.keys >= KEYS && told.width === WIDTH, JSON.stringify(told));
    await payloads('read', 'AV1', file('AV1.rtp'), file('AV1-ours.ivf'));
    fs.writeFileSync(file('AV1-werift.ivf'), ivf(weriftFrames(fs.readFileSync(file('AV1.rtp')))));
    for (const name of ['AV1-ours.ivf', 'AV1-werift.ivf']) {
      const back = await decoded(name, 'ivf');
      check(back.pictures === FRAMES && back.hash === direct.hash, `${name} at ${size}: ${JSON.stringify({ back, direct })}`);
    }
    cut.push(`${size} bytes: ${told.packets} packets`);
  }
  return cut.join(', ');
});

/** Temporal units of a stream, put together by werift's depacketiser. */
function weriftFrames(stream) {
  const { AV1RtpPayload, RtpPacket } = createRequire(import.meta.url)('werift');
  const frames = [];
  let parts = [];
  for (let at = 0; at < stream.length;) {
    const len = stream.readUInt16BE(at);
    const packet = RtpPacket.deSerialize(stream.subarray(at + 2, at + 2 + len));
    parts.push(AV1RtpPayload.deSerialize(packet.payload));
    if (packet.header.marker) frames.push(AV1RtpPayload.getFrame(parts)), parts = [];
    at += 2 + len;
  }
  check(parts.length === 0, 'the last packet has no marker');
  return frames;
}

/** Temporal units as an IVF file, each behind its delimiter. */
function ivf(frames) {
  const head = Buffer.alloc(32);
  head.write('DKIF\0\0 \0AV01', 'latin1');
  [WIDTH, HEIGHT].forEach((side, place) => head.writeUInt16LE(side, 12 + 2 * place));
  [30, 1, frames.length].forEach((number, place) => head.writeUInt32LE(number, 16 + 4 * place));
  return Buffer.concat([head, ...frames.flatMap((frame, number) => {
    const prefix = Buffer.alloc(14);
    prefix.writeUInt32LE(frame.length + 2);
    prefix.writeUInt32LE(number, 4);
    prefix.writeUInt16BE(0x1200, 12);
    return [prefix, frame];
  })]);
}

const TONE = 'audiotestsrc num-buffers=100 freq=440 !';
const OPUS = 'media=audio,clock-rate=48000';
const OPUS_ENCODER = `${TONE} audio/x-raw,rate=48000,channels=2 ! audioconvert ! opusenc frame-size=20 ! rtpopuspay`;

await testCase('payloads: Opus of GStreamer goes through and sounds the same', async () => {
  await gst(`${OPUS_ENCODER} ! rtpstreampay ! ${into('opus.rtp')}`);
  const told = await payloads('relay', 'opus', file('opus.rtp'), file('opus-back.rtp'));
  for (const name of ['opus', 'opus-back']) {
    await gst(`${from(`${name}.rtp`, 'OPUS', OPUS)} rtpopusdepay ! opusdec ! ${into(`${name}.pcm`)}`);
  }
  const [direct, back] = ['opus.pcm', 'opus-back.pcm'].map((name) => fs.readFileSync(file(name)));
  check(direct.length > 48000 && direct.equals(back), `${direct.length} bytes and ${back.length}`);
  return JSON.stringify(told);
});

await testCase('payloads: redundant Opus of GStreamer is read, and GStreamer reads ours', async () => {
  await gst(`${OPUS_ENCODER} pt=111 ! rtpredenc pt=96 distance=1 ! rtpstreampay ! ${into('red.rtp')}`);
  const told = await payloads('relay', 'RED', file('red.rtp'), file('red-back.rtp'));
  check(told.earlier > 90, JSON.stringify(told));
  // What comes out of rtpreddec is Opus; it hands on the words with which its input was described.
  await gst(`${from('red-back.rtp', 'OPUS', OPUS)} rtpreddec pt=96 ! rtpopusdepay ! opusdec ! ${into('red.pcm')}`);
  const [direct, back] = ['opus.pcm', 'red.pcm'].map((name) => fs.readFileSync(file(name)));
  check(direct.equals(back), `${direct.length} bytes and ${back.length}`);
  return JSON.stringify(told);
});

for (const [name, encoder, payloader, ffmpeg] of [['PCMU', 'mulawenc', 'rtppcmupay', 'mulaw'], ['PCMA', 'alawenc', 'rtppcmapay', 'alaw']]) {
  await testCase(`payloads: ${name} of GStreamer decodes in ffmpeg`, async () => {
    await gst(`${TONE} audio/x-raw,rate=8000,channels=1 ! ${encoder} ! tee name=t ! queue ! ${payloader} ! rtpstreampay ! ${into('pcm.rtp')} t. ! queue ! ${into('direct')}`);
    const told = await payloads('read', name, file('pcm.rtp'), file('bytes'));
    check(fs.readFileSync(file('bytes')).equals(fs.readFileSync(file('direct'))), JSON.stringify(told));
    await run('ffmpeg', ['-v', 'error', '-y', '-f', ffmpeg, '-ar', '8000', '-i', file('bytes'), '-f', 's16le', file('pcm')]);
    check(fs.statSync(file('pcm')).size === 2 * fs.statSync(file('bytes')).size, 'a sample a byte');
    return JSON.stringify(told);
  });
}

await testCase('payloads: GStreamer hears the keys that were pressed, each once', async () => {
  const heard = [];
  for (const rate of [8000, 48000]) {
    const told = await payloads('dtmf', '159D*0#', rate, file('dtmf.rtp'));
    const words = `media=audio,clock-rate=${rate}`;
    const { stdout } = await run('gst-launch-1.0', ['-m', ...`${from('dtmf.rtp', 'TELEPHONE-EVENT', words)} rtpdtmfdepay ! ${into('tones')}`.split(/\s+/)]);
    const keys = [...stdout.matchAll(/dtmf-event, number=\(int\)(\d+)/g)].map(([, key]) => Number(key));
    check(keys.join() === '1,5,9,15,10,0,11', `${rate}: ${keys}\n${stdout}`);
    heard.push(`${rate}: ${told.packets} packets`);
  }
  return heard.join(', ');
});

fs.rmSync(folder, { recursive: true, force: true });
