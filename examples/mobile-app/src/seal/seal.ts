/**
 * Seals an exchange key on this device to the signer's public key, so that nothing between here and the signer can read it:
 * HPKE (RFC 9180) base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. The primitives are @noble's, which also
 * run on phones and on addresses where the browser withholds WebCrypto (docs/adr/0034).
 */
import * as HPKE from 'hpke';
import { AEAD_AES_256_GCM, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from '@panva/hpke-noble';

import type { SealedBlob, SealingKey, StoreCredential } from '@/api/types';
import { fromBase64, toBase64 } from './base64';
import { SUITE } from './suite';

export { SUITE };

export interface KeyPair {
  key: string;
  secret: string;
  passphrase?: string;
}
export interface SealingRequest {
  userId: string;
  venue: string;
  label: string;
  pair: KeyPair;
  to: SealingKey;
}

const utf8 = new TextEncoder();
export const INFO = utf8.encode('nija-credential-v1');

export const suite = new HPKE.CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM);

/** Binds the sealed key to its user, venue and sealing key: it opens for no other. */
export function associatedData(userId: string, venue: string, keyId: string): Uint8Array {
  return utf8.encode(`${userId}\0${venue}\0${keyId}`);
}

/** The body of `POST /v1/credentials/store`. Throws when the signer's key is of another kind. */
export async function seal({ userId, venue, label, pair, to }: SealingRequest): Promise<StoreCredential> {
  const plaintext = utf8.encode(JSON.stringify(pair));
  try {
    return { venue, label, ...(await sealBytes(plaintext, INFO, associatedData(userId, venue, to.key_id), to)) };
  } finally {
    plaintext.fill(0);
  }
}

/** Seals bytes to a key of the signer. Throws when it is of another kind. */
export async function sealBytes(
  plaintext: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  to: SealingKey,
): Promise<SealedBlob> {
  if (to.suite !== SUITE)
    throw new Error('This app is too old to seal for this server. Reload the page or update the app.');
  const recipient = await suite.DeserializePublicKey(fromBase64(to.public_key));
  const { encapsulatedSecret, ciphertext } = await suite.Seal(recipient, plaintext, { info, aad });
  return {
    key_id: to.key_id,
    encapsulated_key: toBase64(encapsulatedSecret),
    ciphertext: toBase64(ciphertext),
  };
}
