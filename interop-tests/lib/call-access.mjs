// What everybody must be able to do with the page of calls, whoever they are: find the way by keyboard, read it, touch it; and be
// left alone by strangers.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { shot } from './call-page.mjs';

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SCREENS = path.resolve(import.meta.dirname, '../out/screens');
fs.mkdirSync(SCREENS, { recursive: true });

/** The name of what has the focus, or of what it is in. */
export const focused = (page) => page.evaluate(() => document.activeElement?.closest('[data-testid]')?.dataset.testid ?? '');

/** What has the focus, if that is not to be seen on it. */
const unseen = (page) => page.evaluate(() => {
  const { activeElement: node, body } = document;
  if (node === body) return null;
  const { outlineStyle, outlineWidth } = getComputedStyle(node), { width, height } = node.getBoundingClientRect();
  return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && width > 0 && height > 0 ? null : node.outerHTML.slice(0, 160);
});

/** Presses Tab (or Shift and Tab) until the focus is on an element; wherever it comes by, it is seen. */
export async function tabTo(page, id, { back = false } = {}) {
  for (let n = 0; n < 60; n += 1) {
    if (await focused(page) === id) return;
    if (back) await page.keyboard.down('Shift');
    await page.keyboard.press('Tab');
    if (back) await page.keyboard.up('Shift');
    const node = await unseen(page);
    if (node) throw new Error(`the focus is not seen on ${node}`);
  }
  throw new Error(`Tab never comes to ${id}`);
}

/** Rules that hold for every screen: where axe has not looked at them, it has not looked. */
const LOOKED_AT = ['color-contrast', 'button-name', 'document-title', 'html-has-lang', 'region'];

/** What is smaller than a finger, in px. */
const small = (page) => page.evaluate(() => Array.from(document.querySelectorAll('button, select, summary, .switch, .tab, input:not([type=checkbox], [type=file])'))
  .map((node) => [node.outerHTML.slice(0, 160), node.getBoundingClientRect()])
  .filter(([, { width, height }]) => width > 0 && height < 44).map(([html, { height }]) => `${height} px high: ${html}`));

/** No serious or critical finding, in both colour schemes, small and large; screenshots of each. */
export async function looksRight(page, name) {
  const found = [];
  for (const scheme of ['light', 'dark']) {
    for (const [width, height] of [[390, 844], [1280, 800]]) {
      await shot(page, path.join(SCREENS, `${name}-${scheme}-${width}.png`), width, height, scheme);
      const say = (text) => found.push(`${scheme}, ${width}: ${text}`);
      // Evaluated from outside: the page's own policy would not let it in.
      await page.evaluate(AXE);
      const { violations, passes } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
      for (const { id, impact, nodes } of violations) {
        if (['serious', 'critical'].includes(impact)) say(`${id} (${impact}): ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
      }
      const seen = new Set([...violations, ...passes].map(({ id }) => id));
      for (const rule of LOOKED_AT) if (!seen.has(rule)) say(`axe did not look at ${rule}`);
      (await small(page)).forEach(say);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) say(`${wide} px wide`);
    }
  }
  if (found.length > 0) throw new Error(`${name}:\n${found.join('\n')}`);
}

/** Notices when somebody else's sound or picture is played. */
export const watchesPlay = (page) => page.evaluate(() => {
  const { get, set } = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject');
  Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', { get, set(stream) {
    window.wasPlayed ||= stream !== null && ['remote-video', 'remote-screen'].includes(this.dataset.testid);
    set.call(this, stream);
  } });
});
export const wasPlayed = (page) => page.evaluate(() => window.wasPlayed ?? false);
