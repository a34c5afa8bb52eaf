/** Exchange credentials and venues. */
import type { DecimalString, Timestamp } from './scalars';

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
  /** In lists and after a check. */
  health?: KeyHealth;
}

export interface KeyHealth {
  /** Worst first: `can_withdraw`, `refused`, `cannot_trade`, `rights_changed`, `expires`, `old`, `any_address`, `rights_unknown`. */
  problems: string[];
  stored_at: Timestamp;
  rotate_by: Timestamp;
  last_used_at?: Timestamp;
  checked_at?: Timestamp;
  expires_at?: Timestamp;
  from_listed_addresses?: boolean;
  /** Absent while a `session` key is locked. */
  unlocked_until?: Timestamp;
  rights_gained: string[];
  rights_lost: string[];
}

export interface KeyRotation {
  venue: string;
  credential: string;
  /** `verified`, `switched`, `retired`, `rolled_back` or `cancelled`. */
  step: string;
  old_version: number;
  new_version?: number;
  rights: string[];
  orders_seen: number;
  started_at: Timestamp;
  switched_at?: Timestamp;
  ended_at?: Timestamp;
  problem?: string;
}

/** HPKE ciphertext for the signer. */
export interface SealedBlob {
  key_id: string;
  encapsulated_key: string;
  ciphertext: string;
}

/** Argon2id. */
export interface KeyDerivation {
  salt: string;
  memory_kib: number;
  passes: number;
  lanes: number;
}

export interface StoreSessionKey {
  venue: string;
  label: string;
  sealed: SealedBlob;
  derivation: KeyDerivation;
  unlock: SealedBlob;
  seconds: number;
}

export interface UnlockKey {
  unlock: SealedBlob;
  seconds: number;
}

export interface Unlocked {
  venue: string;
  until: Timestamp;
}

export interface PolicyPair {
  symbol: string;
  low?: DecimalString;
  high?: DecimalString;
}

export interface OrderPolicy {
  pairs: PolicyPair[];
  max_order?: DecimalString;
  max_buys_per_hour?: DecimalString;
}

export interface PolicySetting {
  policy?: OrderPolicy;
}

export interface Erasure {
  audit_seq: number;
  keys: string[];
  credentials: number;
}

export interface KeyEvent {
  seq: number;
  at: Timestamp;
  action: string;
  /** `ok`, `refused` or `intended`. */
  outcome: string;
  venue?: string;
  version?: number;
  purpose?: string;
  count: number;
  detail?: string;
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
