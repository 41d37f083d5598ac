// Links: ORIGIN/#s.SECRET. What stands after # never reaches a server.

import { fromBase64url, hkdf, toBase64url } from './digest.js';

/** Takes the secret out of the address bar, so that it does not stay in the history or on the screen. */
export function takeFragment() {
  const fragment = location.hash.slice(1);
  if (fragment) history.replaceState(null, '', location.pathname);
  return fragment;
}

/** 32 bytes, or null. */
export function parseSecret(fragment) {
  if (!fragment.startsWith('s.')) return null;
  const secret = fromBase64url(fragment.slice(2));
  return secret?.length === 32 ? secret : null;
}

export function newSecret() {
  return crypto.getRandomValues(new Uint8Array(32));
}

export function linkText(secret) {
  return `${location.origin}/#s.${toBase64url(secret)}`;
}

/** What follows from a secret: the room's name, which the server sees, and the key of the proof, which it does not. */
export async function derive(secret) {
  return {
    room: toBase64url(await hkdf(secret, 'limpid/1 room', 16)),
    auth: await hkdf(secret, 'limpid/1 auth', 32),
  };
}
