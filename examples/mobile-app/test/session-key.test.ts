import { gcm } from '@noble/ciphers/aes.js';

import { fromBase64, fromHex, toBase64, toHex } from '@/seal/base64';
import { associatedData, INFO, suite, SUITE } from '@/seal/seal';
import { derive, lockedData, sealLocked, sealUnlock } from '@/seal/session';
// The Rust side derives and opens the same.
import vector from '../../../nija-vault/tests/vectors/session-v1.json';
import hpke from './hpke-vector.json';

const to = { key_id: hpke.keyId, public_key: hpke.recipientPublicKey, suite: SUITE };
const bytes = (text: string) => fromHex(text) ?? new Uint8Array();

async function unseal(blob: { encapsulated_key: string; ciphertext: string }, info: Uint8Array): Promise<Uint8Array> {
  const key = await suite.DeserializePrivateKey(fromBase64(hpke.recipientPrivateKey), true);
  const aad = associatedData(vector.user, vector.venue, to.key_id);
  return suite.Open(key, fromBase64(blob.encapsulated_key), fromBase64(blob.ciphertext), { info, aad });
}

function unlock(locked: Uint8Array): string {
  const plain = gcm(bytes(vector.key), locked.slice(5, 17), lockedData(vector.user, vector.venue)).decrypt(
    locked.slice(17),
  );
  return new TextDecoder().decode(plain);
}

test('a passphrase derives the key of the frozen vector', async () => {
  const key = await derive(vector.passphrase, vector.derivation);
  expect(toHex(key.bytes)).toBe(vector.key);
}, 120_000);

test('what is locked is what the frozen vector is, under a fresh nonce, and sealed as any credential', async () => {
  expect(unlock(bytes(vector.locked))).toBe(vector.plaintext);
  const key = { bytes: bytes(vector.key), derivation: vector.derivation };
  const pair = { key: 'k', secret: 's', passphrase: 'p' };
  const blob = await sealLocked(key, { userId: vector.user, venue: vector.venue, pair, to });
  const locked = await unseal(blob, INFO);
  expect(toHex(locked.slice(0, 5))).toBe('4e4a534c01');
  expect(toHex(locked.slice(5, 17))).not.toBe(vector.locked.slice(10, 34));
  expect(JSON.parse(unlock(locked))).toEqual(pair);
});

test('an unlock is the derived key under an info of its own', async () => {
  const key = { bytes: bytes(vector.key), derivation: vector.derivation };
  const blob = await sealUnlock(key, { userId: vector.user, venue: vector.venue, to });
  expect(toBase64(await unseal(blob, new TextEncoder().encode('nija-unlock-v1')))).toBe(toBase64(key.bytes));
  await expect(unseal(blob, INFO)).rejects.toThrow();
});

test('a weaker derivation is refused: a server could ask for it to guess the passphrase', async () => {
  const weak = { ...vector.derivation, memory_kib: 8 };
  await expect(derive(vector.passphrase, weak)).rejects.toThrow('does not know');
  await expect(derive(vector.passphrase, { ...vector.derivation, salt: '00' })).rejects.toThrow('does not know');
});
