// Links of calls: ORIGIN/call#r.SECRET, and ORIGIN/call#n.NAME for a room that whoever knows its name may enter. PROTOCOLS.md 11.

import { fromBase64url, hkdf, sha256, toBase64url, utf8 } from './digest.js';

/** `{secret}` or `{name}`, or null. */
export function parseCall(fragment) {
  if (fragment.startsWith('r.')) {
    const secret = fromBase64url(fragment.slice(2));
    return secret?.length === 32 ? { secret } : null;
  }
  if (!fragment.startsWith('n.')) return null;
  let name;
  try { name = decodeURIComponent(fragment.slice(2)); } catch { return null; }
  const { length } = utf8(name);
  return length >= 1 && length <= 64 ? { name } : null;
}

export function callFragment({ secret, name }) {
  return secret ? `r.${toBase64url(secret)}` : `n.${encodeURIComponent(name)}`;
}

export function callLink(call) {
  return `${location.origin}/call#${callFragment(call)}`;
}

/** `{room, auth}`; a named room has no key. */
export async function deriveCall({ secret, name }) {
  if (!secret) return { room: toBase64url((await sha256(utf8(`limpid-call/1 room${name}`))).slice(0, 16)), auth: null };
  return {
    room: toBase64url(await hkdf(secret, 'limpid/1 call room', 16)),
    auth: await hkdf(secret, 'limpid/1 call auth', 32),
  };
}
