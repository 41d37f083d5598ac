// limpid-srtp against libsrtp: what one protects the other opens, in both directions, through a rollover and out of order.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { LIMPID, report, testCase } from '../lib/report.mjs';

const OURS = path.join(path.dirname(LIMPID), 'examples', 'srtp_lines');
const THEIRS = path.resolve(import.meta.dirname, '../peers/libsrtp/lines');
const PROFILES = [
  ['SRTP_AES128_CM_HMAC_SHA1_80', '1', 30], ['SRTP_AES128_CM_HMAC_SHA1_32', '2', 30],
  ['SRTP_AEAD_AES_128_GCM', '7', 28], ['SRTP_AEAD_AES_256_GCM', '8', 44], ['AES_256_CM_HMAC_SHA1_80', 'aes256', 46],
];

/** The same numbers each time: what fails can be looked at again. */
let state = 1;
const below = (n) => { state = Math.imul(state, 1664525) + 1013904223 >>> 0; return Math.floor(state / 2 ** 32 * n); };
const bytes = (n) => Buffer.from(Array.from({ length: n }, () => below(256)));

/** An RTP packet; some have CSRCs, some extensions of one or two bytes a header. */
function rtp(ssrc, sequence) {
  const csrcs = below(4) === 0 ? 1 + below(15) : 0;
  const extension = [null, null, 0xbede, 0x1000][below(4)];
  const header = Buffer.alloc(12 + 4 * csrcs);
  header[0] = 0x80 | (extension ? 0x10 : 0) | csrcs;
  header[1] = 96 | below(2) << 7;
  header.writeUInt16BE(sequence, 2);
  header.writeUInt32BE(below(2 ** 32), 4);
  header.writeUInt32BE(ssrc, 8);
  bytes(4 * csrcs).copy(header, 12);
  const parts = [header];
  if (extension) {
    const body = extension === 0xbede ? Buffer.from([0x10, 7, 0x22, 1, 2, 3, 0, 0]) : Buffer.from([1, 1, 7, 2, 2, 8, 9, 0]);
    const head = Buffer.alloc(4);
    head.writeUInt16BE(extension, 0);
    head.writeUInt16BE(body.length / 4, 2);
    parts.push(head, body);
  }
  return Buffer.concat([...parts, bytes(below(1200))]);
}

/** A receiver report with some words behind it. */
function rtcp(ssrc) {
  const rest = bytes(4 * below(30));
  const header = Buffer.from([0x80, 201, 0, 1 + rest.length / 4, 0, 0, 0, 0]);
  header.writeUInt32BE(ssrc, 4);
  return Buffer.concat([header, rest]);
}

/** Answers of one run of a program to its lines. */
function run(program, lines) {
  const answers = execFileSync(program, { input: `${lines.join('\n')}\n`, maxBuffer: 1 << 28 }).toString().trimEnd().split('\n');
  if (answers.length !== lines.length) throw new Error(`${answers.length} answers to ${lines.length} lines`);
  return answers;
}

function protect(program, [, number], key, packets) {
  const lines = packets.map((p) => `${p.control ? 'protect_rtcp' : 'protect'} out ${p.plain.toString('hex')}`);
  const answers = run(program, [`open out ${number} ${key}`, ...lines]).slice(1);
  const bad = answers.findIndex((answer) => !answer.startsWith('ok '));
  if (bad >= 0) throw new Error(`packet ${bad}: ${answers[bad]}`);
  return answers.map((answer) => answer.slice(3));
}

/** Out of order, with what must be refused among it: repetitions, and packets with a bit turned. */
function disturbed(packets, wires) {
  const steps = packets.map((p, at) => ({ ...p, wire: wires[at], expect: `ok ${p.plain.toString('hex')}` }));
  for (let at = 1; at + 8 < steps.length; at += 1 + below(6)) {
    const to = at + below(8);
    [steps[at], steps[to]] = [steps[to], steps[at]];
  }
  return steps.flatMap((step) => {
    if (below(10) > 0) return [step];
    const altered = Buffer.from(step.wire, 'hex');
    altered[below(altered.length)] ^= 1 << below(8);
    return [{ ...step, wire: altered.toString('hex'), expect: 'error' }, step, { ...step, expect: 'error' }];
  });
}

function unprotect(program, [, number], key, steps) {
  const lines = steps.map((step) => `${step.control ? 'unprotect_rtcp' : 'unprotect'} in ${step.wire}`);
  const answers = run(program, [`open in ${number} ${key}`, ...lines]).slice(1);
  answers.forEach((answer, at) => {
    const { expect } = steps[at];
    if (expect === 'error' ? !answer.startsWith('error ') : answer !== expect) {
      throw new Error(`step ${at}: ${answer.slice(0, 200)}\n  instead of ${expect.slice(0, 200)}\n  for ${lines[at].slice(0, 200)}`);
    }
  });
}

if (!fs.existsSync(THEIRS)) {
  for (const [name] of PROFILES) report(`srtp: ${name} against libsrtp`, { skip: 'libsrtp2 is not installed' });
  process.exit(0);
}
for (const profile of PROFILES) {
  await testCase(`srtp: ${profile[0]} against libsrtp`, () => {
    const key = bytes(profile[2]).toString('hex');
    const packets = [];
    // Three streams, two of them around the wrap of their sequence numbers. The wrap is not among the first packets: a receiver
    // that sees only those behind it can not know.
    for (let n = 0; n < 700; n++) {
      packets.push({ plain: rtp(1, (65200 + n) % 65536) }, { plain: rtp(2, (65500 + n) % 65536) }, { plain: rtp(3, n) });
      if (n % 10 === 0) packets.push({ control: true, plain: rtcp(1 + below(3)) });
    }
    const [ours, theirs] = [protect(OURS, profile, key, packets), protect(THEIRS, profile, key, packets)];
    // RTCP differs by its index, which we begin with 0 and they with 1.
    const differs = packets.findIndex((p, at) => !p.control && ours[at] !== theirs[at]);
    if (differs >= 0) throw new Error(`packet ${differs}\n  ours   ${ours[differs]}\n  theirs ${theirs[differs]}`);
    unprotect(OURS, profile, key, disturbed(packets, theirs));
    unprotect(THEIRS, profile, key, disturbed(packets, ours));
    return `${packets.length} packets each way`;
  });
}
