// A call between two pages through `limpid serve`: `node call-pages.mjs BROWSER BROWSER`. What each sees and hears is taken from the
// video element and by WebAudio.
import { TONES, callBrowser, callOf, enters, frames, framesRise, hearsTone, holds, joins, linkOf, lookAll, met, pause, testid, traced } from '../lib/call-page.mjs';
import { testCase } from '../lib/report.mjs';
import { folder, makeFile, root, sameFile, serve } from '../lib/share.mjs';
import { expect, pageAccepts, until } from '../lib/share-page.mjs';

const names = process.argv.slice(2);
const downloads = folder('downloads');
// A page that nobody looks at is not painted in Firefox: each side has a window of its own.
const open = await Promise.all(names.map((name) => callBrowser(name, { downloads })));
let server = await serve('127.0.0.1:0');
const url = process.env.CALL_DEV ? await (await import(process.env.CALL_DEV)).devUrl(() => new URL(server.url).port) : server.url;
const title = (what) => `${names.join(' and ')}: ${what}`;
const press = (page, id) => page.click(testid(id));
const silences = (page, tile) => page.evaluate((selector) => Array.from(document.querySelectorAll(`${selector} [data-silence]`),
  ({ dataset }) => `${dataset.what} ${dataset.silence}`), tile);
/** What the call always has, by its names. */
const PARTS = ['call-mute', 'call-camera', 'call-share-screen', 'call-hangup', 'remote-video', 'call-badge', 'call-chat-input', 'call-chat-log', 'call-stats'];
const OTHER = '.tile[data-member]', SELF = '[data-testid=call-self]';
const shows = (page, tile, wanted) => holds(page, `${tile} shows ${wanted}`, ([selector, list]) => {
  const found = Array.from(document.querySelectorAll(`${selector} [data-silence]`), ({ dataset }) => `${dataset.what} ${dataset.silence}`);
  return JSON.stringify(found) === list;
}, [tile, JSON.stringify(wanted)]);

let a, b;
await testCase(title('both join, see and hear each other'), async () => {
  [a, b] = await callOf(open, url);
  const pictures = [await framesRise(a), await framesRise(b)];
  const heard = [await hearsTone(a, TONES[names[1]]), await hearsTone(b, TONES[names[0]])];
  expect('silences', [await silences(a, OTHER), await silences(b, OTHER)], [[], []]);
  for (const page of [a, b]) {
    const [badge] = await lookAll(page, 'call-badge');
    if (Number(badge.data.bars) < 2 || badge.data.kind !== 'direct') throw new Error(JSON.stringify(badge));
    const verified = await page.evaluate((tile) => document.querySelector(tile).dataset.verified, OTHER);
    expect('verified', verified, 'true');
    // One's own picture is mirrored for oneself alone.
    expect('its parts', await page.evaluate((ids) => ids.filter((id) => !document.querySelector(`[data-testid=${id}]`)), PARTS), []);
    expect('mirrored', await page.evaluate(() => ['self-video', 'remote-video'].map((id) => getComputedStyle(document.querySelector(`[data-testid=${id}]`)).transform)), ['matrix(-1, 0, 0, 1, 0, 0)', 'none']);
  }
  expect('names', await Promise.all([a, b].map((page) => page.evaluate((tile) => document.querySelector(`${tile} .who`).textContent, OTHER))), ['Bob', 'Ann']);
  // From a seat in the room to a connection that is proven, by the page's own clock.
  const [[joined], [proven]] = [await traced(b, 'joined'), await traced(b, 'proven')];
  if (!(proven.at - joined.at <= 2000)) throw new Error(`connected after ${proven.at - joined.at} ms`);
  return `${pictures.map(([{ width, height }]) => `${width}×${height}`).join(' ')}, ${heard.map(({ frequency }) => frequency).join(' and ')} Hz, after ${proven.at - joined.at} ms`;
});

await testCase(title('mute and unmute are heard and said'), async () => {
  await press(a, 'call-mute');
  await shows(a, SELF, ['mic you-stopped']);
  await shows(b, OTHER, ['mic they-stopped']);
  await hearsTone(b, null);
  await press(a, 'call-mute');
  await shows(b, OTHER, []);
  await hearsTone(b, TONES[names[0]]);
});

await testCase(title('push to talk: after a click on Mute the space bar speaks while it is held, and no longer'), async () => {
  await press(b, 'call-mute');
  await shows(a, OTHER, ['mic they-stopped']);
  await b.keyboard.down(' ');
  await shows(a, OTHER, []);
  await hearsTone(a, TONES[names[1]]);
  await b.keyboard.up(' ');
  await shows(a, OTHER, ['mic they-stopped']);
  await hearsTone(a, null);
  // Who speaks nevertheless is told.
  await holds(b, 'the hint', (selector) => !document.querySelector(selector).hidden, testid('call-muted-hint'));
  await press(b, 'call-mute');
  await shows(a, OTHER, []);
});

await testCase(title('a camera that is off is given back, and comes again'), async () => {
  await a.evaluate(() => { window.oldTrack = document.querySelector('[data-testid=self-video]').srcObject.getVideoTracks()[0]; });
  await press(a, 'call-camera');
  await shows(b, OTHER, ['camera they-stopped']);
  await shows(a, SELF, ['camera you-stopped']);
  expect('the device', await a.evaluate(() => window.oldTrack.readyState), 'ended');
  expect('pictures', (await frames(b)).map(({ isShown }) => isShown), [false]);
  await hearsTone(b, TONES[names[0]]);
  await press(a, 'call-camera');
  await shows(b, OTHER, []);
  await framesRise(b);
});

// Firefox does not pass on an event that a script makes up on a track.
if (names[0] === 'chromium') await testCase(title('a source that the system mutes is told apart'), async () => {
  const say = (event, muted) => a.evaluate(([name, value]) => {
    const [track] = document.querySelector('[data-testid=self-video]').srcObject.getVideoTracks();
    Object.defineProperty(track, 'muted', { value, configurable: true });
    track.dispatchEvent(new Event(name));
  }, [event, muted]);
  await say('mute', true);
  await shows(a, SELF, ['camera you-device']);
  await shows(b, OTHER, ['camera they-device']);
  await say('unmute', false);
  await shows(b, OTHER, []);
});

await testCase(title('the network changes on both sides at once, over and over: restarts that cross do no harm'), async () => {
  for (let round = 0; round < 3; round += 1) {
    await Promise.all([a, b].map((page) => page.evaluate(() => { dispatchEvent(new Event('online')); })));
    await pause(700);
  }
  await Promise.all([met(a), met(b), hearsTone(a, TONES[names[1]]), hearsTone(b, TONES[names[0]])]);
  expect('failures', [await traced(a, 'failed'), await traced(b, 'failed')].map((all) => all.length), [0, 0]);
  // A browser that cannot get out of it by itself is given another session.
  const sessions = (await traced(a, 'session')).length;
  if (sessions > 2) throw new Error(`${sessions} sessions`);
  return `${sessions} session(s), ${(await traced(b, 'rung restart')).length} restarts, ${(await traced(b, 'glare')).length} crossed`;
});

await testCase(title('chat both ways; markup and links are text'), async () => {
  const say = async (page, text) => {
    await page.focus(testid('call-chat-input'));
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
  };
  await say(a, '<img src=x onerror=alert(1)> http://127.0.0.1:1/x?y=1 \u202eabc');
  await say(b, 'grüße 水');
  for (const page of [a, b]) {
    await holds(page, 'both chats', (selector) => document.querySelectorAll(`${selector} li[data-id]`).length === 2, testid('call-chat-log'));
    const log = await page.evaluate((selector) => {
      const node = document.querySelector(selector);
      return { images: node.querySelectorAll('img').length, links: Array.from(node.querySelectorAll('a'), ({ href, rel }) => [href, rel]), text: node.textContent };
    }, testid('call-chat-log'));
    expect('chat', [log.images, log.links], [0, [['http://127.0.0.1:1/x?y=1', 'noopener noreferrer nofollow']]]);
    for (const part of ['<img src=x onerror=alert(1)>', '\\u{202e}abc', 'grüße 水']) if (!log.text.includes(part)) throw new Error(`${part} is not in ${log.text}`);
  }
});

await testCase(title('a file in the call'), async () => {
  const file = makeFile(folder('source'), 'in the call.bin', 3_456_789);
  if (a.setInputFiles) await a.setInputFiles(testid('call-file-input'), [file]);
  else await (await a.$(testid('call-file-input'))).uploadFile(file);
  await until(b, 'call-file-accept');
  const { hash, file: saved } = await pageAccepts(b, downloads, { accept: 'call-file-accept', done: 'call-file-done' });
  sameFile(saved, file);
  const { text } = await until(a, 'call-file-done');
  expect('hashes', [hash, text], Array(2).fill(root(file).toString('hex')));
});

/** What is shared plays, in Hz. */
const SCREEN_TONE = 1500;

if (names[0] === 'chromium') {
  const sharing = async (sharer, watcher) => {
    await holds(sharer, 'the stop button', (selector) => !document.querySelector(selector).hidden, testid('call-sharing'));
    return framesRise(watcher, { id: 'remote-screen', more: 2 });
  };
  const stopped = (watcher) => holds(watcher, 'no screen', (selector) => document.querySelectorAll(selector).length === 0, testid('remote-screen'));

  // What is shared is kept within reach, and has a sound of its own, as a tab that plays something.
  await a.evaluate((frequency) => {
    const ask = navigator.mediaDevices.getDisplayMedia;
    navigator.mediaDevices.getDisplayMedia = async (constraints) => {
      const stream = await ask.call(navigator.mediaDevices, constraints);
      const context = new AudioContext(), tone = context.createOscillator(), out = context.createMediaStreamDestination();
      tone.frequency.value = frequency;
      tone.connect(out);
      tone.start();
      for (const track of stream.getAudioTracks()) stream.removeTrack(track);
      stream.addTrack(out.stream.getAudioTracks()[0]);
      window.shared = { constraints, picture: stream.getVideoTracks()[0] };
      return stream;
    };
  }, SCREEN_TONE);

  await testCase(title('a screen beside the camera with its sound, and its end'), async () => {
    await press(a, 'call-share-screen');
    const [screen] = await sharing(a, b);
    await framesRise(b);
    await hearsTone(b, SCREEN_TONE, { id: 'remote-screen' });
    await hearsTone(b, TONES[names[0]]);
    const hint = () => a.evaluate(() => [window.shared.constraints.audio, window.shared.picture.contentHint]);
    expect('content hint', await hint(), [true, 'detail']);
    await a.selectOption(testid('call-share-hint'), 'motion');
    expect('another hint', await hint(), [true, 'motion']);
    expect('mirrored', await b.evaluate((selector) => getComputedStyle(document.querySelector(selector)).transform, testid('remote-screen')), 'none');
    await press(a, 'call-stop-share');
    await stopped(b);
    await framesRise(b);
    return `${screen.width}×${screen.height}`;
  });

  await testCase(title("a screen in place of the camera, until the browser's own bar stops it"), async () => {
    await a.selectOption(testid('call-share-how'), 'instead');
    await press(a, 'call-share-screen');
    await sharing(a, b);
    expect('pictures', (await frames(b)).map(({ isShown }) => isShown), [false]);
    await a.evaluate(() => { window.shared.picture.stop(); window.shared.picture.dispatchEvent(new Event('ended')); });
    await stopped(b);
    await holds(a, 'no stop button', (selector) => document.querySelector(selector).hidden, testid('call-sharing'));
    await shows(b, OTHER, []);
    await framesRise(b);
    await a.selectOption(testid('call-share-how'), 'beside');
  });

  if (names[1] === 'chromium') {
    await testCase(title('both share at once, over and over: offers that cross do no harm'), async () => {
      for (let round = 0; round < 4; round += 1) {
        await Promise.all([press(a, 'call-share-screen'), press(b, 'call-share-screen')]);
        await Promise.all([sharing(a, b), sharing(b, a)]);
        await Promise.all([press(a, 'call-stop-share'), press(b, 'call-stop-share')]);
        await Promise.all([stopped(a), stopped(b)]);
      }
      await Promise.all([framesRise(a), framesRise(b)]);
      return `${(await traced(a, 'glare')).length + (await traced(b, 'glare')).length} crossed`;
    });
  }
}

await testCase(title('numbers and tracks are shown'), async () => {
  await a.evaluate(() => { for (const id of ['call-stats', 'call-inspector']) document.querySelector(`[data-testid=${id}]`).open = true; });
  await holds(a, 'statistics', (selector) => /\d kbit\/s/.test(document.querySelector(selector).textContent), testid('call-stats'));
  const rows = await holds(a, 'tracks', (selector) => {
    const found = Array.from(document.querySelectorAll(`${selector} tbody tr`), ({ dataset, textContent }) => [dataset.kind, dataset.remote, textContent]);
    return found.length >= 4 && found;
  }, testid('call-inspector'));
  expect('tracks', rows.map(([kind, remote]) => `${kind} ${remote}`).sort(), ['audio false', 'audio true', 'video false', 'video true']);
  if (!rows.every(([, , text]) => text.includes('live') && /audio\/opus|video\//i.test(text))) throw new Error(JSON.stringify(rows));
});

await testCase(title('the server dies for 10 s: nobody notices, and the call can still change'), async () => {
  const port = new URL(server.url).port;
  const used = async () => (await traced(a, 'session', 'rung restart', 'rung renew', 'unstable')).length;
  const before = await used();
  server.child.kill('SIGKILL');
  await Promise.all([a, b].map((page) => holds(page, 'no server', () => document.getElementById('main').dataset.signalling === 'away')));
  const died = Date.now();
  // Renegotiation goes over the channel meanwhile.
  const sharer = names[0] === 'chromium' ? a : null;
  if (sharer) {
    await press(a, 'call-share-screen');
    await framesRise(b, { id: 'remote-screen', more: 2 });
    if ((await traced(a, 'by channel')).length === 0) throw new Error('not by the channel');
  }
  while (Date.now() - died < 10_000) {
    await Promise.all([framesRise(a, { more: 5, ms: 2000 }), framesRise(b, { more: 5, ms: 2000 })]);
    await pause(500);
  }
  if (sharer) await press(a, 'call-stop-share');
  server = await serve(`127.0.0.1:${port}`);
  await Promise.all([a, b].map((page) => holds(page, 'the server', () => document.getElementById('main').dataset.signalling === 'up', null, 20000)));
  await holds(a, 'the new seats', () => window.limpidTrace.some(({ event }) => event === 'moved'), null, 10000);
  await Promise.all([met(a), met(b), framesRise(a), framesRise(b)]);
  await hearsTone(a, TONES[names[1]]);
  expect('rungs', await used(), before);
});

await testCase(title('a third one joins after that, and gets what was written before'), async () => {
  const c = await joins(open[0], await linkOf(a), 'Cleo', { button: 'call-join-muted' });
  await Promise.all([met(a, 2), met(b, 2), met(c, 2)]);
  // By one press she came in silence.
  await Promise.all([a, b].map((page) => holds(page, 'Cleo is muted', () => document.querySelector('.tile[aria-label=Cleo] [data-what=mic]')?.dataset.silence === 'they-stopped')));
  await holds(c, 'the history', (selector) => document.querySelectorAll(`${selector} li[data-id]`).length === 2, testid('call-chat-log'));
  await framesRise(b, { count: 2 });
  await press(c, 'call-hangup');
  await Promise.all([a, b].map((page) => holds(page, 'the reason', (selector) => document.querySelector(selector).dataset.reason === 'done', testid('call-status'))));
  await Promise.all([met(a, 1), met(b, 1)]);
  await c.close();
});

await testCase(title('somebody declines, and it is said'), async () => {
  const c = await open[0].newPage(await linkOf(a));
  await until(c, 'call-decline');
  await press(c, 'call-decline');
  await until(c, 'call-ended');
  await holds(a, 'the news', (selector) => /declined/.test(document.querySelector(selector).textContent), testid('call-status'));
  await c.close();
});

await testCase(title('somebody opens the call and leaves before being connected, and both are said'), async () => {
  const c = await open[0].newPage(await linkOf(a));
  await c.evaluate(() => { RTCPeerConnection.prototype.setRemoteDescription = () => new Promise(() => {}); });
  await enters(c, 'Dan');
  const says = (text, reason = null) => holds(a, text, ([selector, words, why]) => {
    const { dataset, textContent } = document.querySelector(selector);
    return textContent.includes(words) && (dataset.reason ?? null) === why;
  }, [testid('call-status'), text, reason]);
  await says('Somebody has opened the call.');
  await holds(a, 'the offer', () => document.querySelector('.tile[data-path=connecting]') !== null);
  await press(c, 'call-hangup');
  await says('left before being connected', 'cancelled');
  await c.close();
});

await testCase(title('a page that is closed is gone at once, and can come back by its link'), async () => {
  const link = await linkOf(a);
  await b.close();
  await holds(a, 'nobody', () => document.querySelectorAll('.tile[data-member]').length === 0, null, 10000);
  b = await joins(open[1], link, 'Bob');
  await Promise.all([met(a), met(b)]);
  await framesRise(b);
});

await testCase(title('hanging up says so on both sides'), async () => {
  await press(a, 'call-hangup');
  const { text } = await until(a, 'call-ended');
  const said = await holds(b, 'the reason', (selector) => {
    const { dataset, textContent } = document.querySelector(selector);
    return dataset.reason === 'done' && textContent;
  }, testid('call-status'));
  expect('words', [text, said], ['The call has ended', 'Ann hung up.']);
  expect('tiles', await b.evaluate(() => document.querySelectorAll('.tile[data-member]').length), 0);
});

for (const browser of open) await browser.close();
await server.stop();
process.exit(0);
