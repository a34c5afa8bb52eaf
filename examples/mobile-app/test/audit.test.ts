import { sha256 } from '@noble/hashes/sha2.js';

import { ProofError } from '@/audit/errors';
import { rootBy } from '@/audit/merkle';
import { verifyProof } from '@/audit/proof';
import { prove } from '@/audit/prove';
import { readProof, type AuditProof } from '@/audit/wire';
import { toHex } from '@/seal/base64';
import type { PinStore } from '@/seal/pin';
// Made by a vault, and checked by the Rust client too; its keys were thrown away.
import format1 from '../../../nija-client/tests/audit-proof.json';
import format2 from '../../../nija-client/tests/audit-proof-2.json';
import published from '../../../nija-client/tests/published-keys.json';
// Roots that the vault's own tree has.
import tree from '../../../nija-vault/tests/vectors/merkle-v1.json';
import { keyEvent } from './fixtures';

const copy = (): AuditProof => readProof(structuredClone(format2.proof));
const flip = (digits: string): string => (digits.startsWith('0') ? '1' : '0') + digits.slice(1);

function reasonOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ProofError) return error.reason;
    throw error;
  }
  return 'holds';
}

test.each([
  ['format 1', format1],
  ['format 2', format2],
])('a proof that a vault made holds here: %s', (_, { pinned, proof }) => {
  expect(reasonOf(() => verifyProof(readProof(proof), pinned))).toBe('holds');
  expect(reasonOf(() => verifyProof(readProof(proof), flip(pinned)))).toBe('not_signed');
  expect(reasonOf(() => verifyProof(readProof(proof), 'no key'))).toBe('not_signed');
});

test.each<[string, (proof: AuditProof) => void, string]>([
  ['place', ({ entry }) => (entry.seq += 1), 'not_included'],
  ['no place', ({ entry }) => (entry.seq = 0), 'not_included'],
  ['place behind the end', ({ entry }) => (entry.seq = 23), 'not_included'],
  ['time', ({ entry }) => (entry.at_micros += 1), 'not_included'],
  ['action', ({ entry }) => (entry.action = 'stor'), 'not_included'],
  ['outcome', ({ entry }) => (entry.outcome = 'refused'), 'not_included'],
  ['user', ({ entry }) => delete entry.user, 'not_included'],
  ['venue', ({ entry }) => (entry.venue = 'elsewhere'), 'not_included'],
  ['credential', ({ entry }) => (entry.credential = flip(entry.credential ?? '')), 'not_included'],
  ['version', ({ entry }) => (entry.version = 5), 'not_included'],
  ['purpose', ({ entry }) => (entry.purpose = ''), 'not_included'],
  ['count', ({ entry }) => (entry.count = 2), 'not_included'],
  ['detail', ({ entry }) => (entry.detail = ''), 'not_included'],
  ['actor', ({ entry }) => (entry.actor = 'uid 0'), 'not_included'],
  ['origin', ({ entry }) => delete entry.origin, 'not_included'],
  ['entry before', ({ entry }) => (entry.previous = flip(entry.previous)), 'not_included'],
  ['a format that covers less', ({ entry }) => (entry.format = 1), 'malformed'],
  ['a format of later', ({ entry }) => (entry.format = 3), 'malformed'],
  ['a version beyond its bytes', ({ entry }) => (entry.version = 2 ** 32 + 4), 'malformed'],
  ['a short path', ({ path }) => path.pop(), 'not_included'],
  ['a long path', ({ path }) => path.push('00'.repeat(32)), 'not_included'],
  ['another order', ({ path }) => path.reverse(), 'not_included'],
  ['a node that is none', ({ path }) => path.splice(0, 1, 'zz'), 'malformed'],
  ['size', ({ checkpoint }) => (checkpoint.entries += 1), 'not_signed'],
  ['its time', ({ checkpoint }) => (checkpoint.at_micros += 1), 'not_signed'],
  ['head', ({ checkpoint }) => (checkpoint.head = flip(checkpoint.head)), 'not_signed'],
  ['root', ({ checkpoint }) => (checkpoint.root = flip(checkpoint.root)), 'not_signed'],
  ['signature', ({ checkpoint }) => (checkpoint.signature = flip(checkpoint.signature)), 'not_signed'],
])('a proof with anything changed proves nothing: %s', (_, change, reason) => {
  const proof = copy();
  change(proof);
  expect(reasonOf(() => verifyProof(proof, format2.pinned))).toBe(reason);
});

test('who claims to have signed is not looked at', () => {
  const proof = copy();
  proof.checkpoint.signer = '00'.repeat(32);
  expect(reasonOf(() => verifyProof(proof, format2.pinned))).toBe('holds');
});

test('what is no proof is not read as one', () => {
  const { entry, path, checkpoint } = format2.proof;
  for (const bad of [
    null,
    'proof',
    [],
    {},
    { entry, path, checkpoint, more: 1 },
    { entry: { ...entry, note: 'not covered by the hash' }, path, checkpoint },
    { entry: { ...entry, seq: 2 ** 53 }, path, checkpoint },
    { entry: { ...entry, count: 1.5 }, path, checkpoint },
    { entry: { ...entry, action: 7 }, path, checkpoint },
    { entry, path: [1], checkpoint },
    { entry, path, checkpoint: { ...checkpoint, root: undefined } },
  ])
    expect(reasonOf(() => readProof(bad))).toBe('malformed');
});

/** The tree as RFC 6962 defines it: its root, and the siblings of one entry, lowest first. */
function grown(entries: readonly Uint8Array[], index: number): { root: Uint8Array; path: Uint8Array[] } {
  const [only] = entries;
  if (entries.length === 1 && only) return { root: sha256(Uint8Array.of(0, ...only)), path: [] };
  let cut = 1;
  while (cut * 2 < entries.length) cut *= 2;
  const inLeft = index < cut;
  const left = grown(entries.slice(0, cut), inLeft ? index : 0);
  const right = grown(entries.slice(cut), inLeft ? 0 : index - cut);
  return {
    root: sha256(Uint8Array.of(1, ...left.root, ...right.root)),
    path: inLeft ? [...left.path, right.root] : [...right.path, left.root],
  };
}

test('every entry of every tree leads to the root that the vault has, and no other place does', () => {
  const all = tree.roots.map((_, n) => sha256(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, n)));
  tree.roots.forEach((frozen, last) => {
    const size = last + 1;
    for (let index = 0; index < size; index += 1) {
      const { path } = grown(all.slice(0, size), index);
      const rootAt = (place: number, of = size) => {
        const root = rootBy(all[index] ?? new Uint8Array(), place, of, path);
        return root && toHex(root);
      };
      expect(rootAt(index)).toBe(frozen);
      expect(rootAt(size)).toBeNull();
      expect(rootAt(-1)).toBeNull();
      if (size > 1) expect(rootAt((index + 1) % size)).not.toBe(frozen);
    }
  });
});

const USER = '00000000-0000-7efb-a86a-e9e0c207865f';

function memory(kept: string | null): PinStore {
  return { get: () => Promise.resolve(kept), set: (pin) => Promise.resolve(void (kept = pin)) };
}

function server(proof: unknown = format2.proof) {
  return {
    keyEventProof: () => Promise.resolve(proof),
    sealingKeys: () => Promise.resolve({ key_id: '', public_key: '', suite: '', signed: published.keys }),
  };
}

test('a line that is shown is held against what was proven', async () => {
  const pins = memory(format2.pinned);
  const proven = await prove(server(), USER, keyEvent, pins);
  expect(proven).toMatchObject({ pin: format2.pinned, isNewPin: false, checkpoint: { entries: 22 } });
  const reasons = [
    [USER, { ...keyEvent, seq: 9 }],
    [USER, { ...keyEvent, action: 'open' }],
    [USER, { ...keyEvent, outcome: 'refused' }],
    [USER, { ...keyEvent, at: '2023-11-14T22:13:21Z' }],
    [USER, { ...keyEvent, version: 3 }],
    [USER, { ...keyEvent, count: 2 }],
    [USER, { ...keyEvent, detail: 'more' }],
    [USER, { ...keyEvent, origin: undefined }],
    ['00000000-0000-7efb-a86a-e9e0c207865e', keyEvent],
  ] as const;
  for (const [user, claim] of reasons)
    await expect(prove(server(), user, claim, pins)).rejects.toMatchObject({ reason: 'other_line' });
  // Of what the page was told alone, no more is compared.
  await prove(server(), USER, { seq: 10, action: 'store', outcome: 'ok' }, pins);
});

test('a vault that this device does not know proves nothing, whoever vouches for it', async () => {
  await expect(prove(server(), USER, keyEvent, memory(published.pinned))).rejects.toMatchObject({
    reason: 'not_signed',
  });
  // Nothing is pinned, and what the server shows to pin is not signed.
  const forged = { ...published.keys, payload: published.keys.payload.replace('key_id":"', 'key_id":"0') };
  const api = {
    ...server(),
    sealingKeys: () => Promise.resolve({ key_id: '', public_key: '', suite: '', signed: forged }),
  };
  await expect(prove(api, USER, keyEvent, memory(null))).rejects.toMatchObject({ reason: 'not_signed' });
});

test('the first vault that is met is pinned, and that is said', async () => {
  jest.spyOn(Date, 'now').mockReturnValue(published.issued_at_micros / 1000);
  const pins = memory(null);
  const { seq, action, outcome } = format1.proof.entry;
  const first = await prove(server(format1.proof), USER, { seq, action, outcome }, pins);
  expect(first).toMatchObject({ pin: format1.pinned, isNewPin: true });
  expect(await prove(server(format1.proof), USER, { seq, action, outcome }, pins)).toMatchObject({ isNewPin: false });
  // Another vault's log is none of this one's from now on.
  await expect(prove(server(), USER, keyEvent, pins)).rejects.toMatchObject({ reason: 'not_signed' });
  jest.restoreAllMocks();
});
