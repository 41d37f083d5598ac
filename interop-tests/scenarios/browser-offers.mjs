// A browser offers to `limpid echo`: `node browser-offers.mjs chromium|firefox`. Both DTLS roles; then 100 MiB each way.
import { listening, report } from '../lib/report.mjs';
import { blankSite, browsers } from '../lib/page.mjs';

const [name] = process.argv.slice(2);
const HOST = process.env.INTEROP_HOST || '10.77.0.1';
const BULK = Number(process.env.INTEROP_BULK || 100 * 1024 * 1024);

const { launch } = await browsers[name]();
const browser = await launch();
const site = await blankSite();
const echo = await listening(['echo', '--listen', `${HOST}:0`, '--negotiated', '100']);
const url = echo.event.url.endsWith('/offer') ? echo.event.url : new URL('/offer', echo.event.url).href;

for (const [role, replacement] of [['limpid is DTLS client', null], ['browser is DTLS client', 'active']]) {
  const page = await browser.newPage(site.url);
  const results = await page.evaluate(async ({ url, replacement, bulk }) => window.w3c.offerTo(RTCPeerConnection, url, {
    edit: replacement ? (sdp) => sdp.replaceAll('a=setup:actpass', `a=setup:${replacement}`) : undefined, bulk,
  }), { url, replacement, bulk: replacement ? 0 : BULK });
  for (const { name: what, ...rest } of results) {
    if (!rest.info) report(`${name} offers, ${role}: ${what}`, rest);
    else process.stderr.write(`${name}: ${rest.detail}\n`);
  }
  await page.close();
}
await browser.close();
site.close();
await echo.stop();
process.exit(0);
