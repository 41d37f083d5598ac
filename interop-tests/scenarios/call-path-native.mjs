// A page and `limpid call` whose path dies for a while: whoever came second leads the way back, and the other side leaves it to that
// one. `node call-path-native.mjs FIRST SECOND` in a network namespace, one of them `native`; call-path.mjs runs both orders.
import crypto from 'node:crypto';
import { callBrowser, hearsTone, holds, joins, met, pause, testid, traced } from '../lib/call-page.mjs';
import { network } from '../lib/call-dead-path.mjs';
import { LIMPID, program, testCase } from '../lib/report.mjs';
import { ends, serve } from '../lib/share.mjs';
import { expect } from '../lib/share-page.mjs';

const names = process.argv.slice(2);
const { dies, lives } = network();
const browser = await callBrowser(names.find((name) => name !== 'native'));
const server = await serve('127.0.0.1:0');
const link = `${server.url}/call#r.${crypto.randomBytes(32).toString('base64url')}`;
const title = (what) => `${names.join(' and ')}: ${what}`;
let page, native;

const come = {
  native: async () => {
    native = program(LIMPID, ['call', '--audio', 'tone', '--name', 'Card', '--json', link]);
    await native.line((line) => line.event === 'joined');
  },
  page: async () => { page = await joins(browser, link, 'Ann'); },
};
for (const name of names) await (come[name] ?? come.page)();
await met(page);
await page.click(testid('call-camera'));

/** How often each side has taken each step, so far. */
async function steps() {
  const said = native.lines.filter(({ event }) => event === 'path').map(({ step }) => step);
  const done = (await traced(page, 'broken', 'rung restart', 'rung renew', 'lost')).map(({ event }) => event);
  const count = (list, step) => list.filter((each) => each === step).length;
  return {
    native: { noticed: count(said, 'unstable'), restarts: count(said, 'restart'), renewals: count(said, 'renew'), lost: count(said, 'lost') },
    page: { noticed: count(done, 'broken'), restarts: count(done, 'rung restart'), renewals: count(done, 'rung renew'), lost: count(done, 'lost') },
  };
}

const pathIs = (state) => holds(page, `a path that is ${state}`, (wanted) => document.querySelector('.tile[data-member]')?.dataset.path === wanted, state, 30000);

/** Sound that the program has got of the page. */
const heard = () => native.lines.findLast(({ event, kind }) => event === 'media' && kind === 'audio')?.frames ?? 0;

async function until(what, test, ms) {
  for (const end = Date.now() + ms; !await test();) {
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms\n${JSON.stringify(await steps())}\n${native.lines.slice(-20).map((line) => JSON.stringify(line)).join('\n')}`);
    await pause(100);
  }
}

/** The path is dead for `seconds` from when the leader has noticed. Gives what both sides did. */
async function outage(seconds) {
  const leader = names[1] === 'native' ? 'native' : 'page', other = leader === 'native' ? 'page' : 'native';
  const before = await steps();
  dies();
  try {
    await until('the leader notices', async () => (await steps())[leader].noticed > before[leader].noticed, 30000);
    await pause(seconds * 1000);
    await pathIs('unstable');
  } finally {
    lives();
  }
  const back = Date.now();
  await pathIs('good');
  const restored = Date.now() - back, frames = heard();
  await Promise.all([hearsTone(page, 440), until('the program hears', () => heard() !== frames, 15000)]);
  const after = await steps();
  const did = (side) => Object.fromEntries(Object.keys(after[side]).map((step) => [step, after[side][step] - before[side][step]]));
  const { restarts, renewals } = did(other);
  expect('the other side', { restarts, renewals }, { restarts: 0, renewals: 0 });
  return { ...did(leader), text: `back after ${(restored / 1000).toFixed(1)} s` };
}

await testCase(title('the path is dead for 4 s: the second to come restarts ICE, and only that one'), async () => {
  const { restarts, renewals, lost, text } = await outage(4);
  if (restarts < 1 || renewals + lost > 0) throw new Error(JSON.stringify({ restarts, renewals, lost }));
  return `${restarts} restarts; ${text}`;
});

await testCase(title('the path is dead for 20 s: the second to come begins a new session, and only that one'), async () => {
  const { restarts, renewals, lost, text } = await outage(20);
  if (restarts !== 3 || renewals < 1 || lost > 0) throw new Error(JSON.stringify({ restarts, renewals, lost }));
  expect('verified', await page.evaluate(() => document.querySelector('.tile[data-member]').dataset.verified), 'true');
  return `${renewals} renewals; ${text}`;
});

await testCase(title('after all that, a goodbye still arrives'), async () => {
  native.child.kill('SIGINT');
  await ends(native, 0);
  await holds(page, 'the reason', (selector) => document.querySelector(selector).dataset.reason === 'done', testid('call-status'));
});

await browser.close();
await server.stop();
process.exit(0);
