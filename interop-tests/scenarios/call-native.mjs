// A page of Chromium, a page of Firefox and `limpid call` in one room. What the pages see and hear of the program is taken from their
// video elements; what the program says of the pages, from its events and from the files that it wrote.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { TONES, callBrowser, framesRise, hears, joins, linkOf, met, pause, shot, testid, traced } from '../lib/call-page.mjs';
import { numberIn, placeOf } from '../lib/call-watch.mjs';
import { LIMPID, OUT, program, testCase } from '../lib/report.mjs';
import { ends, folder, makeFile, root, sameFile, serve } from '../lib/share.mjs';
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
  // From a seat in the room to the connection with each.
  const joined = native.lines.find(({ event }) => event === 'joined');
  const took = native.lines.filter(({ event }) => event === 'connected').map(({ t }) => t - joined.t);
  if (took.length !== 2 || took.some((ms) => ms > 2000)) throw new Error(`connected after ${took.join(' and ')} ms`);
  for (const page of pages) {
    const seen = await page.evaluate(() => Array.from(document.querySelectorAll('.tile[data-member]'), ({ dataset }) => [dataset.kind, dataset.verified]).sort());
    expect('tiles', seen, [['native', 'true'], ['page', 'true']]);
  }
  return `after ${took.map(Math.round).join(' and ')} ms`;
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

await testCase('native and both browsers: what is written, the words to compare and a file reach the program', async () => {
  const [page] = pages;
  await page.focus(testid('call-chat-input'));
  await page.keyboard.type('from Ann');
  await page.keyboard.press('Enter');
  const { name } = await native.line((line) => line.event === 'chat' && line.text === 'from Ann');
  expect('who wrote', name, 'Ann');
  const { words } = await native.line((line) => line.event === 'words' && line.name === 'Ann');
  expect('words', await page.evaluate((selector) => document.querySelector(`.tile[data-kind=native] ${selector}`).textContent, testid('call-words')), words);
  const file = makeFile(folder('source'), 'for the program.bin', 1_234_567);
  await page.setInputFiles(testid('call-file-input'), [file]);
  const { hash, saved } = await native.line((line) => line.event === 'file-done' && line.name === 'Ann');
  expect('hash', hash, `sha256t:${root(file).toString('hex')}`);
  sameFile(saved[0], file);
  return words;
});

await testCase('native and both browsers: a page whose network is another asks, and the program restarts ICE', async () => {
  await pages[0].evaluate(() => { dispatchEvent(new Event('online')); });
  await native.line((line) => line.event === 'path' && line.step === 'restart');
  expect('asked', (await traced(pages[0], 'ask')).length, 2);
  const { place } = await placeOf(pages[0], 'Card');
  await Promise.all([met(pages[0], 2), numbersRise(pages[0], place, 15), hearsAt(pages[0], place, 440)]);
  const { step } = native.lines.findLast(({ event }) => event === 'path');
  expect('the last step', step, 'restart');
});

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
