/** Where the API is. The web build talks to the origin that served it, unless the build names another. */
export function serverUrl(): string {
  return (process.env.EXPO_PUBLIC_NIJA_URL ?? '').replace(/\/+$/, '');
}

/** Phones have no origin of their own; they ask for the address (`server-url.native.ts`). */
export const ASKS_FOR_SERVER = false;

export function loadServerUrl(): Promise<void> {
  return Promise.resolve();
}

export function saveServerUrl(_url: string): Promise<void> {
  return Promise.resolve();
}

/** The stream's address for a path such as `/v1/stream?...`. */
export function streamUrl(path: string): string {
  const base = serverUrl() || window.location.origin;
  return `${base.replace(/^http/, 'ws')}${path}`;
}
