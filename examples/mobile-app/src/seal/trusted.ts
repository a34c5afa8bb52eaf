/** Sealing to a key that the pinned vault signed, and once more when it was retired meanwhile. */
import { ApiError } from '@/api/errors';
import type { ApiClient } from '@/api/client';
import type { SealingKey } from '@/api/types';
import { trustedKey } from './pin';
import { pinStore } from './pin-store';

/** Runs `use` with the newest trusted key. A key that the server no longer opens for has stored nothing: it is fetched anew, once. */
export async function withTrustedKey<T>(
  api: Pick<ApiClient, 'sealingKeys'>,
  use: (to: SealingKey) => Promise<T>,
  pins = pinStore,
): Promise<T> {
  const key = async () => trustedKey((await api.sealingKeys()).signed, pins, Date.now());
  try {
    return await use(await key());
  } catch (error) {
    if (!(error instanceof ApiError) || error.problem.code !== 'sealing_key_unknown') throw error;
    return use(await key());
  }
}
