// What goes over the channels: JSON texts on `control`, chunks on `data/0`.

import { Failure } from './strings.js';

export const MAX_TEXT = 64 * 1024;
export const MAX_CHUNK = 64 * 1024;
export const CHUNK_HEADER = 13;
export const FIRST_CREDIT = 8 * 1024 * 1024;
export const MAX_FILES = 100_000;

const KNOWN = new Set(['hello', 'manifest', 'accept', 'decline', 'credit', 'group', 'file', 'bad', 'done', 'bye', 'error']);

/** A control message, or null for a kind that we do not know. */
export function parseControl(text) {
  if (typeof text !== 'string' || text.length > MAX_TEXT) throw new Failure('protocol');
  let message;
  try { message = JSON.parse(text); } catch { throw new Failure('protocol'); }
  if (message === null || typeof message !== 'object' || typeof message.m !== 'string') throw new Failure('protocol');
  return KNOWN.has(message.m) ? message : null;
}

/** A whole number from 0 to 2^53 - 1. */
export function isCount(value) {
  return Number.isSafeInteger(value) && value >= 0;
}

/** A chunk as one binary message. */
export function chunkMessage(file, offset, bytes) {
  const message = new Uint8Array(CHUNK_HEADER + bytes.length);
  const view = new DataView(message.buffer);
  view.setUint8(0, 1);
  view.setUint32(1, file);
  view.setBigUint64(5, BigInt(offset));
  message.set(bytes, CHUNK_HEADER);
  return message;
}

/** `{file, offset, bytes}`, or null for a kind that we do not know. */
export function parseChunk(buffer) {
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength === 0) throw new Failure('protocol');
  const view = new DataView(buffer);
  if (view.getUint8(0) !== 1) return null;
  const length = buffer.byteLength - CHUNK_HEADER;
  if (length < 1 || length > MAX_CHUNK) throw new Failure('protocol');
  return { file: view.getUint32(1), offset: Number(view.getBigUint64(5)), bytes: new Uint8Array(buffer, CHUNK_HEADER) };
}
