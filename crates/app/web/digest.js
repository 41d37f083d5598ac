// SHA-256, HMAC and HKDF: by WebCrypto where the context is secure, by our own where it is not.

import * as own from './sha256.js';

const subtle = globalThis.isSecureContext ? globalThis.crypto?.subtle : undefined;

/** Which one does the work. */
export const implementation = subtle ? 'WebCrypto' : 'own';

const text = new TextEncoder();

/** One byte string out of several. */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
}

export async function sha256(...parts) {
  if (!subtle) return own.sha256(...parts);
  return new Uint8Array(await subtle.digest('SHA-256', parts.length === 1 ? parts[0] : concat(...parts)));
}

export async function hmac(key, ...parts) {
  if (!subtle) return own.hmacSha256(key, ...parts);
  const handle = await subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await subtle.sign('HMAC', handle, concat(...parts)));
}

/** HKDF-SHA-256 (RFC 5869) without salt, for at most 32 bytes. */
export async function hkdf(secret, purpose, length) {
  const prk = await hmac(new Uint8Array(32), secret);
  const block = await hmac(prk, text.encode(purpose), Uint8Array.of(1));
  return block.slice(0, length);
}

export const utf8 = (string) => text.encode(string);

export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Exactly `length` bytes, or null. */
export function fromHex(string, length) {
  if (typeof string !== 'string' || string.length !== 2 * length || /[^0-9a-f]/i.test(string)) return null;
  return Uint8Array.from({ length }, (_, i) => parseInt(string.slice(2 * i, 2 * i + 2), 16));
}

export function toBase64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** The bytes, or null. */
export function fromBase64url(string) {
  if (/[^A-Za-z0-9_-]/.test(string)) return null;
  try {
    return Uint8Array.from(atob(string.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  } catch {
    return null;
  }
}

/** Whether two byte strings are equal, in a time that depends on their lengths alone. */
export function equal(a, b) {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i += 1) difference |= a[i] ^ b[i];
  return difference === 0;
}
