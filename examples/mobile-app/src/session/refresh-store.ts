/**
 * Where the refresh token rests on the web: sessionStorage, so that a reload of the tab keeps the session and closing it
 * ends it. A script on this page could read it; the CSP allows only our own. A later issue moves it into an HttpOnly,
 * Secure, SameSite=Strict cookie, and then nothing here can.
 */
export interface RefreshStore {
  get(): Promise<string | null>;
  set(token: string): Promise<void>;
  clear(): Promise<void>;
}

const KEY = 'nija.refresh';

export const refreshStore: RefreshStore = {
  get: () => Promise.resolve(sessionStorage.getItem(KEY)),
  set: (token) => Promise.resolve(sessionStorage.setItem(KEY, token)),
  clear: () => Promise.resolve(sessionStorage.removeItem(KEY)),
};
