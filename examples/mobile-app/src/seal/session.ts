/**
 * Keys that only their owner unlocks (custody mode `session`). A key is derived on this device from a passphrase (Argon2id, 64 MiB) and
 * never stored, here or at the server: it locks the exchange key before that is sealed, and is itself sealed to the signer for as long as
 * an unlock lasts.
 */
import { gcm } from '@noble/ciphers/aes.js';
import { argon2idAsync } from '@noble/hashes/argon2.js';

import type { KeyDerivation, SealedBlob, SealingKey } from '@/api/types';
import { fromHex, toHex } from './base64';
import { INFO, associatedData, sealBytes, type KeyPair } from './seal';

const utf8 = new TextEncoder();
const MAGIC = Uint8Array.of(...utf8.encode('NJSL'), 1);
const UNLOCK_INFO = utf8.encode('nija-unlock-v1');
const COSTS = { memory_kib: 65_536, passes: 3, lanes: 4 } as const;

export interface DerivedKey {
  bytes: Uint8Array;
  derivation: KeyDerivation;
}

/** A new key with a fresh salt. */
export function deriveNew(passphrase: string): Promise<DerivedKey> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  return derive(passphrase, { salt: toHex(salt), ...COSTS });
}

/** The key again, as the server says that it was derived. A weaker derivation is refused: a server could ask for it to guess. */
export async function derive(passphrase: string, derivation: KeyDerivation): Promise<DerivedKey> {
  const salt = fromHex(derivation.salt);
  const { memory_kib: m, passes: t, lanes: p } = derivation;
  if (salt?.length !== 16 || m !== COSTS.memory_kib || t !== COSTS.passes || p !== COSTS.lanes)
    throw new Error('This app does not know this way to derive a key. Update the app.');
  const bytes = await argon2idAsync(utf8.encode(passphrase), salt, { t, m, p, dkLen: 32 });
  return { bytes, derivation };
}

/** An exchange key locked under a derived key, then sealed to the signer. */
export async function sealLocked(
  key: DerivedKey,
  of: { userId: string; venue: string; pair: KeyPair; to: SealingKey },
): Promise<SealedBlob> {
  const plain = utf8.encode(JSON.stringify(of.pair));
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const body = gcm(key.bytes, nonce, lockedData(of.userId, of.venue)).encrypt(plain);
  plain.fill(0);
  const locked = new Uint8Array(MAGIC.length + nonce.length + body.length);
  locked.set(MAGIC);
  locked.set(nonce, MAGIC.length);
  locked.set(body, MAGIC.length + nonce.length);
  return sealBytes(locked, INFO, associatedData(of.userId, of.venue, of.to.key_id), of.to);
}

/** The derived key itself, sealed to the signer: an unlock. */
export function sealUnlock(
  key: DerivedKey,
  of: { userId: string; venue: string; to: SealingKey },
): Promise<SealedBlob> {
  return sealBytes(key.bytes, UNLOCK_INFO, associatedData(of.userId, of.venue, of.to.key_id), of.to);
}

/** What binds a locked key to its user and venue. */
export function lockedData(userId: string, venue: string): Uint8Array {
  const user = fromHex(userId.replaceAll('-', '')) ?? new Uint8Array();
  return Uint8Array.of(...utf8.encode('nija session'), ...user, ...utf8.encode(venue));
}
