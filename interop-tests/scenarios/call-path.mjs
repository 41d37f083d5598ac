// A call whose path dies for a while: each rung of the ladder is provoked, and the pages' own traces say which one was used. Each pair
// of browsers has a network namespace of its own (`node call-path.mjs BROWSER BROWSER` in one), in which a rule drops all UDP;
// without arguments all pairs run side by side, and after them a page and a program, each leading once.
import path from 'node:path';
import { network, sideBySide } from '../lib/call-dead-path.mjs';
import { TONES, callBrowser, callOf, hearsTone, holds, met, pause, testid } from '../lib/call-page.mjs';
import { testCase } from '../lib/report.mjs';
import { serve } from '../lib/share.mjs';
import { expect } from '../lib/share-page.mjs';

const PAIRS = [['chromium', 'chromium'], ['firefox', 'firefox'], ['chromium', 'firefox']];
const WITH_PROGRAM = [['chromium', 'native'], ['native', 'chromium']];
const names = process.argv.slice(2);

if (names.length === 0) {
  const isWell = await sideBySide(import.meta.filename, PAIRS);
  process.exit(await sideBySide(path.join(import.meta.dirname, 'call-path-native.mjs'), WITH_PROGRAM) && isWell ? 0 : 1);
}

const { dies, lives } = network();
const open = [await callBrowser(names[0]), await callBrowser(names[1])];
const server = await serve('127.0.0.1:0');
const [a, b] = await callOf(open, process.env.CALL_DEV ? await (await import(process.env.CALL_DEV)).devUrl(() => new URL(server.url).port) : server.url);
// Three pairs share a small machine: what they say to each other is proof enough.
for (const page of [a, b]) await page.click(testid('call-camera'));
const title = (what) => `${names.join(' and ')}: ${what}`;
const now = (page) => page.evaluate(() => performance.now());
const events = (page, since) => page.evaluate((from) => window.limpidTrace.filter(({ at }) => at >= from).map(({ event }) => event), since);
const way = (page, wanted, ms) => holds(page, `a path that is ${wanted}`, (state) => document.querySelector('.tile[data-member]')?.dataset.path === state, wanted, ms);
const session = (page) => page.evaluate(() => document.querySelector('.tile[data-member]').dataset.session);

/** The path is dead for `seconds`, counted from when the side that leads the way back has noticed. Gives what it did. */
async function outage(seconds, { during = async () => {}, after = async () => {} } = {}) {
  await Promise.all([met(a), met(b)]);
  const since = [await now(a), await now(b)];
  dies();
  const start = Date.now();
  try {
    await holds(b, 'notices', (from) => window.limpidTrace.some(({ at, event }) => at >= from && event === 'broken'), since[1], 30000);
    const noticed = Date.now();
    await during();
    await pause(Math.max(0, seconds * 1000 - (Date.now() - noticed)));
    var took = noticed - start;
  } finally {
    lives();
  }
  const back = Date.now();
  await after();
  await Promise.all([way(a, 'good', 25000), way(b, 'good', 25000)]);
  const restored = Date.now() - back;
  await Promise.all([hearsTone(a, TONES[names[1]]), hearsTone(b, TONES[names[0]])]);
  const did = await events(b, since[1]);
  const count = (event) => did.filter((each) => each === event).length;
  return { restarts: count('rung restart'), renewals: count('rung renew'), lost: count('lost'), text: `noticed after ${(took / 1000).toFixed(1)} s, back after ${(restored / 1000).toFixed(1)} s` };
}

await testCase(title('the path is dead for 3 s: ICE restarts once'), async () => {
  const before = await session(b);
  const used = await outage(3, {
    during: async () => {
      await Promise.all([way(a, 'unstable', 15000), way(b, 'unstable', 5000)]);
      // What is silent says why.
      await holds(b, 'the silence', () => document.querySelector('.tile[data-member] [data-silence=no-packets]') !== null, null, 5000);
      // The last picture stays, under a clock.
      const clock = (least) => holds(b, `${least} s`, (s) => {
        const over = document.querySelector('.tile[data-member] .over'), [, shown] = /: (\d+) s$/.exec(over.querySelector('span:not(.spinner)').textContent) ?? [];
        return !over.hidden && !over.querySelector('.spinner').hidden && document.querySelector('[data-testid=remote-video]').srcObject !== null && Number(shown) >= s;
      }, least, 5000);
      await clock(1);
      await clock(2);
      await holds(b, 'bars', (selector) => document.querySelector(selector).dataset.bars === '0', testid('call-badge'), 5000);
    },
  });
  expect('rungs', [used.renewals, used.lost, await session(b)], [0, 0, before]);
  if (used.restarts < 1 || used.restarts > 2) throw new Error(`${used.restarts} restarts`);
  return `${used.restarts} restarts; ${used.text}`;
});

await testCase(title('the path is dead for 12 s: ICE restarts three times'), async () => {
  const before = await session(b);
  const used = await outage(12);
  expect('rungs', [used.restarts, used.lost], [3, 0]);
  // Firefox gives up the checks of a restart before the path is back: it takes the next rung.
  if (used.renewals > (names.includes('firefox') ? 1 : 0)) throw new Error(`${used.renewals} renewals`);
  if (used.renewals === 0) expect('session', await session(b), before);
  return `${used.renewals} renewals; ${used.text}`;
});

await testCase(title('the path is dead for 20 s: a new connection with the same certificate'), async () => {
  const before = await session(b);
  const used = await outage(20);
  if (used.restarts !== 3 || used.renewals < 1 || used.lost !== 0) throw new Error(JSON.stringify(used));
  const verified = await Promise.all([a, b].map((page) => page.evaluate(() => document.querySelector('.tile[data-member]').dataset.verified)));
  expect('verified', verified, ['true', 'true']);
  // The old one may have come back meanwhile: it is replaced all the same.
  await Promise.all([a, b].map((page) => holds(page, 'another session', (old) => document.querySelector('.tile[data-member]').dataset.session !== old, before)));
  return `${used.renewals} renewals; ${used.text}`;
});

await testCase(title('the path is dead for 50 s: lost, and back when asked to try again'), async () => {
  let isPressed;
  const used = await outage(50, {
    during: async () => {
      await way(b, 'lost', 60000);
      // The other one may have noticed much later (Firefox only when a restart of its own failed), and gives up later.
      await holds(a, 'a path that is unstable or lost', () => ['unstable', 'lost'].includes(document.querySelector('.tile[data-member]')?.dataset.path), null, 20000);
    },
    // Once the path is there the last attempt of before may succeed on its own: then there is nothing to press.
    after: async () => {
      isPressed = await b.evaluate((selector) => {
        const button = document.querySelector(selector);
        const isOffered = button !== null && !button.hidden;
        if (isOffered) button.click();
        return isOffered;
      }, testid('call-retry'));
    },
  });
  expect('rungs', [used.restarts, used.lost], [3, 1]);
  return `${used.renewals} renewals; ${used.text}${isPressed ? '' : ' on its own'}`;
});

await testCase(title('after all that, a goodbye still arrives'), async () => {
  await a.click(testid('call-hangup'));
  await holds(b, 'the reason', (selector) => document.querySelector(selector).dataset.reason === 'done', testid('call-status'));
});

for (const browser of open) await browser.close();
await server.stop();
process.exit(0);
