/** Where the API is, on phones: what the person entered, else what the build names. Kept across starts. */
import * as SecureStore from 'expo-secure-store';

const KEY = 'nija.server';
let current = clean(process.env.EXPO_PUBLIC_NIJA_URL ?? '');

export const ASKS_FOR_SERVER = true;

export const serverUrl = (): string => current;

export async function loadServerUrl(): Promise<void> {
  current = (await SecureStore.getItemAsync(KEY)) ?? current;
}

export async function saveServerUrl(url: string): Promise<void> {
  current = clean(url);
  await SecureStore.setItemAsync(KEY, current);
}

/** The stream's address for a path such as `/v1/stream?...`. */
export const streamUrl = (path: string): string => `${current.replace(/^http/, 'ws')}${path}`;

function clean(url: string): string {
  const trimmed = url.trim().replace(/\/+$/, '');
  return trimmed && !/^https?:\/\//.test(trimmed) ? `https://${trimmed}` : trimmed;
}
