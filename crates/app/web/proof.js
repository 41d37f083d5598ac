// The proof that both ends hold the link: an HMAC over both nonces and both certificates.

import { equal, fromHex, hmac, sha256, toHex, utf8 } from './digest.js';
import { Failure } from './strings.js';

export const VERSION = 1;

/** The one SHA-256 fingerprint of a description: none, or two that differ, is null. */
export function fingerprintOf(sdp) {
  let found = null;
  for (const line of sdp.split(/\r?\n/)) {
    const match = /^a=fingerprint:sha-256 +([0-9a-f:]+)\s*$/i.exec(line);
    const digest = match && fromHex(match[1].replaceAll(':', ''), 32);
    if (!digest) continue;
    if (found && !equal(found, digest)) return null;
    found = digest;
  }
  return found;
}

export class Greeting {
  /**
   * `session`: room, side ('offerer' or 'answerer'), ourNonce, theirNonce, ourFingerprint, theirFingerprint; `protocol` if it is
   * no share.
   */
  static async make(auth, session) {
    const { ourFingerprint, theirFingerprint } = session;
    if (!ourFingerprint || !theirFingerprint || !session.theirNonce) throw new Failure('bad-proof');
    const order = (ours, theirs) => (session.side === 'offerer' ? [ours, theirs] : [theirs, ours]);
    const transcript = await sha256(
      utf8(session.protocol ?? 'limpid-share/1'),
      utf8(session.room),
      ...order(session.ourNonce, session.theirNonce),
      ...order(ourFingerprint, theirFingerprint),
    );
    const other = session.side === 'offerer' ? 'answerer' : 'offerer';
    const greeting = new Greeting();
    greeting.ours = await hmac(auth, utf8(session.side), transcript);
    greeting.theirs = await hmac(auth, utf8(other), transcript);
    return greeting;
  }

  /** Our first message. */
  say() {
    return { m: 'hello', v: [VERSION], proof: toHex(this.ours) };
  }

  /** Checks the other side's first message; throws a Failure. */
  hear(message) {
    const proof = message?.m === 'hello' ? fromHex(message.proof, 32) : null;
    if (!proof || !Array.isArray(message.v)) throw new Failure('protocol');
    if (!equal(proof, this.theirs)) throw new Failure('bad-proof');
    if (!message.v.includes(VERSION)) throw new Failure('version');
  }
}
