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
}

/** Fetches the signer's key, seals on this device and stores. The cryptography is loaded only when it is needed. */
export function useConnect(onStored: (credential: Credential) => void) {
  const { api, cache } = useServices();
  const connect = useMutation({
    mutationFn: async ({ venue, label, pair }: Input) => {
      const [sealing, me] = await Promise.all([loadSealing(), api.me()]);
      return sealing.withTrustedKey(api, async (to) =>
        api.storeCredential(await sealing.seal({ userId: me.id, venue, label, pair, to })),
      );
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
