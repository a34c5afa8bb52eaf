/** A proof as the server or `nija audit prove` tells it, read strictly: what is not known here is not covered by the hash. */
import { fromHex } from '@/seal/base64';
import { ProofError } from './errors';

/** An entry of the log, all that its hash covers. */
export interface AuditEntry {
  format: number;
  seq: number;
  at_micros: number;
  action: string;
  outcome: string;
  user?: string;
  venue?: string;
  credential?: string;
  version?: number;
  purpose?: string;
  count: number;
  detail?: string;
  actor?: string;
  origin?: string;
  previous: string;
}

/** What the vault signed about its log. */
export interface AuditCheckpoint {
  entries: number;
  at_micros: number;
  head: string;
  root: string;
  /** Who says that it signed. It is never trusted. */
  signer: string;
  signature: string;
}

/** An entry with its way to a signed root: the siblings, lowest first. */
export interface AuditProof {
  entry: AuditEntry;
  path: string[];
  checkpoint: AuditCheckpoint;
}

type Kind = 'number' | 'string' | 'number?' | 'string?';

const ENTRY = {
  format: 'number',
  seq: 'number',
  at_micros: 'number',
  action: 'string',
  outcome: 'string',
  user: 'string?',
  venue: 'string?',
  credential: 'string?',
  version: 'number?',
  purpose: 'string?',
  count: 'number',
  detail: 'string?',
  actor: 'string?',
  origin: 'string?',
  previous: 'string',
} as const satisfies Record<keyof AuditEntry, Kind>;

const CHECKPOINT = {
  entries: 'number',
  at_micros: 'number',
  head: 'string',
  root: 'string',
  signer: 'string',
  signature: 'string',
} as const satisfies Record<keyof AuditCheckpoint, Kind>;

/** Reads what came as JSON. Throws `ProofError`. */
export function readProof(value: unknown): AuditProof {
  const { entry, path, checkpoint, ...more } = objectOf(value);
  if (Object.keys(more).length > 0 || !Array.isArray(path) || !path.every((node) => typeof node === 'string'))
    throw new ProofError('malformed');
  return {
    entry: fieldsOf<AuditEntry>(entry, ENTRY),
    path,
    checkpoint: fieldsOf<AuditCheckpoint>(checkpoint, CHECKPOINT),
  };
}

/** Bytes of that many in hexadecimal. */
export function bytesOf(text: string, length: number): Uint8Array {
  const bytes = fromHex(text);
  if (bytes?.length !== length) throw new ProofError('malformed');
  return bytes;
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ProofError('malformed');
  return value as Record<string, unknown>;
}

function fieldsOf<T>(value: unknown, fields: Readonly<Record<string, Kind>>): T {
  const found = objectOf(value);
  const read: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(fields)) {
    const field = found[name] ?? undefined;
    if (field === undefined ? !kind.endsWith('?') : !isOf(field, kind)) throw new ProofError('malformed');
    if (field !== undefined) read[name] = field;
  }
  if (Object.keys(found).some((name) => !Object.hasOwn(fields, name))) throw new ProofError('malformed');
  return read as T;
}

/** A number that JSON could not carry whole would be hashed as another one. */
function isOf(field: unknown, kind: Kind): boolean {
  return kind.startsWith('number') ? Number.isSafeInteger(field) : typeof field === 'string';
}
