/** The hash of an entry, as the vault documents it for formats 1 and 2 (nija-client, `AuditEntry::hash`). */
import { sha256 } from '@noble/hashes/sha2.js';

import { ProofError } from './errors';
import { bytesOf, type AuditEntry } from './wire';

const utf8 = new TextEncoder();
const DOMAIN = utf8.encode('nija audit');
const ABSENT = Uint8Array.of(0);

export function entryHash(entry: AuditEntry): Uint8Array {
  const told = [entry.actor, entry.origin];
  // The hash of format 1 does not cover them: whoever sends the proof could say anything there.
  if (entry.format === 1 && told.some((field) => field !== undefined)) throw new ProofError('malformed');
  if (entry.format !== 1 && entry.format !== 2) throw new ProofError('malformed');
  const hasher = sha256.create();
  [
    DOMAIN,
    Uint8Array.of(entry.format),
    u64(entry.seq),
    i64(entry.at_micros),
    u64(entry.count),
    bytesOf(entry.previous, 32),
    text(entry.action),
    text(entry.outcome),
    id(entry.user),
    text(entry.venue),
    id(entry.credential),
    field(entry.version === undefined ? undefined : u32(entry.version)),
    text(entry.purpose),
    text(entry.detail),
    ...(entry.format === 2 ? told.map(text) : []),
  ].forEach((part) => hasher.update(part));
  return hasher.digest();
}

function text(value: string | undefined): Uint8Array {
  return field(value === undefined ? undefined : utf8.encode(value));
}

function id(value: string | undefined): Uint8Array {
  return field(value === undefined ? undefined : bytesOf(value, 16));
}

/** Whether it is there, how long it is, and itself: two entries never look alike. */
function field(bytes: Uint8Array | undefined): Uint8Array {
  return bytes === undefined ? ABSENT : Uint8Array.of(1, ...u32(bytes.length), ...bytes);
}

function u32(value: number): Uint8Array {
  if (value < 0 || value > 0xffff_ffff) throw new ProofError('malformed');
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value);
  return new Uint8Array(view.buffer);
}

export function u64(value: number): Uint8Array {
  if (value < 0) throw new ProofError('malformed');
  return i64(value);
}

export function i64(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, BigInt(value));
  return new Uint8Array(view.buffer);
}
