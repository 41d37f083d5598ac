// A native peer (the example `lab`) and a page of a browser that are led through a call step by step: who offers, which path the
// packets take, what is sent, is the scenario's.
import path from 'node:path';
import { LIMPID, program } from './report.mjs';

const LAB = path.join(path.dirname(LIMPID), 'examples/lab');

/** Asks until it gives something true; `trouble` says what it was like at the end. */
export async function until(what, ask, ms = 15000, every = 100) {
  const start = Date.now();
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() - start > ms) throw new Error(`${what}: not within ${ms} ms`);
    await new Promise((resolve) => { setTimeout(resolve, every); });
  }
}

/** The native side. `events(name)`: those that came so far; `next(name)`: waits for one that is not there yet. */
export async function startLab() {
  const running = program(LAB, []);
  await running.line((line) => line.event === 'ready');
  const tell = (command) => running.child.stdin.write(`${JSON.stringify(command)}\n`);
  const events = (name) => running.lines.filter((line) => line.event === name);
  /** The next event of a name, after `do`ing it. */
  const next = async (name, act = () => {}, ms = 15000) => {
    const before = events(name).length;
    await act();
    return until(`lab: ${name}`, () => {
      const trouble = running.lines.find((line) => line.event === 'trouble');
      if (trouble) throw new Error(`lab: ${trouble.error}`);
      if (running.child.exitCode !== null) throw new Error(`lab has ended\n${running.errors()}`);
      return events(name)[before];
    }, ms, 5);
  };
  return {
    tell, events, next,
    ask: (command, answer) => next(answer, () => tell(command)),
    report: () => next('report', () => tell({ do: 'report' })),
    stop: () => { running.child.stdin.end(); return running.done; },
  };
}

/** The page's side: functions of lab-page.mjs. */
export function pageOf(page) {
  return (name, ...args) => page.evaluate(({ name, args }) => window.lab[name](...args), { name, args });
}

/** One exchange; `from`: who offers; over a relay if there is one (a: the page, b: the lab). */
export async function exchange(page, lab, from, { restart = false, path: way = null } = {}) {
  const ofPage = ({ type, sdp }) => ({ type, sdp: way ? way.fromA(sdp) : sdp });
  const ofLab = ({ type, sdp }) => ({ type, sdp: way ? way.fromB(sdp) : sdp });
  if (from === 'page') {
    const offer = await page('offer', restart);
    const answer = await lab.ask({ do: 'take', ...ofPage(offer) }, 'description');
    await page('accept', ofLab(answer));
    return { offer, answer };
  }
  const offer = await lab.ask({ do: 'offer', restart }, 'description');
  const answer = await page('answer', ofLab(offer));
  await lab.ask({ do: 'take', ...ofPage(answer) }, 'taken');
  return { offer, answer };
}

/** A call whose pictures flow both ways: `{page, lab, end}`. `open`: what the page sends. */
export async function callLab(browser, site, from, { path: way, open = {}, fill = false, forward } = {}) {
  const tab = await browser.newPage(site.url);
  const page = pageOf(tab), lab = await startLab();
  const end = async () => { await tab.close(); await lab.stop(); };
  try {
    await page('open', { ...open, offers: from === 'page' });
    const descriptions = await exchange(page, lab, from, { path: way });
    await page('connected');
    if (forward === undefined) lab.tell({ do: 'send', fill });
    else {
      // What comes before the first key frame can not be decoded.
      lab.tell({ do: 'forward', rid: forward });
      await lab.ask({ do: 'key' }, 'came-key');
    }
    return { tab, page, lab, end, ...descriptions };
  } catch (error) {
    await end();
    throw error;
  }
}

/** What both sides have counted. */
export async function look(page, lab) {
  const [browser, native] = await Promise.all([page('look'), lab.report()]);
  return { browser, native };
}
