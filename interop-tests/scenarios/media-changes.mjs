// A call with media that changes on its way: new paths, layers, a screen, keys of a telephone: `node media-changes.mjs
// chromium|firefox`.
import { blankSite, browsers } from '../lib/page.mjs';
import { callLab, exchange, look, until } from '../lib/lab.mjs';
import { testCase } from '../lib/report.mjs';

const [name] = process.argv.slice(2);
const { launch } = await browsers[name]();
// A screen is shared without asking; there is none, so that Chromium draws one.
const flags = ['--auto-select-desktop-capture-source=Entire screen'];
const browser = await launch({ media: true, flags });
const site = await blankSite();

/** One case in a call of its own. */
async function inCall(what, from, options, body) {
  await testCase(`${name}: ${what}`, async () => {
    const call = await callLab(browser, site, from, options);
    try {
      return await body(call);
    } catch (error) {
      throw new Error(`${error.stack}\n${JSON.stringify(await look(call.page, call.lab).catch(String))}`);
    } finally {
      await call.end();
    }
  });
}

const came = (report, track = 'video') => report.native.came[track]?.frames ?? 0;

/** Pictures and sound flow both ways from now on. */
async function flows({ page, lab }, more = 20) {
  const before = await look(page, lab);
  await until('pictures and sound both ways', async () => {
    const now = await look(page, lab);
    const rose = [now.browser.came.frames - before.browser.came.frames, came(now) - came(before), now.browser.sound - before.browser.sound, came(now, 'audio') - came(before, 'audio')];
    return rose.every((count) => count >= more);
  }, 30000);
}

const ufrag = ({ sdp }) => /a=ice-ufrag:(\S+)/.exec(sdp)[1];

for (const from of ['page', 'lab']) {
  const [who, other] = from === 'page' ? [name, 'limpid'] : ['limpid', name];
  await inCall(`${who} restarts ICE in the middle of a call with ${other}: frames go on`, from, {}, async (call) => {
    const { page, lab } = call;
    await flows(call);
    const said = [];
    const ufrags = new Set([ufrag(call.offer)]), paths = new Set([(await lab.report()).path]);
    for (let round = 0; round < 6; round++) {
      const before = await look(page, lab);
      await page('gaps');
      const { offer } = await exchange(page, lab, from, { restart: true });
      ufrags.add(ufrag(offer));
      await flows(call, 30);
      const [gap, after] = [await page('gaps', true), await look(page, lab)];
      const holes = after.native.came.video.holes - before.native.came.video.holes;
      if (gap > 2000) throw new Error(`no picture for ${gap} ms`);
      if (after.browser.state !== 'connected') throw new Error(after.browser.state);
      paths.add(after.native.path);
      said.push(`${gap} ms, ${holes} holes`);
    }
    if (ufrags.size !== 7) throw new Error(`${ufrags.size} generations`);
    return `longest time without a picture: ${said.join('; ')}; ${paths.size} paths`;
  });
}

if (name === 'chromium') {
  const layers = ['q', 'h', 'f'];
  await inCall('simulcast: limpid receives three layers and switches the one that it forwards', 'page', { open: { width: 1280, height: 720, layers }, forward: 'q' }, async (call) => {
    const { page, lab } = call;
    let report;
    await until('all layers', async () => {
      report = await lab.report();
      return layers.every((rid) => (report.came[`video ${rid}`]?.frames ?? 0) > 10);
    }, 45000).catch((error) => { throw new Error(`${error.message}: ${JSON.stringify(report)}`); });
    const said = [];
    let width = 0;
    for (const rid of ['h', 'f', 'q', 'f']) {
      const keys = (await lab.report()).came[`video ${rid}`].keys;
      const forwards = await lab.next('forwards', () => {
        lab.tell({ do: 'forward', rid });
        lab.tell({ do: 'key' });
      }, 10000);
      if (forwards.rid !== rid || forwards.ms > 1500) throw new Error(JSON.stringify(forwards));
      if ((await lab.report()).came[`video ${rid}`].keys <= keys) throw new Error('no new key frame');
      const before = width;
      await until(`the page sees layer ${rid}`, async () => { ({ width } = (await page('look')).came); return width === forwards.size[0] && width !== before; }, 10000);
      await page('rises', 15);
      said.push(`${rid} ${forwards.size.join('×')} after ${forwards.ms} ms`);
    }
    return said.join(', ');
  });

  await inCall('a screen in place of the camera', 'page', { forward: null }, async (call) => {
    const { page, lab } = call;
    await flows(call);
    const before = (await lab.report()).came.video;
    const screen = await page('screen');
    const size = await until('another size', async () => {
      const { size, frames } = (await lab.report()).came.video;
      return size[0] !== before.size[0] && frames > before.frames && size;
    }, 20000);
    await until('the page sees it come back', async () => (await page('look')).came.width === size[0], 20000);
    await page('rises', 10);
    return `${screen.displaySurface} ${screen.width}×${screen.height}, ${size.join('×')} came`;
  });
}

await inCall('keys of a telephone', 'page', {}, async (call) => {
  const { page, lab } = call;
  await flows(call);
  const keys = '1590*#A';
  await page('dial', keys, 100, 70);
  await until('all keys', () => lab.events('key-up').length >= keys.length, 10000).catch(() => {});
  const heard = lab.events('key').map(({ key }) => key).join('');
  // Browsers round up to their next packet.
  const times = lab.events('key-up').map(({ ms }) => ms);
  const lasted = lab.events('key-up').map(({ key }, at) => `${key} ${times[at]} ms`);
  if (heard !== keys || lasted.length !== keys.length || times.some((ms) => ms < 100 || ms > 200)) throw new Error(`${heard}: ${lasted.join(', ')}`);
  // The voice goes on after that.
  await flows(call, 10);
  return lasted.join(', ');
});

await browser.close();
site.close();
process.exit(0);
