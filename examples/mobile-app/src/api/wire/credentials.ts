/** Exchange credentials and venues. */
import type { Timestamp } from './scalars';

export interface SealingKey {
  key_id: string;
  public_key: string;
  suite: string;
}

/** Sealing keys, newest first, signed by the vault's identity. */
export interface PublishedKeys {
  /** JSON, signed as the text that it is. */
  payload: string;
  /** Who says that it signed, hexadecimal. It is not believed. */
  signer: string;
  signature: string;
}

/** What counts is `signed`. */
export interface SealingKeys extends SealingKey {
  signed: PublishedKeys;
}

export interface StoreCredential {
  venue: string;
  label: string;
  key_id: string;
  encapsulated_key: string;
  ciphertext: string;
}

export interface Credential {
  id: string;
  venue: string;
  label: string;
  version: number;
  /** `delegated`, `session` or `device`. */
  custody: string;
  /** `active` or `revoked`. */
  status: string;
  rights: string[];
  created_at: Timestamp;
}

export interface Venue {
  id: string;
  name: string;
  /** `up`, `degraded` or `down`. */
  status: string;
  latency_ms?: number;
  connected: boolean;
  needs_credential: boolean;
}
