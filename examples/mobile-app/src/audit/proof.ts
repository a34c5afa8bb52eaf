/**
 * Checking on this device that an entry stands in the vault's audit log, with nothing but a pinned public key. The server hands out the
 * entry, its path in a Merkle tree and a checkpoint that the vault signed; the hash, the path and the signature are computed here, so
 * that neither the server nor its database needs to be believed.
 */
import { ed25519 } from '@noble/curves/ed25519.js';

import { entryHash, i64, u64 } from './entry-hash';
import { ProofError } from './errors';
import { rootBy } from './merkle';
import { bytesOf, type AuditCheckpoint, type AuditProof } from './wire';

const utf8 = new TextEncoder();
/** What is signed: this, format 1, then the checkpoint's fields. */
const DOMAIN = Uint8Array.of(...utf8.encode('nija audit checkpoint'), 1);

/** Throws `ProofError` where the proof does not hold for the vault whose key is `pin`. */
export function verifyProof({ entry, path, checkpoint }: AuditProof, pin: string): void {
  if (!isSigned(checkpoint, pin)) throw new ProofError('not_signed');
  const siblings = path.map((node) => bytesOf(node, 32));
  const root = rootBy(entryHash(entry), entry.seq - 1, checkpoint.entries, siblings);
  if (root === null || !isSame(root, bytesOf(checkpoint.root, 32))) throw new ProofError('not_included');
}

function isSigned(checkpoint: AuditCheckpoint, pin: string): boolean {
  const statement = Uint8Array.of(
    ...DOMAIN,
    ...u64(checkpoint.entries),
    ...i64(checkpoint.at_micros),
    ...bytesOf(checkpoint.head, 32),
    ...bytesOf(checkpoint.root, 32),
  );
  try {
    return ed25519.verify(bytesOf(checkpoint.signature, 64), statement, bytesOf(pin, 32), { zip215: false });
  } catch {
    return false;
  }
}

/** Nothing here is secret: how long it takes tells nobody anything. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
