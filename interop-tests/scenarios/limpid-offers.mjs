// `limpid probe` offers to a browser's page: `node limpid-offers.mjs chromium|firefox`. Both DTLS roles, plain and mDNS candidates.
import { serveOffers } from '../lib/endpoint.mjs';
import { blankSite, browsers } from '../lib/page.mjs';
import { LIMPID, program, testCase } from '../lib/report.mjs';

const [name] = process.argv.slice(2);
const { launch } = await browsers[name]();
const site = await blankSite();

async function answering(browser, edit = (sdp) => sdp) {
  const page = await browser.newPage(site.url);
  await page.evaluate(() => { window.sessions = new Map(); });
  const endpoint = await serveOffers({
    async offer(offer, id) {
      offer = { type: offer.type, sdp: edit(offer.sdp) };
      return page.evaluate(async ({ offer, id }) => {
        const known = window.sessions.get(id);
        if (known) {
          await known.setRemoteDescription(offer);
          await known.setLocalDescription(await known.createAnswer());
          return { type: 'answer', sdp: known.localDescription.sdp };
        }
        const { answer, pc } = await window.w3c.answerAndEcho(RTCPeerConnection, offer, {
          negotiated: [
            { negotiated: true, id: 100 },
            { negotiated: true, id: 101, ordered: false, maxRetransmits: 0 },
            { negotiated: true, id: 102, ordered: true, maxPacketLifeTime: 500 },
          ],
        });
        window.sessions.set(id, pc);
        return answer;
      }, { offer, id });
    },
    end: (id) => page.evaluate((id) => { window.sessions.get(id)?.close(); window.sessions.delete(id); }, id),
  });
  return { endpoint, close: async () => { endpoint.close(); await page.close(); } };
}

async function probe(what, page, args = []) {
  await testCase(`limpid offers to ${name}: ${what}`, async () => {
    const run = program(LIMPID, ['probe', page.endpoint.url, '--json', ...args]);
    const { code, lines, errors } = await run.done;
    const result = lines.find((line) => line.event === 'result');
    if (code !== 0) throw new Error(`exit ${code}: ${JSON.stringify(result)}\n${errors}`);
    if (result.received < result.sent * 0.9) throw new Error(`only ${result.received} of ${result.sent} came back`);
    return `${result.sent} sent, ${result.received} received, rtt ${result.rtt_ms?.median} ms`;
  });
}

const browser = await launch();
const page = await answering(browser);
await probe('browser is DTLS client', page);
await probe('negotiated', page, ['--negotiated', '100']);
await probe('unordered, sent once', page, ['--negotiated', '101:unordered:rtx=0']);
await probe('for half a second', page, ['--negotiated', '102:ms=500']);
await probe('ice restart', page, ['--restart']);
await probe('100 MiB each way', page, ['--messages', '1600', '--size', '65536', '--timeout', '60']);
await page.close();
const passive = await answering(browser, (sdp) => sdp.replaceAll('a=setup:actpass', 'a=setup:active'));
await probe('limpid is DTLS client', passive);
await passive.close();
await browser.close();

const hidden = await launch({ mdns: true });
const shy = await answering(hidden);
await probe('.local candidates', shy);
await shy.close();
await hidden.close();
site.close();
process.exit(0);
