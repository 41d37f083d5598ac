// What is written during the call, and files that are passed on in it.

import { strings } from './strings.js';
import { button, element, visible } from './ui.js';

const words = strings.call.chat;
const LINK = /https?:\/\/[^\s<>"']+/g;

/** Text with its links as links: nothing is fetched, nothing opens by itself. */
export function linked(text) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    let url;
    try { url = new URL(match[0]); } catch { continue; }
    parts.push(visible(text.slice(at, match.index)), { href: url.href, text: visible(match[0]) });
    at = match.index + match[0].length;
  }
  parts.push(visible(text.slice(at)));
  return parts.filter((part) => part !== '');
}

export class Chat {
  /** `me`: this side's member; `on`: say(text), files(list). */
  constructor({ me, on }) {
    this.me = me;
    // It scrolls, so that it must be reached by keyboard.
    this.list = element('ol');
    this.log = element('div', { class: 'log', role: 'log', 'aria-label': words.log, tabindex: 0, 'data-testid': 'call-chat-log' }, this.list);
    this.input = element('input', { id: 'call-chat', maxlength: 4000, autocomplete: 'off', 'data-testid': 'call-chat-input' });
    const file = element('input', { type: 'file', multiple: true, hidden: true, 'data-testid': 'call-file-input' });
    file.addEventListener('change', () => { on.files([...file.files]); file.value = ''; });
    const form = element('form', { class: 'say' },
      element('label', { for: 'call-chat' }, words.input), this.input,
      element('div', { class: 'row' }, element('button', { type: 'submit', 'data-testid': 'call-chat-send' }, words.send),
        button(words.file, () => file.click(), { 'data-testid': 'call-file' }), file));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = this.input.value.trim();
      this.input.value = '';
      if (text) on.say(text);
    });
    this.node = element('section', { class: 'chat sheet' }, element('h2', {}, words.title), this.log, form);
  }

  /** A message, in its place by time. */
  show({ id, member, name, at, text }) {
    const time = new Date(at);
    const who = member === this.me ? strings.call.self : name || strings.call.someone;
    const parts = linked(text).map((part) => (typeof part === 'string' ? part
      : element('a', { href: part.href, target: '_blank', rel: 'noopener noreferrer nofollow' }, part.text)));
    const item = element('li', { 'data-at': at, 'data-id': id },
      element('bdi', { class: 'who' }, visible(who)), ' ',
      element('time', { datetime: time.toISOString(), class: 'soft' }, time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })),
      element('p', { dir: 'auto' }, ...parts));
    const later = [...this.list.children].find((other) => Number(other.dataset.at) > at);
    this.list.insertBefore(item, later ?? null);
    this.#scroll();
  }

  /** Something else that belongs here: a file, a note. */
  add(node) {
    const item = element('li', { 'data-at': Date.now() }, node);
    this.list.append(item);
    this.#scroll();
    return item;
  }

  note(text) { this.add(element('p', { class: 'soft' }, text)); }

  #scroll() { this.log.scrollTop = this.log.scrollHeight; }
}
