// Test signals and media files against ffmpeg: it decodes ours to the last bit, we read its files, and it reads our recordings.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { LIMPID, testCase } from '../lib/report.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'media-'));
const at = (name) => path.join(folder, name);
const big = { maxBuffer: 1 << 30, stdio: ['pipe', 'pipe', 'pipe'] };

// `cargo xtask interop` builds it: `cargo build --release -p limpid-app --example card`.
const EXAMPLE = path.join(path.dirname(LIMPID), 'examples/card');

/** Runs the example: the lines that it prints. */
function limpid(args, input) {
  const { status, stdout, stderr } = spawnSync(EXAMPLE, args, { input, ...big });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return String(stdout).split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

/** Runs ffmpeg; a word of complaint is a failure. */
function ffmpeg(args, input) {
  const { status, stdout, stderr } = spawnSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args], { input, ...big });
  if (status !== 0 || stderr.length) throw new Error(`ffmpeg ${args.join(' ')}: ${status} ${stderr}`);
  return stdout;
}

/** What ffprobe says of each packet and of the stream. */
function probe(file, ...args) {
  const { status, stdout, stderr } = spawnSync('ffprobe', ['-v', 'error', '-show_packets', '-show_streams', '-of', 'json', ...args, file], big);
  if (status !== 0 || stderr.length) throw new Error(`ffprobe ${file}: ${stderr}`);
  const { packets, streams: [stream] } = JSON.parse(stdout);
  return { packets, stream };
}

const equal = (found, expected, what) => {
  const [a, b] = [found, expected].map((value) => JSON.stringify(value));
  if (a !== b) throw new Error(`${what}: ${a}, not ${b}`);
};
const near = (found, expected, tolerance, what) => {
  if (!(Math.abs(found - expected) <= tolerance)) throw new Error(`${what}: ${found}, not ${expected}`);
};

for (const [width, height, frames, interval] of [[320, 240, 300, 100], [640, 480, 120, 1], [176, 144, 60, 60]]) {
  await testCase(`ffmpeg decodes a card of ${width}x${height}, key frames every ${interval}`, async () => {
    const file = at(`card-${width}.ivf`);
    const lines = limpid(['card', file, width, height, frames, interval].map(String));
    equal(lines.filter((line) => line.key).length, Math.ceil(frames / interval), 'key frames');
    const decoded = ffmpeg(['-i', file, '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-fps_mode', 'passthrough', '-']);
    const believed = fs.readFileSync(`${file}.i420`);
    if (decoded.compare(believed) !== 0) throw new Error(`${decoded.length} bytes, ${believed.length} believed; they differ`);
    const numbers = limpid(['numbers', String(width), String(height)], decoded).map((line) => line.number);
    equal(numbers, Array.from({ length: frames }, (_, n) => n), 'numbers');
    const mean = (key) => { const of = lines.filter((line) => line.key === key); return of.length ? Math.round(of.reduce((sum, line) => sum + line.bytes, 0) / of.length) : 0; };
    return `${frames} numbers, every pixel as believed; key frames of ${mean(true)} bytes, others of ${mean(false)}`;
  });
}

await testCase('the number survives another encoder at 200 kbit/s', async () => {
  ffmpeg(['-i', at('card-320.ivf'), '-frames:v', '100', '-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '200k', at('again.ivf')]);
  const decoded = ffmpeg(['-i', at('again.ivf'), '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-fps_mode', 'passthrough', '-']);
  const numbers = limpid(['numbers', '320', '240'], decoded).map((line) => line.number);
  equal(numbers, Array.from({ length: 100 }, (_, n) => n), 'numbers');
});

await testCase('ffmpeg hears the tone', async () => {
  limpid(['tone', at('tone.wav'), '523', '3']);
  const { packets, stream } = probe(at('tone.wav'));
  equal([stream.codec_name, stream.sample_rate, stream.duration], ['pcm_mulaw', '8000', '3.000000'], 'stream');
  equal(packets.reduce((sum, packet) => sum + Number(packet.size), 0), 24000, 'samples');
  const pcm = ffmpeg(['-i', at('tone.wav'), '-f', 's16le', '-']);
  const samples = new Int16Array(pcm.buffer, pcm.byteOffset, pcm.length / 2);
  // Each sample is where the tone's phase wants it: G.711 is coarse, at most 1/32 of a loud sample.
  const worst = samples.reduce((most, sample, n) => Math.max(most, Math.abs(sample - 8192 * Math.sin(2 * Math.PI * 523 * n / 8000))), 0);
  near(worst, 0, 260, 'distance from the tone');
});

const TEST = ['-f', 'lavfi', '-i', 'testsrc=size=320x180:rate=25:duration=2', '-pix_fmt', 'yuv420p'];
const VIDEO = {
  'vp8.ivf': ['vp8', 'VP8', ['-c:v', 'libvpx', '-deadline', 'realtime', '-g', '20']],
  'vp9.ivf': ['vp9', 'VP9', ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-g', '20']],
  'av1.ivf': ['av1', 'AV1', ['-c:v', 'libaom-av1', '-usage', 'realtime', '-cpu-used', '8', '-g', '20']],
  'x264.h264': ['h264', 'H264', ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '20', '-slices', '3']],
};
for (const [name, [codec, rtpName, args]] of Object.entries(VIDEO)) {
  await testCase(`${name} of ffmpeg is read, recorded, and read by ffprobe`, async () => {
    ffmpeg([...TEST, ...args, at(name)]);
    const theirs = probe(at(name));
    const lines = limpid(['record', folder, `recorded-${codec}`, at(name)]);
    const { path: file, ...result } = lines.pop();
    equal(result, { codec: rtpName, dropped: 0, frames: 50 }, 'result');
    equal(lines.map((line) => Math.round(line.at)), Array.from({ length: 50 }, (_, n) => 40 * n), 'times');
    equal(lines.map((line) => line.key), theirs.packets.map((packet) => packet.flags.startsWith('K')), 'key frames');
    const ours = probe(file);
    equal([ours.stream.codec_name, ours.stream.width, ours.stream.height], [codec, 320, 180], 'stream');
    if (name.endsWith('.ivf')) { // start codes of H.264 may be shorter
      equal(ours.packets.map((packet) => packet.size), theirs.packets.map((packet) => packet.size), 'sizes');
      equal(ours.packets.map((packet) => Math.round(packet.pts_time * 1000)), lines.map((line) => Math.round(line.at)), 'times in the file');
    }
    const pictures = [at(name), file].map((each) => ffmpeg(['-i', each, '-f', 'md5', '-fps_mode', 'passthrough', '-']).toString());
    equal(pictures[1], pictures[0], 'pictures');
    return `50 frames, ${lines.filter((line) => line.key).length} key frames`;
  });
}

for (const [channels, ms] of [[1, 20], [2, 60], [2, 2.5]]) {
  await testCase(`Ogg of ffmpeg with ${channels} channels and ${ms} ms is read, recorded, and read by ffprobe`, async () => {
    const name = `opus-${channels}-${ms}`;
    ffmpeg(['-f', 'lavfi', '-i', 'sine=440:duration=3', '-ac', String(channels), '-c:a', 'libopus', '-frame_duration', String(ms), ...(ms < 10 ? ['-application', 'lowdelay'] : []), at(`${name}.ogg`)]);
    const theirs = probe(at(`${name}.ogg`));
    const lines = limpid(['record', folder, `recorded-${name}`, at(`${name}.ogg`)]);
    const { path: file, ...result } = lines.pop();
    equal(result, { codec: 'opus', dropped: 0, frames: theirs.packets.length }, 'result');
    lines.forEach((line, n) => near(line.at, n * ms, 0.001, `time of packet ${n}`));
    equal(lines.map((line) => line.bytes), theirs.packets.map((packet) => Number(packet.size)), 'sizes');
    const ours = probe(file);
    equal([ours.stream.codec_name, ours.stream.channels], ['opus', channels], 'stream');
    equal(ours.packets.map((packet) => packet.size), theirs.packets.map((packet) => packet.size), 'sizes in the file');
    near(Number(ours.packets.at(-1).pts_time), (lines.length - 1) * ms / 1000, 0.0011, 'time of the last packet');
    return `${lines.length} packets`;
  });
}

for (const [codec, rate, name] of [['pcm_s16le', 44100, 'PCMU'], ['pcm_u8', 8000, 'PCMU'], ['pcm_mulaw', 8000, 'PCMU'], ['pcm_alaw', 8000, 'PCMA']]) {
  await testCase(`WAV of ffmpeg in ${codec} at ${rate} Hz is played`, async () => {
    const file = at(`${codec}.wav`);
    ffmpeg(['-f', 'lavfi', '-i', 'sine=440:duration=2', '-ar', String(rate), '-ac', '1', '-c:a', codec, file]);
    const lines = limpid(['record', folder, `recorded-${codec}`, file]);
    const { path: recorded, ...result } = lines.pop();
    equal(result, { codec: name, dropped: 0, frames: 100 }, 'result');
    equal(probe(recorded).stream.duration, '2.000000', 'duration');
    if (rate !== 8000) return '';
    // At 8 kHz nothing but the law lies between the two.
    const [before, after] = [file, recorded].map((each) => ffmpeg(['-i', each, '-f', 's16le', '-']));
    const worst = Math.max(...before.map((_, n) => n % 2 ? 0 : Math.abs(before.readInt16LE(n) - after.readInt16LE(n))));
    near(worst, 0, codec === 'pcm_u8' ? 130 : 0, 'distance');
    return '';
  });
}
fs.rmSync(folder, { recursive: true, force: true });
process.exit(0);
