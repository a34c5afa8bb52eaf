import { INFO, associatedData, seal, suite, SUITE } from '@/seal/seal';
import { fromBase64, toBase64 } from '@/seal/base64';
import vector from './hpke-vector.json';

const to = { key_id: vector.keyId, public_key: vector.recipientPublicKey, suite: SUITE };
const pair = { key: 'k', secret: 's', passphrase: 'p' };

async function open(encapsulated: string, ciphertext: string, aad: Uint8Array): Promise<string> {
  const key = await suite.DeserializePrivateKey(fromBase64(vector.recipientPrivateKey), true);
  const plain = await suite.Open(key, fromBase64(encapsulated), fromBase64(ciphertext), { info: INFO, aad });
  return new TextDecoder().decode(plain);
}

test('a message sealed by another implementation of HPKE opens under our suite, info and associated data', async () => {
  const aad = associatedData(vector.userId, vector.venue, vector.keyId);
  expect(await open(vector.encapsulatedKey, vector.ciphertext, aad)).toBe(vector.plaintext);
});

test('what is sealed opens for the same user, venue and key, and carries only the documented fields', async () => {
  const sealed = await seal({ userId: 'u', venue: 'kraken', label: 'Main', pair, to });
  expect(Object.keys(sealed).sort()).toEqual(['ciphertext', 'encapsulated_key', 'key_id', 'label', 'venue']);
  expect(
    JSON.parse(await open(sealed.encapsulated_key, sealed.ciphertext, associatedData('u', 'kraken', vector.keyId))),
  ).toEqual(pair);
  await expect(
    open(sealed.encapsulated_key, sealed.ciphertext, associatedData('u', 'kraken-b', vector.keyId)),
  ).rejects.toThrow();
  await expect(
    open(sealed.encapsulated_key, sealed.ciphertext, associatedData('v', 'kraken', vector.keyId)),
  ).rejects.toThrow();
});

test('each sealing uses its own ephemeral key', async () => {
  const request = { userId: 'u', venue: 'kraken', label: 'Main', pair, to };
  const [a, b] = [await seal(request), await seal(request)];
  expect(a.encapsulated_key).not.toBe(b.encapsulated_key);
  expect(a.ciphertext).not.toBe(b.ciphertext);
});

test('a sealing key of another suite is refused', async () => {
  await expect(seal({ userId: 'u', venue: 'kraken', label: '', pair, to: { ...to, suite: 'other' } })).rejects.toThrow(
    'too old',
  );
});

test('base64 round trips every byte', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  expect(fromBase64(toBase64(bytes))).toEqual(bytes);
});
