/** Fetches the proof of a line that is shown, checks it, and holds the line against what was proven. */
import type { ApiClient } from '@/api/client';
import type { KeyEvent } from '@/api/types';
import { PinError, pinned, type PinStore } from '@/seal/pin';
import { pinStore } from '@/seal/pin-store';
import { ProofError } from './errors';
import { verifyProof } from './proof';
import { readProof, type AuditCheckpoint, type AuditEntry } from './wire';

/** What is shown: all of a line, or as much of it as the page knows. */
export type Claim = Partial<KeyEvent> & Pick<KeyEvent, 'seq' | 'action' | 'outcome'>;

export interface Proven {
  checkpoint: AuditCheckpoint;
  /** The vault's key that the proof was checked by. */
  pin: string;
  /** Whether this device met the vault just now: then nobody has compared its key yet. */
  isNewPin: boolean;
}

/** Throws `ProofError`, or what the server said. */
export async function prove(
  api: Pick<ApiClient, 'keyEventProof' | 'sealingKeys'>,
  userId: string,
  claim: Claim,
  pins: PinStore = pinStore,
): Promise<Proven> {
  const { pin, isNew } = await knownVault(api, pins);
  const proof = readProof(await api.keyEventProof(claim.seq));
  verifyProof(proof, pin);
  if (!isSaidBy(proof.entry, userId, claim)) throw new ProofError('other_line');
  return { checkpoint: proof.checkpoint, pin, isNewPin: isNew };
}

async function knownVault(api: Pick<ApiClient, 'sealingKeys'>, pins: PinStore) {
  try {
    return await pinned(async () => (await api.sealingKeys()).signed, pins, Date.now());
  } catch (error) {
    // Its words are about a key that is sent; here none is.
    if (error instanceof PinError) throw new ProofError(error.reason === 'not_signed' ? 'not_signed' : 'malformed');
    throw error;
  }
}

const COMPARED = ['venue', 'version', 'purpose', 'count', 'detail', 'actor', 'origin'] as const;

/** Another entry's proof, or another user's, is none of this line; nor is one of words that were changed on the way to the list. */
function isSaidBy(entry: AuditEntry, userId: string, claim: Claim): boolean {
  const isWhole = claim.at !== undefined;
  return (
    entry.seq === claim.seq &&
    entry.user === userId.replaceAll('-', '').toLowerCase() &&
    entry.action === claim.action &&
    entry.outcome === claim.outcome &&
    (!isWhole || Math.floor(entry.at_micros / 1000) === Date.parse(claim.at ?? '')) &&
    (!isWhole || COMPARED.every((field) => entry[field] === claim[field]))
  );
}
