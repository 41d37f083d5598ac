// The door: with a link in the address bar this page receives, else it sends.

import { parseSecret, takeFragment } from './link.js';
import { ReceiveScreen } from './share-receive.js';
import { SendScreen } from './share-send.js';
import { showError } from './ui.js';

const main = document.getElementById('main');
const fragment = takeFragment();
const secret = fragment && parseSecret(fragment);

if (secret) {
  new ReceiveScreen(main, secret);
} else {
  new SendScreen(main);
  if (fragment) showError('bad-link');
}

// A link that is pasted over this page: start anew with it.
addEventListener('hashchange', () => { if (location.hash.length > 1) location.reload(); });
