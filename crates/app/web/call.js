// The door of the Call tab: a link in the address bar leads into its call, without one a new call begins.

import { callFragment, callLink, deriveCall, parseCall } from './call-link.js';
import { LocalMedia } from './call-media.js';
import { Speaker } from './call-devices.js';
import { Preview } from './call-preview.js';
import { CallRoom } from './call-room.js';
import { CallScreen } from './call-screen.js';
import { newSecret, takeFragment } from './link.js';
import { strings } from './strings.js';
import { button, element, showError, showState } from './ui.js';

const words = strings.call;
const STORE = 'limpid-call';
const main = document.getElementById('main');

/** A page that is loaded again is in the same call; another visit begins another. */
function remembered() {
  const [visit] = performance.getEntriesByType('navigation');
  try {
    return visit?.type === 'reload' ? sessionStorage.getItem(STORE) ?? '' : '';
  } catch {
    return '';
  }
}

function remember(fragment) {
  try { sessionStorage.setItem(STORE, fragment); } catch { /* then it is not remembered */ }
}

function linkBox(call) {
  const link = callLink(call);
  const anchor = element('a', { class: 'link', href: link, target: '_blank', rel: 'noreferrer', 'data-testid': 'call-link' }, link);
  const copy = button(words.copy, async () => {
    try {
      await navigator.clipboard.writeText(link);
      copy.textContent = words.copied;
    } catch {
      getSelection().selectAllChildren(anchor);
    }
  });
  return element('div', {}, element('p', {}, words.link), anchor, element('div', { class: 'row' }, copy));
}

function preview(call, isInvited) {
  const speaker = new Speaker();
  /** The screen that shows what there is, if one does. */
  let now = null;
  const media = new LocalMedia({ changed: (what) => now?.mediaChanged(what), ended: (name) => now?.deviceEnded(name) });
  const end = (text, slug) => { now = null; media.stop(); ended(call, text, slug); };
  now = new Preview({
    title: call.name ? words.named(call.name) : isInvited ? words.invited : words.newCall,
    note: call.name ? words.unverifiedRoom : null,
    link: isInvited && !call.name ? null : linkBox(call),
    isInvited, media, speaker,
  }, {
    join: async ({ name }) => {
      const { mirrored } = now;
      now.close();
      now = null;
      const derived = await deriveCall(call);
      now = new CallScreen({ main, call: derived, name, media, speaker, mirrored, link: linkBox(call) }, { ended: end });
    },
    decline: async () => {
      now.close();
      now = null;
      CallRoom.decline(await deriveCall(call));
      media.stop();
      ended(call, '', null, words.declinedTitle);
    },
  });
  main.replaceChildren(now.node);
  showState(strings.notConnected);
}

function ended(call, text, slug = null, title = words.end.title) {
  main.replaceChildren(element('h1', { 'data-testid': 'call-ended', tabindex: -1 }, title), ...(text ? [element('p', {}, text)] : []),
    element('div', { class: 'row' },
      button(words.end.again, () => preview(call, true), { class: 'primary', 'data-testid': 'call-again' }),
      button(words.end.fresh, () => fresh(), { 'data-testid': 'call-new' })));
  if (slug) showError(slug, words.fault);
  // Whoever works by keyboard is where the news is.
  main.querySelector('h1').focus();
  showState(strings.notConnected);
}

function fresh() {
  const call = { secret: newSecret() };
  remember(callFragment(call));
  preview(call, false);
}

const fragment = takeFragment() || remembered();
const call = fragment && parseCall(fragment);
if (call) {
  remember(fragment);
  preview(call, true);
} else {
  fresh();
  if (fragment) showError('bad-link', words.fault);
}

// A link that is pasted over this page: start anew with it.
addEventListener('hashchange', () => { if (location.hash.length > 1) location.reload(); });
