// The Call page as a person uses it, in either browser: join, look, listen, write, press buttons. Fake cameras and microphones:
// each browser has a tone of its own, so that who is heard can be told.
import fs from 'node:fs';
import path from 'node:path';
import { browsers } from './page.mjs';
import { folder } from './share.mjs';

export const testid = (id) => `[data-testid=${id}]`;
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What its fake microphone plays, in Hz. */
export const TONES = { chromium: 500, firefox: 1000 };

/** A browser with a fake camera and a microphone that plays its tone; `flags` and `preferences` are added. */
export async function callBrowser(name, { downloads, flags = [], preferences = {}, devices = true } = {}) {
  const { launch } = await browsers[name]();
  if (name === 'firefox') {
    return launch({ downloads, preferences: {
      'media.navigator.streams.fake': devices, 'media.navigator.permission.disabled': devices, 'media.navigator.audio.fake_frequency': TONES.firefox,
      'media.autoplay.default': 0, 'media.autoplay.blocking_policy': 0,
      // Without a sound card nothing would be played, and WebAudio would wait for ever.
      'media.cubeb.force_mock_context': true, ...preferences,
    } });
  }
  const fake = devices ? ['--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${toneFile(TONES.chromium)}`] : [];
  return launch({ downloads, flags: [...fake, '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required', ...flags] });
}

/** A WAV of a second, which Chromium plays over and over. */
function toneFile(frequency) {
  const rate = 48000, bytes = Buffer.alloc(44 + rate * 2);
  bytes.write('RIFF', 0); bytes.writeUInt32LE(36 + rate * 2, 4); bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16); bytes.writeUInt16LE(1, 20); bytes.writeUInt16LE(1, 22); bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(rate * 2, 28); bytes.writeUInt16LE(2, 32); bytes.writeUInt16LE(16, 34); bytes.write('data', 36); bytes.writeUInt32LE(rate * 2, 40);
  for (let n = 0; n < rate; n += 1) bytes.writeInt16LE(Math.round(8000 * Math.sin(2 * Math.PI * frequency * n / rate)), 44 + n * 2);
  const file = path.join(folder('tone'), 'tone.wav');
  fs.writeFileSync(file, bytes);
  return file;
}

/** What all elements of a kind say. */
export function lookAll(page, id) {
  return page.evaluate((selector) => Array.from(document.querySelectorAll(selector),
    (node) => ({ text: node.textContent, data: { ...node.dataset }, href: node.href, hidden: node.hidden, disabled: node.disabled })), testid(id));
}

/** Waits until a function in the page gives something true; gives it. */
export async function holds(page, what, body, argument, ms = 20000) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await page.evaluate(body, argument);
    if (found) return found;
    if (Date.now() > end) {
      const text = await page.evaluate(() => `${document.body.innerText}\n${JSON.stringify((window.limpidTrace ?? []).slice(-25))}`);
      throw new Error(`${what}: not within ${ms} ms\n${text}`);
    }
    await pause(100);
  }
}

/** Opens a call (or a new one), joins it under a name. */
export async function joins(browser, url, name, { button = 'call-join', sound = false } = {}) {
  const page = await browser.newPage(url);
  await enters(page, name, { button, sound });
  return page;
}

export async function enters(page, name, { button = 'call-join', sound = false } = {}) {
  await holds(page, 'the preview', (selector) => document.querySelector(selector) !== null, testid('call-name'));
  // A steady tone is noise to a browser that removes noise, and large pictures are too much for a small machine.
  if (!sound) await page.evaluate(() => { for (const id of ['echo', 'noise', 'gain', 'small']) document.querySelector(`[data-testid=call-${id}]`).click(); });
  // Pages of one browser remember the name of the last one.
  await page.evaluate((selector) => { document.querySelector(selector).value = ''; }, testid('call-name'));
  await page.focus(testid('call-name'));
  await page.keyboard.type(name);
  await page.click(testid(button));
  // One that is full ends before anybody has seen it.
  await holds(page, 'the call', (selector) => document.querySelector(selector) !== null, `${testid('call-hangup')}, ${testid('call-ended')}`);
}

/** The link of the call that a page is in. */
export function linkOf(page) {
  return holds(page, 'the link', (selector) => document.querySelector(selector)?.href, testid('call-link'));
}

/** Two pages, from the same browser or two, in one call. */
export async function callOf([first, second], url, names = ['Ann', 'Bob'], options = {}) {
  const a = await joins(first, `${url}/call`, names[0], options);
  const b = await joins(second, await linkOf(a), names[1], options);
  await Promise.all([met(a), met(b)]);
  return [a, b];
}

/** Waits until a page has met so many others. */
export function met(page, count = 1, ms = 30000) {
  return holds(page, `${count} met`, (n) => document.querySelectorAll('.tile[data-met=true][data-path=good]').length === n, count, ms);
}

/** Frames that the videos of a kind have shown, and their size. */
export function frames(page, id = 'remote-video') {
  return page.evaluate((selector) => Array.from(document.querySelectorAll(selector), (video) => ({
    // Firefox counts the frames of a call here alone.
    frames: video.mozPaintedFrames ?? video.getVideoPlaybackQuality().totalVideoFrames, width: video.videoWidth, height: video.videoHeight,
    isShown: !video.classList.contains('no-picture'),
  })), testid(id));
}

/** Waits until every video of a kind shows at least `more` new frames. */
export async function framesRise(page, { id = 'remote-video', count = 1, more = 10, ms = 20000 } = {}) {
  const before = await frames(page, id);
  await holds(page, `frames of ${id}`, ([selector, then, n, least]) => {
    const videos = [...document.querySelectorAll(selector)];
    return videos.length >= n && videos.every((video, i) => (video.mozPaintedFrames ?? video.getVideoPlaybackQuality().totalVideoFrames) >= (then[i] ?? 0) + least);
  }, [testid(id), before.map(({ frames }) => frames), count, more], ms);
  return frames(page, id);
}

/** The loudest frequency of a remote video's sound, in Hz, and its level in dB; by WebAudio. */
export function hears(page, place = 0, id = 'remote-video') {
  return page.evaluate(async ([selector, n]) => {
    const stream = document.querySelectorAll(selector)[n].srcObject;
    const context = window.interopContext ??= new AudioContext();
    await context.resume();
    const analyser = context.createAnalyser();
    analyser.fftSize = 8192;
    analyser.smoothingTimeConstant = 0;
    const source = context.createMediaStreamSource(new MediaStream(stream.getAudioTracks()));
    source.connect(analyser);
    await new Promise((resolve) => { setTimeout(resolve, 400); });
    const bins = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(bins);
    source.disconnect();
    let best = 0;
    for (let i = 1; i < bins.length; i += 1) if (bins[i] > bins[best]) best = i;
    return { frequency: Math.round(best * context.sampleRate / analyser.fftSize), level: Math.round(bins[best]) };
  }, [testid(id), place]);
}

/** Waits until a tone is heard, or (`frequency` null) nothing. */
export async function hearsTone(page, frequency, { place = 0, id = 'remote-video', ms = 15000 } = {}) {
  const end = Date.now() + ms;
  for (;;) {
    const heard = await hears(page, place, id);
    const isRight = frequency === null ? heard.level < -90 : Math.abs(heard.frequency - frequency) < 25 && heard.level > -70;
    if (isRight) return heard;
    if (Date.now() > end) throw new Error(`hears ${JSON.stringify(heard)}, not ${frequency}`);
    await pause(100);
  }
}

/** What the page's own trace holds of some events. */
export function traced(page, ...events) {
  return page.evaluate((wanted) => window.limpidTrace.filter(({ event }) => wanted.includes(event)), events);
}

export async function shot(page, file, width, height, scheme) {
  await page.setViewportSize?.({ width, height });
  if (scheme) await page.emulateMedia?.({ colorScheme: scheme });
  await pause(200);
  await page.screenshot({ path: file, fullPage: true });
}
