// Sound and pictures between a browser and limpid, in both roles: `node media.mjs chromium|firefox`.
import { serveOffers } from '../lib/endpoint.mjs';
import { blankSite, browsers } from '../lib/page.mjs';
import { LIMPID, listening, program, testCase } from '../lib/report.mjs';

const [name] = process.argv.slice(2);
const HOST = process.env.INTEROP_HOST || '10.77.0.1';
const { launch } = await browsers[name]();
const browser = await launch({ media: true });
const site = await blankSite();

/** One case in a page of its own. */
async function offers(what, script, ...args) {
  await testCase(`${name} offers media: ${what}`, async () => {
    // Of its own, so that one that a case has broken does not spoil the others.
    const echo = await listening(['echo', '--listen', `${HOST}:0`]);
    const page = await browser.newPage(site.url);
    try {
      return await page.evaluate(({ script, args }) => window.media[script](...args), { script, args: [echo.event.url, ...args] });
    } finally {
      await page.close();
      await echo.stop();
    }
  });
}

await offers('as it likes', 'comesBack', {});
const pictures = name === 'chromium' ? ['VP8', 'VP9', 'H264', 'AV1'] : ['VP8', 'VP9', 'AV1'];
for (const video of pictures) await offers(video, 'comesBack', { video, audio: 'opus' });
await offers('PCMU', 'comesBack', { audio: 'PCMU' });
await offers('off and on, another camera', 'goesOn');
await offers('tracks come and go', 'manyRounds', 20);
await offers('simulcast', 'simulcast');

await testCase(`limpid offers media to ${name}`, async () => {
  const page = await browser.newPage(site.url);
  const endpoint = await serveOffers({
    offer: (offer) => page.evaluate(async (offer) => {
      const { answer, pc } = await window.w3c.answerAndEcho(RTCPeerConnection, offer, { prepare: window.media.sendBack });
      window.pc = pc;
      return answer;
    }, offer),
    end: () => page.evaluate(() => window.pc.close()),
  });
  const { code, lines, errors } = await program(LIMPID, ['probe', endpoint.url, '--media', '8', '--json']).done;
  endpoint.close();
  const result = lines.find((line) => line.event === 'result');
  if (code !== 0) throw new Error(`exit ${code}: ${JSON.stringify(result)}\n${errors}`);
  // Encoded anew: as many as were decoded, a little late.
  for (const kind of ['audio', 'video']) {
    if (result[kind].received < result[kind].sent * 0.6) throw new Error(`${kind}: ${JSON.stringify(result[kind])}`);
  }
  await page.close();
  return `audio ${JSON.stringify(result.audio)}, video ${JSON.stringify(result.video)}`;
});
await browser.close();
site.close();
process.exit(0);
