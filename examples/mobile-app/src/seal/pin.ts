/**
 * Which keys an exchange key may be sealed to. The vault signs its list of sealing keys with an identity of its own (Ed25519); this
 * device pins that identity and takes nothing that it did not sign, so that whoever stands between, the API's own nodes included,
 * cannot put a key of theirs in its place. The build may name the pin (EXPO_PUBLIC_NIJA_PIN); else the first one seen is kept.
 */
import { ed25519 } from '@noble/curves/ed25519.js';

import type { PublishedKeys, SealingKey } from '@/api/types';
import { fromHex, toBase64 } from './base64';
import { SUITE } from './suite';

const utf8 = new TextEncoder();
/** What is signed: this, format 1, then the payload as the text that it is. */
const DOMAIN = Uint8Array.of(...utf8.encode('nija sealing keys'), 1);
/** How far this device's clock may be behind the vault's. */
const SKEW_MICROS = 10 * 60 * 1_000_000;

/** Why a list must not be used. Nothing was sealed. */
export class PinError extends Error {
  constructor(readonly reason: 'not_signed' | 'out_of_date' | 'malformed') {
    super(
      {
        not_signed:
          'The server shows sealing keys that its vault did not sign. Your key was not sent. Ask the operator before you try again.',
        out_of_date: 'The server shows old sealing keys, or the clock of this device is wrong. Your key was not sent.',
        malformed: 'This app cannot read the sealing keys of this server. Reload the page or update the app.',
      }[reason],
    );
    this.name = 'PinError';
  }
}

interface Payload {
  issued_at_micros: number;
  expires_at_micros: number;
  keys: { key_id: string; public_key: string }[];
}

/** The keys of the list, the one to seal to first, if `pin` signed it and it is good now. Throws `PinError`. */
export function verifyPublished(list: PublishedKeys, pin: string, nowMs: number): SealingKey[] {
  if (!isSigned(list, pin)) throw new PinError('not_signed');
  const payload = read(list.payload);
  const now = nowMs * 1000;
  if (now >= payload.expires_at_micros || now < payload.issued_at_micros - SKEW_MICROS)
    throw new PinError('out_of_date');
  return payload.keys.map((key) => {
    const bytes = fromHex(key.public_key);
    if (bytes?.length !== 32) throw new PinError('malformed');
    return { key_id: key.key_id, public_key: toBase64(bytes), suite: SUITE };
  });
}

function isSigned(list: PublishedKeys, pin: string): boolean {
  const [signature, key] = [fromHex(list.signature), fromHex(pin)];
  if (signature?.length !== 64 || key?.length !== 32) return false;
  const payload = utf8.encode(list.payload);
  const message = new Uint8Array(DOMAIN.length + payload.length);
  message.set(DOMAIN);
  message.set(payload, DOMAIN.length);
  try {
    return ed25519.verify(signature, message, key, { zip215: false });
  } catch {
    return false;
  }
}

function read(text: string): Payload {
  try {
    const value = JSON.parse(text) as Partial<Payload>;
    const timed = typeof value.issued_at_micros === 'number' && typeof value.expires_at_micros === 'number';
    const keys = Array.isArray(value.keys) && value.keys.length > 0;
    if (
      timed &&
      keys &&
      value.keys?.every((key) => typeof key.key_id === 'string' && typeof key.public_key === 'string')
    )
      return value as Payload;
  } catch {
    // Not JSON: as malformed as any other.
  }
  throw new PinError('malformed');
}

/** Where a device keeps the pin of a server. */
export interface PinStore {
  get(): Promise<string | null>;
  set(pin: string): Promise<void>;
}

/** The newest key that the pinned vault signed; pins it where nothing is pinned. */
export async function trustedKey(list: PublishedKeys, pins: PinStore, nowMs: number): Promise<SealingKey> {
  const kept = await pins.get();
  const pin = kept ?? list.signer;
  const [newest] = verifyPublished(list, pin, nowMs);
  if (!newest) throw new PinError('malformed');
  if (kept === null) await pins.set(pin);
  return newest;
}

/** The vault that this device knows; where it knows none, the one that signed the list now is pinned. */
export async function pinned(
  list: () => Promise<PublishedKeys>,
  pins: PinStore,
  nowMs: number,
): Promise<{ pin: string; isNew: boolean }> {
  const kept = await pins.get();
  if (kept !== null) return { pin: kept, isNew: false };
  const shown = await list();
  await trustedKey(shown, pins, nowMs);
  return { pin: shown.signer, isNew: true };
}
