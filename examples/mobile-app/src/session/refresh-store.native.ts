/** On phones the refresh token rests in the Keychain or Keystore, readable only while the device is unlocked. */
import * as SecureStore from 'expo-secure-store';

import type { RefreshStore } from './refresh-store';

const KEY = 'nija.refresh';
const options: SecureStore.SecureStoreOptions = { keychainAccessible: SecureStore.WHEN_UNLOCKED_THIS_DEVICE_ONLY };

export const refreshStore: RefreshStore = {
  get: () => SecureStore.getItemAsync(KEY, options),
  set: (token) => SecureStore.setItemAsync(KEY, token, options),
  clear: () => SecureStore.deleteItemAsync(KEY, options),
};
