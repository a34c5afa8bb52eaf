/** On the web the pin outlives the session: only clearing the site's data forgets it. A build may bring its own. */
import type { PinStore } from './pin';
import { serverUrl } from '@/lib/server-url';

export const pinStore: PinStore = {
  get: () => Promise.resolve(process.env.EXPO_PUBLIC_NIJA_PIN || localStorage.getItem(key())),
  set: (pin) => Promise.resolve(localStorage.setItem(key(), pin)),
};

function key(): string {
  return `nija.vault-pin.${serverUrl()}`;
}
