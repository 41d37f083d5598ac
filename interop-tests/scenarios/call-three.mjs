// Two browsers and `limpid call` in one room of `limpid serve`, for a minute; then for another one without the server. Everybody sees
// and hears everybody all the time, and nobody notices that the server is away. Screenshots are kept in out/screens.
import fs from 'node:fs';
import path from 'node:path';
import { TONES, callBrowser, holds, joins, linkOf, met, pause, shot, traced } from '../lib/call-page.mjs';
import { numberIn, placeOf, watch, watched } from '../lib/call-watch.mjs';
import { LIMPID, program, testCase } from '../lib/report.mjs';
import { ends, serve } from '../lib/share.mjs';
import { expect } from '../lib/share-page.mjs';

const SCREENS = path.resolve(import.meta.dirname, '../out/screens');
fs.mkdirSync(SCREENS, { recursive: true });
const SECONDS = Number(process.env.INTEROP_SECONDS ?? 60);
/** Nobody looks away for longer, in ms: a small machine with three encoders stops for a moment now and then. */
const LONGEST = 4000;

const names = { Ann: 'chromium', Bob: 'firefox' };
const pitches = { Ann: TONES.chromium, Bob: TONES.firefox, Card: 440 };
const people = Object.keys(names);
const open = await Promise.all(Object.values(names).map((name) => callBrowser(name)));
let server = await serve('127.0.0.1:0');
const pages = {};
let native;

await testCase('three in a call: they meet, and all is verified', async () => {
  pages.Ann = await joins(open[0], `${server.url}/call`, 'Ann');
  const link = await linkOf(pages.Ann);
  pages.Bob = await joins(open[1], link, 'Bob');
  native = program(LIMPID, ['call', '--audio', 'tone', '--video', 'pattern', '--name', 'Card', '--json', link]);
  await native.line((line) => line.event === 'joined');
  await Promise.all(people.map((who) => met(pages[who], 2)));
  for (const who of people) {
    const { verified } = await native.line((line) => line.event === 'member' && line.name === who);
    expect(who, verified, true);
  }
});

/** What the program last said of everybody's sound and pictures. */
function counts() {
  const found = {};
  for (const line of native.lines) if (line.event === 'media') found[`${line.name} ${line.kind}`] = line.frames;
  return found;
}

/** All of them look and listen for so long; fails where anybody misses anybody. Gives what was seen. */
async function minute(check = async () => {}) {
  // What the program hears of each, and when that was more.
  const heard = Object.fromEntries(people.flatMap((who) => ['audio', 'video'].map((kind) => [`${who} ${kind}`, { from: null, to: 0, at: Date.now(), longest: 0 }])));
  const cards = { Ann: [], Bob: [] };
  for (const who of people) await watch(pages[who], Object.fromEntries(Object.entries(pitches).filter(([name]) => name !== who)));
  const start = Date.now();
  while (Date.now() - start < SECONDS * 1000) {
    await pause(500);
    const now = Date.now();
    for (const [name, count] of Object.entries(counts())) {
      const one = heard[name];
      if (!one || count === one.to) continue;
      one.from ??= count;
      one.longest = Math.max(one.longest, now - one.at);
      [one.to, one.at] = [count, now];
    }
    for (const who of people) {
      const number = await numberIn(pages[who], (await placeOf(pages[who], 'Card')).place);
      if (number !== null) cards[who].push(number);
    }
    await check();
  }
  const said = [], missed = [];
  for (const who of people) {
    for (const [name, one] of Object.entries(await watched(pages[who]))) {
      said.push(`${who} of ${name}: ${one.pictures} pictures (${one.noPicture} ms without), tone ${one.noTone} ms without`);
      if (one.noPicture > LONGEST || one.noTone > LONGEST || one.pictures < SECONDS * 2 || one.tones < SECONDS) missed.push(said.at(-1));
    }
    const numbers = cards[who];
    if (numbers.some((number, at) => at > 0 && number < numbers[at - 1])) missed.push(`${who} saw the card go back: ${numbers}`);
    if (numbers.length < SECONDS || numbers.at(-1) - numbers[0] < SECONDS * 20) missed.push(`${who} read ${numbers.length} numbers: ${numbers[0]} to ${numbers.at(-1)}`);
  }
  for (const [name, one] of Object.entries(heard)) {
    const longest = Math.max(one.longest, Date.now() - one.at);
    said.push(`Card of ${name}: ${one.to - one.from} frames (${longest} ms without)`);
    if (longest > LONGEST || one.to - one.from < SECONDS * (name.endsWith('audio') ? 20 : 2)) missed.push(said.at(-1));
  }
  if (missed.length > 0) throw new Error(missed.join('\n'));
  return said.join('; ');
}

await testCase(`three in a call: for ${SECONDS} s all three see and hear each other`, async () => {
  const said = await minute();
  for (const who of people) await shot(pages[who], path.join(SCREENS, `three-${names[who]}.png`), 1280, 800);
  return said;
});

await testCase(`three in a call: the server is dead for ${SECONDS} s, and nobody notices`, async () => {
  const used = async () => (await Promise.all(people.map((who) => traced(pages[who], 'session', 'rung restart', 'rung renew', 'unstable', 'lost')))).map(({ length }) => length);
  const before = await used();
  const port = new URL(server.url).port;
  server.child.kill('SIGKILL');
  await Promise.all(people.map((who) => holds(pages[who], 'no server', () => document.getElementById('main').dataset.signalling === 'away')));
  await native.line((line) => line.event === 'signalling' && line.up === false);
  const said = await minute();
  expect('rungs while the server was dead', await used(), before);
  await shot(pages.Ann, path.join(SCREENS, 'three-without-server.png'), 1280, 800);
  server = await serve(`127.0.0.1:${port}`);
  await Promise.all(people.map((who) => holds(pages[who], 'the server', () => document.getElementById('main').dataset.signalling === 'up', null, 40000)));
  await native.line((line) => line.event === 'signalling' && line.up === true, 60000);
  await Promise.all(people.map((who) => met(pages[who], 2)));
  expect('rungs', await used(), before);
  return said;
});

await testCase('three in a call: who hangs up is seen to go', async () => {
  native.child.kill('SIGINT');
  await ends(native, 0);
  await Promise.all(people.map((who) => met(pages[who], 1)));
});

await Promise.all(open.map((browser) => browser.close()));
await server.stop();
process.exit(0);
