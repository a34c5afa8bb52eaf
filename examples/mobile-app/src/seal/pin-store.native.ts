/** On phones the pin lies beside the session, one for each server. A build may bring its own. */
import * as SecureStore from 'expo-secure-store';

import type { PinStore } from './pin';
import { serverUrl } from '@/lib/server-url';

export const pinStore: PinStore = {
  get: async () => process.env.EXPO_PUBLIC_NIJA_PIN || (await SecureStore.getItemAsync(key())),
  set: (pin) => SecureStore.setItemAsync(key(), pin),
};

/** The store takes letters, digits, dots, dashes and underscores in its keys. */
function key(): string {
  return `nija.vault-pin.${serverUrl().replace(/[^A-Za-z0-9.-]/g, '_')}`;
}
