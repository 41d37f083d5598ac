// A page of Chromium, a page of Firefox and `limpid call` in one room. What the pages see and hear of the program is taken from their
// video elements; what the program says of the pages, from its events and from the files that it wrote.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { TONES, callBrowser, framesRise, hears, holds, joins, linkOf, met, pause, shot, testid } from '../lib/call-page.mjs';
import { LIMPID, OUT, program, testCase } from '../lib/report.mjs';
import { ends, folder, serve } from '../lib/share.mjs';
import { expect } from '../lib/share-page.mjs';

const names = ['chromium', 'firefox'];
const open = await Promise.all(names.map((name) => callBrowser(name)));
const server = await serve('127.0.0.1:0');
const pages = [];
let native, link;

/** `limpid call`, once it has sat down. */
async function calls(room, args) {
  const running = program(LIMPID, ['call', ...args, '--json', room]);
  await running.line((line) => line.event === 'joined');
  return running;
}

const frames = (running, name, kind, least, ms = 30000) => running.line((line) => line.event === 'media' && line.name === name && line.kind === kind && line.frames >= least, ms);

/** The place of somebody's video among all of a page. */
const placeOf = (page, name) => holds(page, `a tile of ${name}`, (wanted) => {
  const tiles = [...document.querySelectorAll('.tile[data-member]')].filter((tile) => tile.querySelector('[data-testid=remote-video]'));
  const place = tiles.findIndex((tile) => tile.textContent.includes(wanted));
  return place < 0 ? null : { place };
}, name, 20000);

/** The number on the card in somebody's video, read as PROTOCOLS.md 12 says; null: none. */
const numberIn = (page, place) => page.evaluate((n) => {
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

/** Waits until the numbers have risen so often; gives them. */
async function numbersRise(page, place, times, ms = 20000) {
  const end = Date.now() + ms, seen = [];
  while (seen.length < times) {
    const number = await numberIn(page, place);
    if (number !== null && number !== seen.at(-1)) {
      if (seen.length > 0 && number < seen.at(-1)) throw new Error(`${number} after ${seen.join(' ')}`);
      seen.push(number);
    }
    if (Date.now() > end) throw new Error(`numbers: ${seen.join(' ')}`);
    await pause(50);
  }
  return seen;
}

async function hearsAt(page, place, frequency, ms = 20000) {
  const end = Date.now() + ms;
  for (;;) {
    const heard = await hears(page, place);
    if (Math.abs(heard.frequency - frequency) < 25 && heard.level > -70) return heard;
    if (Date.now() > end) throw new Error(`hears ${JSON.stringify(heard)}, not ${frequency}`);
    await pause(100);
  }
}

const record = folder('recorded');
await testCase('native and both browsers: they meet by a secret link, and all is verified', async () => {
  pages.push(await joins(open[0], `${server.url}/call`, 'Ann'));
  link = await linkOf(pages[0]);
  pages.push(await joins(open[1], link, 'Bob'));
  await Promise.all(pages.map((page) => met(page)));
  native = await calls(link, ['--audio', 'tone', '--video', 'pattern', '--record', record, '--name', 'Card']);
  await Promise.all(pages.map((page) => met(page, 2)));
  for (const name of ['Ann', 'Bob']) {
    const { kind, verified } = await native.line((line) => line.event === 'member' && line.name === name);
    expect(name, [kind, verified], ['page', true]);
  }
  for (const page of pages) {
    const seen = await page.evaluate(() => Array.from(document.querySelectorAll('.tile[data-member]'), ({ dataset }) => [dataset.kind, dataset.verified]).sort());
    expect('tiles', seen, [['native', 'true'], ['page', 'true']]);
  }
});

for (const [n, name] of names.entries()) {
  await testCase(`native and ${name}: the page sees the numbers of the card rise and hears the tone`, async () => {
    const { place } = await placeOf(pages[n], 'Card');
    const seen = await numbersRise(pages[n], place, 15);
    const { frequency } = await hearsAt(pages[n], place, 440);
    await shot(pages[n], path.join(OUT, `${name}-sees-the-card.png`), 1000, 800);
    return `${seen[0]} to ${seen.at(-1)}, ${frequency} Hz`;
  });
  await testCase(`native and ${name}: the program gets sound and pictures of the page`, async () => {
    const who = ['Ann', 'Bob'][n];
    const [audio, video] = [await frames(native, who, 'audio', 100), await frames(native, who, 'video', 30)];
    return `${audio.codec}, ${video.codec}`;
  });
}

await testCase('native and both browsers: hanging up is seen at once, and the recordings are readable', async () => {
  native.child.kill('SIGINT');
  const result = await ends(native, 0);
  await Promise.all(pages.map((page) => met(page, 1)));
  expect('recordings', result.recorded.length, 4);
  const said = [];
  for (const file of result.recorded) {
    const args = ['-v', 'error', '-count_packets', '-show_entries', 'stream=codec_name,nb_read_packets', '-of', 'json', file];
    const [stream] = JSON.parse(execFileSync('ffprobe', args)).streams;
    if (!(Number(stream.nb_read_packets) >= 30)) throw new Error(`${file}: ${JSON.stringify(stream)}`);
    said.push(`${path.basename(file)} ${stream.codec_name} ${stream.nb_read_packets}`);
    fs.copyFileSync(file, path.join(OUT, path.basename(file)));
  }
  expect('codecs', said.map((text) => text.split(' ')[1]).filter((codec) => codec === 'opus').length, 2);
  return said.join(', ');
});

await testCase('native and both browsers: an echo gives each page its own tone back', async () => {
  const echo = await calls(link, ['--echo', '--name', 'Echo']);
  await Promise.all(pages.map((page) => met(page, 2)));
  const heard = [];
  for (const [n, page] of pages.entries()) {
    const { place } = await placeOf(page, 'Echo');
    heard.push((await hearsAt(page, place, TONES[names[n]])).frequency);
    await framesRise(page, { count: 2 });
  }
  echo.child.kill('SIGINT');
  await ends(echo, 0);
  return heard.map((frequency) => `${frequency} Hz`).join(' and ');
});

await Promise.all(open.map((browser) => browser.close()));
await server.stop();
process.exit(0);
