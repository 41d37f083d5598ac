// A call for everybody: by keyboard alone, as axe-core sees it in light and dark, without devices, without a proof, with too many.
// Screenshots are kept in out/screens.
import { browsers } from '../lib/page.mjs';
import { focused, looksRight, tabTo, wasPlayed, watchesPlay } from '../lib/call-access.mjs';
import { TONES, callBrowser, callOf, enters, framesRise, hearsTone, holds, joins, linkOf, met, testid } from '../lib/call-page.mjs';
import { testCase } from '../lib/report.mjs';
import { HOST, folder, makeFile, serve } from '../lib/share.mjs';
import { expect, pageOpens, pageSends, until } from '../lib/share-page.mjs';

const server = await serve('0.0.0.0:0');
const port = new URL(server.url).port;
const secure = process.env.CALL_DEV ? await (await import(process.env.CALL_DEV)).devUrl(() => port) : `http://127.0.0.1:${port}`;
const press = (page, id) => page.click(testid(id));
for (const name of Object.keys(browsers)) {
  const browser = await callBrowser(name);
  await testCase(`${name}: by keyboard alone: join, mute, camera off, write, hang up, and the other side notices all of it`, async () => {
    const other = await joins(browser, `${secure}/call`, 'Ann');
    const page = await browser.newPage(await linkOf(other));
    const sees = (what, slug) => holds(other, `${what} ${slug}`, ([part, wanted]) => {
      const silence = document.querySelector(`.tile[data-member] [data-what=${part}]`)?.dataset.silence ?? null;
      return silence === wanted;
    }, [what, slug]);
    const presses = async (id, key) => { await tabTo(page, id); await page.keyboard.press(key); };
    await until(page, 'call-join');
    await tabTo(page, 'call-name');
    await page.keyboard.type('Kay');
    await presses('call-join', 'Enter');
    await Promise.all([met(page), met(other)]);
    expect('focus after joining', await focused(page), 'call-title');
    expect('name', await other.evaluate(() => document.querySelector('.tile[data-member] .who').textContent), 'Kay');
    await sees('mic', null);
    await presses('call-mute', ' ');
    await sees('mic', 'they-stopped');
    // Tapped, the space bar is that of the button; only held elsewhere it talks.
    await page.keyboard.press(' ');
    await sees('mic', null);
    await presses('call-camera', 'Enter');
    await sees('camera', 'they-stopped');
    expect('focus after a device', await focused(page), 'call-camera');
    await tabTo(page, 'call-chat-input');
    await page.keyboard.type('by keyboard');
    await page.keyboard.press('Enter');
    await holds(other, 'the chat', (selector) => document.querySelector(`${selector} li[data-id] p`)?.textContent === 'by keyboard', testid('call-chat-log'));
    await presses('call-stats', 'Enter');
    await holds(page, 'numbers', (selector) => /\d kbit\/s/.test(document.querySelector(selector).textContent), testid('call-stats'));
    await tabTo(page, 'call-hangup', { back: true });
    await page.keyboard.press('Enter');
    await until(page, 'call-ended');
    expect('focus', await focused(page), 'call-ended');
    expect('goodbye', await holds(other, 'the reason', (selector) => {
      const { dataset, textContent } = document.querySelector(selector);
      return dataset.reason === 'done' && textContent;
    }, testid('call-status')), 'Kay hung up.');
  });
  await browser.close();
}

const chromium = tidied(await callBrowser('chromium'));

/** A browser whose pages go with the case that opened them, however it ends. */
function tidied(browser) {
  const pages = [];
  return {
    ...browser,
    newPage: async (url) => { const page = await browser.newPage(url); pages.push(page); return page; },
    tidy: () => Promise.all(pages.splice(0).map((page) => page.close().catch(() => {}))),
  };
}

/** A case in the browser with devices. */
async function inChromium(name, body) {
  await testCase(name, body);
  await chromium.tidy();
}

await inChromium('axe-core and screenshots: the screens of Share', async () => {
  const empty = await chromium.newPage(`${secure}/`);
  await until(empty, 'share-input');
  await looksRight(empty, 'share');
  const { page, link } = await pageSends(chromium, secure, [makeFile(folder('source'), 'a file.bin', 100_000)]);
  await looksRight(page, 'share-link');
  const { page: receiver } = await pageOpens(chromium, link);
  await looksRight(receiver, 'share-receive');
});

await inChromium('axe-core and screenshots: the screens of a call', async () => {
  const preview = await chromium.newPage(`${secure}/call`);
  // Allowed before: nothing needs to be pressed.
  await holds(preview, 'the picture', (selector) => document.querySelector(selector).videoWidth > 0, testid('call-preview'));
  await preview.evaluate(() => { document.querySelector('details').open = true; });
  await holds(preview, 'the level', (selector) => document.querySelector(selector).value > 0, testid('call-level'));
  const mirrored = () => preview.evaluate((selector) => getComputedStyle(document.querySelector(selector)).transform !== 'none', testid('call-preview'));
  expect('mirrored', await mirrored(), true);
  await press(preview, 'call-mirror');
  expect('mirrored no more', await mirrored(), false);
  await press(preview, 'call-mirror');
  await preview.evaluate(() => {
    const { play } = HTMLMediaElement.prototype;
    HTMLMediaElement.prototype.play = function listened() { window.tone = this.srcObject.getAudioTracks()[0]; return play.call(this); };
  });
  await press(preview, 'call-tone');
  await holds(preview, 'the tone', (selector) => window.tone?.readyState === 'live' && document.querySelector(selector).textContent === 'Playing…', testid('call-tone'));
  await holds(preview, 'its end', (selector) => document.querySelector(selector).textContent === 'Test the speaker', testid('call-tone'));
  expect('devices', (await preview.evaluate(() => Array.from(document.querySelectorAll('select'), ({ options }) => options.length > 1))), [true, true, true]);
  await looksRight(preview, 'call-preview');

  const [a, b] = await callOf([chromium, chromium], secure);
  await press(b, 'call-mute');
  await press(a, 'call-share-screen');
  await framesRise(b, { id: 'remote-screen', more: 2 });
  await b.focus(testid('call-chat-input'));
  await b.keyboard.type('Hello, see https://www.rfc-editor.org/rfc/rfc8829');
  await b.keyboard.press('Enter');
  await a.evaluate(() => { for (const node of document.querySelectorAll('details')) node.open = true; });
  await holds(a, 'statistics', (selector) => /\d kbit\/s/.test(document.querySelector(selector).textContent), testid('call-stats'));
  const speaker = await a.selectOption(testid('call-device-speaker'), { index: 1 });
  await holds(a, 'the speaker', ([selector, id]) => document.querySelector(selector).sinkId === id, [testid('remote-video'), speaker[0]]);
  // How it came up: each layer after the one below.
  const [, came] = await holds(a, 'the layers', (selector) => /UDP (\d+ · ICE \d+ · DTLS \d+ · SCTP \d+ · Call \d+) ms/.exec(document.querySelector(selector).textContent), testid('call-stats'));
  const times = came.match(/\d+/g).map(Number);
  expect('layers', times, times.toSorted((x, y) => x - y));
  await looksRight(a, 'call');
  // On a phone the buttons are within reach, however many people are in sight.
  await a.setViewportSize({ width: 390, height: 844 });
  const isInSight = () => a.evaluate((selector) => { const { top, bottom } = document.querySelector(selector).getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; }, testid('call-mute'));
  await a.evaluate(() => { scrollTo(0, 0); });
  expect('mute within reach', await isInSight(), true);
  await looksRight(b, 'call-guest');
  await press(a, 'call-hangup');
  await until(a, 'call-ended');
  await looksRight(a, 'call-ended');
});

await inChromium('a page that is loaded again is in the same call', async () => {
  const page = await chromium.newPage(`${secure}/call`);
  const link = await linkOf(page);
  await enters(page, 'Ann');
  await page.reload();
  await enters(page, 'Ann');
  expect('link', await linkOf(page), link);
});

await inChromium('a named room is shown as unverified', async () => {
  const link = `${secure}/call#n.K%C3%BCche`;
  const a = await joins(chromium, link, 'Ann'), b = await joins(chromium, link, 'Bob');
  await Promise.all([met(a), met(b), framesRise(a), framesRise(b)]);
  for (const page of [a, b]) {
    expect('verified', await page.evaluate(() => document.querySelector('.tile[data-member]').dataset.verified), 'false');
    expect('words', await page.evaluate(() => document.getElementById('state').textContent), '2 in the call · unverified');
  }
});

await inChromium('whoever cannot prove that it holds the link neither sees nor hears, and is neither seen nor heard', async () => {
  const a = await joins(chromium, `${secure}/call`, 'Ann');
  const link = await linkOf(a);
  const b = await chromium.newPage(link);
  await Promise.all([watchesPlay(a), watchesPlay(b)]);
  // As if somebody in between had made another connection of it: the other side's nonce is not this one.
  await b.evaluate(() => {
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function altered(text) { send.call(this, text.replace(/"nonce":"../, '"nonce":"00')); };
  });
  await enters(b, 'Mallory');
  const error = await until(a, 'error');
  expect('error', error.data.error, 'bad-proof');
  await holds(a, 'nobody', () => document.querySelectorAll('.tile[data-member]').length === 0);
  expect('the other one', (await until(b, 'error')).data.error, 'bad-proof');
  expect('played', [await wasPlayed(a), await wasPlayed(b)], [false, false]);
  const c = await joins(chromium, link, 'Cleo');
  await Promise.all([met(a), met(c)]);
  expect('played of somebody who can', await wasPlayed(a), true);
  return error.text.slice(0, 60);
});

await inChromium('who joins without camera and microphone sends nothing, and can turn on both later', async () => {
  const a = await joins(chromium, `${secure}/call`, 'Ann');
  const b = await chromium.newPage(await linkOf(a));
  // Allowed before: they are open, and are given back.
  await holds(b, 'the picture', (selector) => document.querySelector(selector).videoWidth > 0, testid('call-preview'));
  await b.evaluate((selector) => { window.before = document.querySelector(selector).srcObject.getTracks(); }, testid('call-preview'));
  await enters(b, 'Bob', { button: 'call-join-without' });
  await Promise.all([met(a), met(b)]);
  const sees = (mic, camera) => holds(a, `${mic} and ${camera}`, (wanted) => JSON.stringify(['mic', 'camera'].map((part) => document.querySelector(`.tile[data-member] [data-what=${part}]`)?.dataset.silence ?? null)) === wanted, JSON.stringify([mic, camera]));
  await sees('no-device', 'they-stopped');
  expect('devices', await b.evaluate(() => window.before.map(({ readyState }) => readyState)), ['ended']);
  await press(b, 'call-mute');
  await sees(null, 'they-stopped');
  await hearsTone(a, TONES.chromium);
  await press(b, 'call-camera');
  await sees(null, null);
  await framesRise(a);
});

await inChromium('a headset that is plugged in is asked about, one that is pulled out is replaced', async () => {
  const page = await chromium.newPage(`${secure}/call`);
  await until(page, 'call-join');
  await page.evaluate(() => {
    const { enumerateDevices } = navigator.mediaDevices;
    window.isHidden = true;
    navigator.mediaDevices.enumerateDevices = async () => (await enumerateDevices.call(navigator.mediaDevices)).filter(({ label }) => !window.isHidden || !label.includes('Audio Input 2'));
    const { getUserMedia } = navigator.mediaDevices;
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await getUserMedia.call(navigator.mediaDevices, constraints);
      [window.mic] = stream.getAudioTracks();
      return stream;
    };
  });
  await enters(page, 'Ann');
  await page.evaluate(() => { window.isHidden = false; navigator.mediaDevices.dispatchEvent(new Event('devicechange')); });
  const toast = await holds(page, 'the question', (selector) => !document.querySelector(selector).hidden && document.querySelector(selector).textContent, testid('call-toast'));
  if (!/^Use Fake Audio Input 2/.test(toast)) throw new Error(toast);
  await page.click(`${testid('call-toast')} button`);
  await page.evaluate(() => { document.querySelector('[data-testid=call-inspector]').open = true; });
  const isSecond = () => holds(page, 'the device', (selector) => document.querySelector(selector)?.selectedOptions[0].textContent.includes('2'), testid('call-device-mic'));
  await isSecond();
  const speaks = (isIt) => holds(page, `a microphone, the second: ${isIt}`, ([selector, wanted]) => {
    const row = document.querySelector(`${selector} tr[data-kind=audio]`)?.textContent ?? '';
    return row.includes('live') && row.includes('Audio Input 2') === wanted;
  }, [testid('call-inspector'), isIt]);
  await speaks(true);
  await page.evaluate(() => {
    window.isHidden = true;
    window.mic.stop();
    window.mic.dispatchEvent(new Event('ended'));
  });
  await holds(page, 'the news', (selector) => /^The microphone went away. Now in use: Fake/.test(document.querySelector(selector).textContent), testid('call-toast'));
  await speaks(false);
  // The choice is kept, for when it is there again.
  await page.reload();
  await isSecond();
});
await chromium.close();

const BARE = { 'no devices': [], 'devices denied': ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream=deny'] };
for (const [what, flags] of Object.entries(BARE)) {
  const { launch } = await browsers.chromium();
  const full = await callBrowser('chromium'), bare = await launch({ flags: [...flags, '--autoplay-policy=no-user-gesture-required'] });
  await testCase(`${what}: joins all the same, and sees the other`, async () => {
    const a = await joins(full, `${secure}/call`, 'Ann');
    const b = await bare.newPage(await linkOf(a));
    await until(b, 'call-allow');
    // Nothing was asked before it was explained.
    expect('asked', await b.evaluate((selector) => document.querySelector(selector).childElementCount, testid('call-trouble')), 0);
    await press(b, 'call-allow');
    const trouble = await holds(b, 'words', (selector) => document.querySelector(selector).textContent, testid('call-trouble'));
    if (!trouble.includes('You can join without it.')) throw new Error(trouble);
    expect('a picture of the way out', await b.evaluate(() => document.querySelector('svg.unblock')?.dataset.browser ?? null), what === 'devices denied' ? 'chromium' : null);
    await looksRight(b, `call-${what.replace(' ', '-')}`);
    await enters(b, 'Bob');
    await Promise.all([met(a), met(b), framesRise(b)]);
    await holds(a, 'why', () => ['mic', 'camera'].every((part) => document.querySelector(`.tile[data-member] [data-what=${part}][data-silence=no-device]`)));
    await press(b, 'call-mute');
    await holds(b, 'why not', ([selector, words]) => document.querySelector(selector).textContent.includes(words),
      [testid('call-status'), what === 'devices denied' ? 'The microphone was not allowed. To allow it,' : 'There is no microphone.']);
    return trouble.slice(0, 80);
  });
  await bare.close();
  await full.close();
}

const plain = await callBrowser('chromium');
await testCase('a page that is not on https or localhost: no devices, but it sees and hears', async () => {
  const a = await joins(plain, `${secure}/call`, 'Ann');
  const link = (await linkOf(a)).replace(new URL(secure).origin, `http://${HOST}:${port}`);
  const b = await joins(plain, link, 'Bob');
  expect('isSecureContext', await b.evaluate(() => isSecureContext), false);
  await Promise.all([met(a), met(b), framesRise(b)]);
});
await plain.close();

// Without permission a page asks for nothing before it is told to: by then it has devices that make little work.
const large = await (await browsers.chromium()).launch({ flags: ['--autoplay-policy=no-user-gesture-required'] });
await testCase('the fifth with video is offered sound only, the seventh is told that it is full', async () => {
  const pages = [];
  // Small pictures: thirty streams on a small machine.
  const light = () => {
    navigator.mediaDevices.getUserMedia = async ({ audio, video }) => {
      const stream = new MediaStream();
      if (video) {
        const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
        const pen = canvas.getContext('2d');
        setInterval(() => { pen.fillStyle = `hsl(${Date.now() / 10 % 360} 80% 50%)`; pen.fillRect(0, 0, 64, 36); }, 200);
        stream.addTrack(canvas.captureStream(5).getVideoTracks()[0]);
      }
      if (audio) {
        const out = new AudioContext().createMediaStreamDestination();
        stream.addTrack(out.stream.getAudioTracks()[0]);
      }
      return stream;
    };
  };
  const enter = async (url, name) => {
    const page = await large.newPage(url);
    await page.evaluate(light);
    await enters(page, name, { sound: true });
    pages.push(page);
    return page;
  };
  let link = `${secure}/call`;
  for (const name of ['A', 'B', 'C', 'D']) { const page = await enter(link, name); link = await linkOf(page); }
  await Promise.all(pages.map((page) => met(page, 3, 60000)));
  const fifth = await enter(link, 'E');
  await Promise.all(pages.map((page) => met(page, 4, 60000)));
  /** What they are offered; they take it. */
  const staysWithSound = async (page) => {
    const offer = await holds(page, 'the offer', (selector) => !document.querySelector(selector).hidden && document.querySelector(selector).textContent, testid('call-video-offer'));
    await press(page, 'call-stay-audio');
    return offer;
  };
  const offer = await staysWithSound(fifth);
  if (!/4 times, about \d+ kbit\/s/.test(offer)) throw new Error(offer);
  await framesRise(fifth, { count: 4, more: 2 });
  // All see four, and of these not the fifth.
  for (const page of pages.slice(0, 4)) {
    expect("the fifth's picture", await page.evaluate(() => {
      const tile = document.querySelector('.tile[data-member][aria-label=E]');
      return [tile.querySelector('[data-what=camera]').dataset.silence, tile.querySelector('video').dataset.frames];
    }), ['they-stopped', '0']);
  }
  const sixth = await enter(link, 'F');
  await Promise.all(pages.map((page) => met(page, 5, 60000)));
  // Else the place that becomes free below might be theirs.
  await staysWithSound(sixth);
  const seventh = await large.newPage(link);
  await enters(seventh, 'G');
  expect('the seventh', (await until(seventh, 'error')).data.error, 'call-full');
  await seventh.close();
  // A place that becomes free can be taken.
  await press(pages[0], 'call-hangup');
  await met(fifth, 4);
  await press(fifth, 'call-camera');
  await holds(pages[1], "the fifth's picture", () => {
    const tile = document.querySelector('.tile[data-member][aria-label=E]');
    return tile.querySelector('[data-what=camera]') === null && Number(tile.querySelector('video').dataset.frames) > 2;
  });
  return offer.slice(0, 60);
});
await large.close();
await server.stop();
process.exit(0);
