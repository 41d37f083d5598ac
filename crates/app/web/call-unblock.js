// What to do about a device that could not be had; for one that was not allowed, a picture of where this browser asks again.

import { strings } from './strings.js';
import { element } from './ui.js';

const words = strings.call;
const SVG = 'http://www.w3.org/2000/svg';

/** What each browser draws at the left of its address bar. */
const SIGNS = {
  // Two sliders.
  chromium: ['path', { d: 'M12 17h9m6 0h3M12 27h3m6 0h9M24 14a3 3 0 1 0 .1 0M18 24a3 3 0 1 0 .1 0' }],
  // A camera that is crossed out.
  firefox: ['path', { d: 'M12 16h12v12H12zM24 21l6-4v10l-6-4M11 32 31 12' }],
  // Two letters, one small.
  safari: ['text', { x: 12, y: 28 }, 'ᴀA'],
};

/** Which of them this is; those that we do not know are mostly made of Chromium. */
export function browserOf(agent = navigator.userAgent) {
  if (/Firefox\//.test(agent)) return 'firefox';
  return /Safari\//.test(agent) && !/Chrom(e|ium)\//.test(agent) ? 'safari' : 'chromium';
}

/** Why there is no microphone or camera (`what`), and what to do. `why`: a slug of `whyNot`. */
export function troubleText(what, why, browser = browserOf()) {
  const text = words.missing[why](words.things[what]);
  return why === 'denied' ? `${text} ${words.unblock[browser]}` : text;
}

/** The address bar, with a ring around what is to be pressed. */
export function unblockPicture(browser = browserOf()) {
  const draw = (name, attributes, ...children) => {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  };
  const [name, attributes, ...text] = SIGNS[browser];
  return draw('svg', { viewBox: '0 0 320 44', class: 'unblock', role: 'img', 'aria-label': words.unblockPicture, 'data-browser': browser },
    draw('rect', { class: 'bar', x: 1, y: 3, width: 318, height: 38, rx: 19 }),
    draw(name, { class: 'sign', ...attributes }, ...text),
    draw('circle', { class: 'ring', cx: 21, cy: 22, r: 19 }),
    draw('text', { class: 'address', x: 50, y: 27 }, location.host));
}
