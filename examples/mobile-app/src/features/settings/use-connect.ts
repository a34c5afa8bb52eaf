import { useMutation } from '@tanstack/react-query';

import { keys } from '@/api/keys';
import { useServices } from '@/lib/services';
import type { Credential } from '@/api/types';
import { loadSealing } from '@/seal/load';
import type { KeyPair } from '@/seal/seal';

interface Input {
  venue: string;
  label: string;
  pair: KeyPair;
  /** The passphrase that unlocks it: then only its owner can (custody mode `session`). */
  lock?: string;
}

/** Shorter passphrases are guessed by whoever steals a backup and the root. */
export const LEAST_PASSPHRASE = 12;
/** How long a new key is unlocked at first. */
const FIRST_UNLOCK_SECONDS = 8 * 3600;

/** Fetches the signer's key, seals on this device and stores. The cryptography is loaded only when it is needed. */
export function useConnect(onStored: (credential: Credential) => void) {
  const { api, cache } = useServices();
  const connect = useMutation({
    mutationFn: async ({ venue, label, pair, lock }: Input) => {
      const [sealing, me] = await Promise.all([loadSealing(), api.me()]);
      if (lock === undefined)
        return sealing.withTrustedKey(api, async (to) =>
          api.storeCredential(await sealing.seal({ userId: me.id, venue, label, pair, to })),
        );
      const key = await sealing.deriveNew(lock);
      try {
        return await sealing.withTrustedKey(api, async (to) =>
          api.storeSessionKey({
            venue,
            label,
            sealed: await sealing.sealLocked(key, { userId: me.id, venue, pair, to }),
            derivation: key.derivation,
            unlock: await sealing.sealUnlock(key, { userId: me.id, venue, to }),
            seconds: FIRST_UNLOCK_SECONDS,
          }),
        );
      } finally {
        key.bytes.fill(0);
      }
    },
    // The secret must not linger in the mutation cache.
    gcTime: 0,
    onSuccess: async (credential) => {
      onStored(credential);
      connect.reset();
      await Promise.all(
        [keys.credentials, keys.venues, keys.overview].map((queryKey) => cache.invalidateQueries({ queryKey })),
      );
    },
  });
  return connect;
}
