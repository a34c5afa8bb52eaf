import { ed25519 } from '@noble/curves/ed25519.js';

import { ApiError } from '@/api/errors';
import type { PublishedKeys } from '@/api/types';
import { fromHex, toHex } from '@/seal/base64';
import { PinError, trustedKey, verifyPublished, type PinStore } from '@/seal/pin';
import { withTrustedKey } from '@/seal/trusted';
// Made by a vault, and checked by the Rust client too; its key was thrown away.
import frozen from '../../../nija-client/tests/published-keys.json';

const HOUR = 3_600_000;
const issued = frozen.issued_at_micros / 1000;
const utf8 = new TextEncoder();

function reasonOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof PinError) return error.reason;
    throw error;
  }
  return 'taken';
}

function memory(pin: string | null = null): PinStore & { kept: () => string | null } {
  let kept = pin;
  return { kept: () => kept, get: () => Promise.resolve(kept), set: (pin) => Promise.resolve(void (kept = pin)) };
}

/** A list as a vault of this seed signs it now. */
function listOf(seed: number, keyIds: string[]): PublishedKeys {
  const secret = new Uint8Array(32).fill(seed);
  const now = Date.now() * 1000;
  const keys = keyIds.map((key_id) => ({ key_id, public_key: '09' + '00'.repeat(31), made_at_micros: now }));
  const payload = JSON.stringify({ issued_at_micros: now, expires_at_micros: now + 86_400_000_000, keys });
  const message = Uint8Array.of(...utf8.encode('nija sealing keys'), 1, ...utf8.encode(payload));
  return {
    payload,
    signer: toHex(ed25519.getPublicKey(secret)),
    signature: toHex(ed25519.sign(message, secret)),
  };
}

test('the list that a vault signed is taken while it is good', () => {
  const keys = verifyPublished(frozen.keys, frozen.pinned, issued + HOUR);
  expect(keys.map((key) => key.key_id)).toEqual(
    (JSON.parse(frozen.keys.payload) as { keys: { key_id: string }[] }).keys.map((key) => key.key_id),
  );
  expect(reasonOf(() => verifyPublished(frozen.keys, frozen.pinned, issued - HOUR / 12))).toBe('taken');
  expect(reasonOf(() => verifyPublished(frozen.keys, frozen.pinned, issued - HOUR))).toBe('out_of_date');
  expect(reasonOf(() => verifyPublished(frozen.keys, frozen.pinned, issued + 24 * HOUR))).toBe('out_of_date');
});

test('what was changed or signed by another is refused', () => {
  const changed = { ...frozen.keys, payload: frozen.keys.payload.replace('key_id":"', 'key_id":"0') };
  expect(reasonOf(() => verifyPublished(changed, frozen.pinned, issued))).toBe('not_signed');
  expect(reasonOf(() => verifyPublished(frozen.keys, '07'.repeat(32), issued))).toBe('not_signed');
  expect(reasonOf(() => verifyPublished(frozen.keys, 'no key', issued))).toBe('not_signed');
  const flipped = fromHex(frozen.keys.signature) ?? new Uint8Array();
  flipped[3] = (flipped[3] ?? 0) ^ 1;
  const bad = { ...frozen.keys, signature: toHex(flipped) };
  expect(reasonOf(() => verifyPublished(bad, frozen.pinned, issued))).toBe('not_signed');
  // A stranger's list that says of itself that the vault signed it.
  const stranger = { ...listOf(7, ['a']), signer: frozen.pinned };
  expect(reasonOf(() => verifyPublished(stranger, frozen.pinned, Date.now()))).toBe('not_signed');
});

test('the first vault seen is pinned, its rotated keys are taken and another vault is not', async () => {
  const pins = memory();
  const first = listOf(1, ['a']);
  expect((await trustedKey(first, pins, Date.now())).key_id).toBe('a');
  expect(pins.kept()).toBe(first.signer);
  expect((await trustedKey(listOf(1, ['b', 'a']), pins, Date.now())).key_id).toBe('b');
  await expect(trustedKey(listOf(2, ['c']), pins, Date.now())).rejects.toThrow('did not sign');
  expect(pins.kept()).toBe(first.signer);
});

test('a key that was retired between fetch and store is fetched anew, once', async () => {
  const retired = new ApiError({ type: '', title: 'x', status: 422, code: 'sealing_key_unknown', detail: '' });
  let fetched = 0;
  const api = {
    sealingKeys: () => {
      fetched += 1;
      return Promise.resolve({ key_id: '', public_key: '', suite: '', signed: listOf(1, [`key-${fetched}`]) });
    },
  };
  const tried: string[] = [];
  const use = (refusals: number) => (to: { key_id: string }) => {
    tried.push(to.key_id);
    return tried.length <= refusals ? Promise.reject(retired) : Promise.resolve(to.key_id);
  };
  expect(await withTrustedKey(api, use(1), memory())).toBe('key-2');
  tried.length = 0;
  await expect(withTrustedKey(api, use(9), memory())).rejects.toBe(retired);
  expect(tried).toHaveLength(2);
});
