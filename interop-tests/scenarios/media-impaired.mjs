// Sound and pictures over a bad path, between a browser and limpid: `node media-impaired.mjs chromium|firefox`. All packets pass
// through a relay that loses, delays and holds back.
import { execFileSync } from 'node:child_process';
import nodePath from 'node:path';
import { blankSite, browsers } from '../lib/page.mjs';
import { callLab, look, until } from '../lib/lab.mjs';
import { relay } from '../lib/relay.mjs';
import { testCase } from '../lib/report.mjs';
import { folder } from '../lib/share.mjs';

const [name] = process.argv.slice(2);
const HOST = process.env.INTEROP_HOST || '10.77.0.1';
const { launch } = await browsers[name]();
const flags = [`--use-file-for-fake-video-capture=${grain()}`];
const browser = await launch({ media: true, flags });
const site = await blankSite();
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** A film with so much grain that it takes any rate, for Chromium's fake camera: Firefox's needs none here. */
function grain() {
  const file = nodePath.join(folder('grain'), 'grain.y4m');
  const source = 'testsrc2=s=640x360:r=30,noise=alls=12:allf=t';
  if (name === 'chromium') execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', source, '-t', '2', '-pix_fmt', 'yuv420p', file]);
  return file;
}

/** One case in a call of its own; `body` gets the call and the path. */
async function over(what, from, options, body) {
  await testCase(`${name} over a bad path: ${what}`, async () => {
    const path = await relay(HOST);
    let call;
    try {
      call = await callLab(options.browser ?? browser, site, from, { path, ...options });
      return await body(call, path);
    } catch (error) {
      const state = call ? JSON.stringify(await look(call.page, call.lab).catch(String)) : '';
      const ceased = JSON.stringify(call ? [...call.lab.events('ceased'), ...call.lab.events('resumed')] : []);
      throw new Error(`${error.stack}\nrelay ${JSON.stringify(path.counts())}, ceased ${ceased}\n${state}`);
    } finally {
      await call?.end();
      path.close();
    }
  });
}

const flows = async ({ page, lab }, more = 20) => {
  const before = await look(page, lab);
  const count = (report) => report.native.came.video?.frames ?? 0;
  await until('pictures both ways', async () => {
    const now = await look(page, lab);
    return now.browser.came.frames >= before.browser.came.frames + more && count(now) >= count(before) + more;
  }, 30000);
};

/** What limpid tells of the pictures that come. */
const pictures = (streams) => streams.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video') ?? {};

/** Packets of parity that came beside them. */
const parity = ({ native }) => pictures(native.streams).fecPacketsReceived ?? 0;

/** 5 % are lost each way at 50 ms for 16 s: all pictures arrive, and each means of repair has had its share. */
async function lossIsRepaired(call, path) {
  await flows(call);
  path.set({ up: { loss: 0.05, delay: 25 }, down: { loss: 0.05, delay: 25 } });
  const before = await look(call.page, call.lab);
  await pause(16000);
  path.set({ up: { loss: 0 }, down: { loss: 0 } });
  const during = await look(call.page, call.lab);
  const sent = [during.browser.out.frames - before.browser.out.frames, during.native.sent.video.frames - before.native.sent.video.frames];
  // What is under way comes in; then all that will ever come is there.
  let after;
  const came = () => [after.native.came.video.frames - before.native.came.video.frames, after.browser.came.frames - before.browser.came.frames];
  await until('97 % of the frames', async () => {
    after = await look(call.page, call.lab);
    return came().every((count, at) => count >= sent[at]);
  }, 3000).catch(() => {});
  const more = after.browser.out.frames - during.browser.out.frames;
  const text = `limpid got ${came()[0]} of ${sent[0]} (+${more} while waiting), ${name} ${came()[1]} of ${sent[1]}`;
  // Those that were sent while we waited do not make up for lost ones.
  const holes = after.native.came.video.holes - before.native.came.video.holes;
  if (sent.some((count) => count < 200)) throw new Error(`too few were sent: ${text}`);
  if (came()[0] < sent[0] * 0.97 || came()[1] < sent[1] * 0.97) throw new Error(text);
  const rose = (side, count) => after.browser[side][count] - before.browser[side][count];
  const repair = { 'our NACKs': rose('out', 'nacks'), 'their RTX': rose('out', 'again'), 'their NACKs': rose('came', 'nacks') };
  if (after.browser.came.again !== null) repair['our RTX'] = rose('came', 'again');
  // Chromium sends parity beside VP8 once packets are lost, Firefox none.
  if (name === 'chromium') repair['their parity'] = parity(after) - parity(before);
  for (const [what, count] of Object.entries(repair)) if (!(count > 0)) throw new Error(`${what}: ${count}; ${text}`);
  return `${text}, ${holes} holes; ${Object.entries(repair).map(([what, count]) => `${what} ${count}`).join(', ')}`;
}

for (const from of ['page', 'lab']) {
  await over(`5 % are lost each way at 50 ms, ${from === 'page' ? name : 'limpid'} offers`, from, {}, lossIsRepaired);
}

await over('a burst is lost: who asks gets a key frame within 1 s', 'page', {}, async (call, path) => {
  await flows(call);
  const took = [];
  for (let round = 0; round < 3; round++) {
    const before = await look(call.page, call.lab);
    // Pictures are lost until the browser can not go on and says so. It asks for nothing where nothing at all comes.
    const keys = call.lab.events('key-sent').length;
    path.set({ down: { loss: 0.92 } });
    await call.lab.next('asked', () => {}, 20000);
    const asked = Date.now();
    path.set({ down: { loss: 0 } });
    await until('an answer', () => call.lab.events('key-sent').length > keys, 1000, 5);
    await until('a key frame in the browser', async () => (await call.page('look')).came.keys > before.browser.came.keys, 5000, 10);
    // Decoded too within that second; a browser on a busy machine may take one more.
    const ms = Date.now() - asked;
    if (ms > 2000) throw new Error(`a key frame after ${ms} ms`);
    took.push(ms);
    await flows(call, 10);
  }
  const after = await look(call.page, call.lab);
  if (after.browser.came.asked === 0) throw new Error('no PLI is counted');
  return `${took.join(', ')} ms; ${after.browser.came.asked} PLI`;
});

await over(`limpid asks, and ${name} gives a key frame within 1 s`, 'page', {}, async (call) => {
  await flows(call);
  const took = [];
  for (let round = 0; round < 3; round++) {
    const before = await call.page('look');
    const { ms } = await call.lab.ask({ do: 'key' }, 'came-key');
    if (ms > 1000) throw new Error(`a key frame after ${ms} ms`);
    await until('the request is counted', async () => (await call.page('look')).out.asked > before.out.asked, 3000);
    took.push(ms);
    await pause(600); // so that the next one is another request
  }
  return `${took.join(', ')} ms`;
});

const HIGH = 2_500_000, LOW = 400_000;

if (name === 'chromium') await over('2.5, then 0.4, then 2.5 Mbit/s', 'page', { fill: true, open: { width: 640, height: 360, most: HIGH } }, async (call, path) => {
  const limits = (rate) => path.set({ up: { delay: 25, rate }, down: { delay: 25, rate } });
  const target = async () => (await call.lab.report()).target;
  const said = [];
  limits(HIGH);
  const rises = async (what, theirs, ours, ms) => {
    const start = Date.now();
    let last;
    await until(what, async () => {
      last = [(await call.page('look')).estimate, await target()];
      return last[0] >= theirs && last[1] >= ours;
    }, ms).catch((error) => { throw new Error(`${error.message}: ${last}; ${said}`); });
    said.push(`${what} after ${((Date.now() - start) / 1000).toFixed(1)} s (estimates ${last.map((rate) => Math.round(rate / 1000)).join(' and ')} kbit/s, ${name} sends ${Math.round(path.rate('up', 2000) / 1000)})`);
  };
  await rises('full', 1_200_000, 1_500_000, 45000);
  limits(LOW);
  const start = Date.now();
  // Theirs is seen in packets, ours is told.
  const under = [null, null];
  let last;
  await until('under the link', async () => {
    last = [path.rate('up', 500), await target()];
    last.forEach((rate, at) => { if (under[at] === null && rate <= LOW * (at === 0 ? 1.1 : 1)) under[at] = Date.now() - start; });
    return under.every((ms) => ms !== null);
  }, 5000, 50).catch((error) => { throw new Error(`${error.message}: ${under}, ${last}; ${said}`); });
  said.push(`under 0.4 Mbit/s: ${name} after ${(under[0] / 1000).toFixed(1)} s, limpid after ${(under[1] / 1000).toFixed(1)} s`);
  await flows(call, 10);
  limits(HIGH);
  await rises('back', 1_000_000, 1_500_000, 45000);
  return said.join('; ');
});

// Parity as a stream of its own, which Chromium offers when told to, and no other.
if (name === 'chromium') {
  const trials = ['WebRTC-FlexFEC-03-Advertised', 'WebRTC-FlexFEC-03'].map((trial) => `${trial}/Enabled/`).join('');
  const flexible = await launch({ media: true, flags: [...flags, `--force-fieldtrials=${trials}`] });
  await over('5 % are lost each way at 50 ms, with flexible parity', 'page', { browser: flexible, open: { repair: ['rtx', 'flexfec-03'] } }, async (call, path) => {
    const [, offered] = /^a=ssrc-group:FEC-FR \d+ (\d+)/m.exec(call.offer.sdp) ?? [];
    const result = await lossIsRepaired(call, path);
    const { fecSsrc } = pictures((await call.lab.report()).streams);
    if (!offered || fecSsrc !== Number(offered)) throw new Error(`parity is ${fecSsrc}, not ${offered}\n${call.offer.sdp}`);
    return result;
  });
  await flexible.close();
}

await browser.close();
site.close();
process.exit(0);
