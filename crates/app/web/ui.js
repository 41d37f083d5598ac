// Small helpers for building a page: elements, numbers, the one error box.

import { failures, strings } from './strings.js';

/** `element('li', {class: 'x'}, child, 'text')`. Text only ever becomes text. */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children);
  return node;
}

/** A button that calls `action`. */
export function button(text, action, attributes = {}) {
  const node = element('button', { type: 'button', ...attributes }, text);
  node.addEventListener('click', action);
  return node;
}

/** While `action` goes on the button may say something else, and does nothing. A button that is disabled would lose the focus. */
export async function during(node, action, text = node.textContent) {
  if (node.getAttribute('aria-disabled') === 'true') return;
  const before = node.textContent;
  node.setAttribute('aria-disabled', 'true');
  node.textContent = text;
  try {
    await action();
  } finally {
    node.removeAttribute('aria-disabled');
    if (node.textContent === text) node.textContent = before;
  }
}

/** What the bar says on the right. */
export function showState(text) {
  document.getElementById('state').textContent = text;
}

const DECEPTIVE = /[\p{Cc}\p{Cf}\u034f\u115f\u1160\u17b4\u17b5\u2028\u2029\u3164\uffa0\ufe00-\ufe0f]/gu;

/** A stranger's text with what is invisible or turns text around made visible. */
export function visible(text) {
  return text.replace(DECEPTIVE, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

/** 1 MB = 10^6 bytes. */
export function bytesText(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1000, unit = 0;
  while (value >= 999.95 && unit < units.length - 1) { value /= 1000; unit += 1; }
  return `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ${units[unit]}`;
}

/** `0:16`, `1:02:03`. */
export function timeText(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n) => String(n).padStart(2, '0');
  const minutes = Math.floor(whole / 60) % 60, hours = Math.floor(whole / 3600);
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A list of files, at most 200 of them in sight. */
export function fileList(files, attributes = {}) {
  const list = element('ul', { class: 'files', ...attributes });
  for (const file of files.slice(0, 200)) {
    const name = element('bdi', {}, visible(file.path));
    const size = element('span', { class: 'size' }, file.dir ? '' : bytesText(file.size));
    list.append(element('li', { 'data-path': file.path, 'data-size': file.size, class: file.refused ? 'refused' : undefined }, name, size));
  }
  if (files.length > 200) list.append(element('li', { class: 'soft' }, strings.more(files.length - 200)));
  return list;
}

/** Shows what went wrong, and what to do next. `more`: a screen's own words for some slugs. */
export function showError(slug, more = {}) {
  const table = { ...failures, ...more };
  const [message, hint] = table[slug] ?? failures.unexpected;
  document.querySelector('[data-testid=error]')?.remove();
  const box = element('div', { class: 'sheet error', role: 'alert', 'data-testid': 'error', 'data-error': table[slug] ? slug : 'unexpected' }, message);
  if (hint) box.append(' ', element('span', { class: 'soft' }, hint));
  document.getElementById('main').prepend(box);
}

/** Takes the error away. */
export function clearError() {
  document.querySelector('[data-testid=error]')?.remove();
}
