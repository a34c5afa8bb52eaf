/** The signed-in session: the access token in memory, the refresh token in the platform's store. */
import { ApiError, SignedOutError } from '@/api/errors';
import { send, type Http } from '@/api/http';
import type { Session as WireSession, User } from '@/api/types';
import type { RefreshStore } from './refresh-store';

export type SessionState =
  | { status: 'starting' }
  | { status: 'unreachable'; error: unknown }
  | { status: 'out'; notice?: string }
  | { status: 'in'; user: User };

/** Refresh this long before the access token ends, so that a call does not carry one that dies on the way. */
const EARLY_MS = 20_000;

export class Session {
  private state: SessionState = { status: 'starting' };
  private access: { token: string; until: number } | null = null;
  private refreshing: Promise<string> | null = null;
  /** Grows when the session ends, so that an answer still on its way cannot bring it back. */
  private epoch = 0;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly http: Http,
    private readonly store: RefreshStore,
    private readonly now: () => number,
  ) {}

  getState = (): SessionState => this.state;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Picks the session up after a start or a reload of the page. */
  async restore(): Promise<void> {
    this.set({ status: 'starting' });
    if (!(await this.store.get())) return this.set({ status: 'out' });
    try {
      await this.refresh();
    } catch (error) {
      if (!(error instanceof SignedOutError)) this.set({ status: 'unreachable', error });
    }
  }

  signIn = (email: string, password: string) => this.enter('/v1/auth/login', email, password);
  signUp = (email: string, password: string) => this.enter('/v1/auth/signup', email, password);

  /** Sets a new password by the operator's token. Nobody is signed in by that. */
  async resetPassword(email: string, token: string, password: string): Promise<void> {
    await send<undefined>(this.http, { method: 'POST', path: '/v1/auth/reset', body: { email, token, password } });
  }

  /** Ends the session here at once; the server is told as well, where it can be reached. */
  async signOut(): Promise<void> {
    const refresh_token = await this.store.get();
    await this.end();
    if (!refresh_token) return;
    try {
      await send<undefined>(this.http, { method: 'POST', path: '/v1/auth/logout', body: { refresh_token } });
    } catch {
      // The tokens are gone from this device; the server's copy ends by itself.
    }
  }

  /** Runs a call with a valid access token, refreshing it once when the server no longer takes it. */
  async authorised<T>(call: (token: string) => Promise<T>): Promise<T> {
    const token = await this.token();
    try {
      return await call(token);
    } catch (error) {
      if (!(error instanceof ApiError) || error.problem.status !== 401) throw error;
      return call(await this.refresh(token));
    }
  }

  private async token(): Promise<string> {
    if (this.access && this.now() < this.access.until) return this.access.token;
    return this.refresh();
  }

  private async enter(path: string, email: string, password: string): Promise<void> {
    await this.accept(await send<WireSession>(this.http, { method: 'POST', path, body: { email, password } }));
  }

  /** One refresh at a time: each refresh token works once, and using it twice ends the session for good. */
  private refresh(refused?: string): Promise<string> {
    if (refused && this.access && this.access.token !== refused) return Promise.resolve(this.access.token);
    this.refreshing ??= this.refreshOnce().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private async refreshOnce(): Promise<string> {
    const epoch = this.epoch;
    const refresh_token = await this.store.get();
    if (!refresh_token) throw await this.ended();
    try {
      const session = await send<WireSession>(this.http, {
        method: 'POST',
        path: '/v1/auth/refresh',
        body: { refresh_token },
      });
      if (epoch !== this.epoch) throw new SignedOutError();
      return await this.accept(session);
    } catch (error) {
      if (error instanceof ApiError && (error.problem.status === 401 || error.problem.status === 400))
        throw await this.ended();
      throw error;
    }
  }

  private async accept(session: WireSession): Promise<string> {
    await this.store.set(session.refresh_token);
    this.access = { token: session.access_token, until: this.now() + session.expires_in * 1000 - EARLY_MS };
    this.set({ status: 'in', user: session.user });
    return session.access_token;
  }

  private async ended(): Promise<SignedOutError> {
    const error = new SignedOutError();
    await this.end(error.message);
    return error;
  }

  private async end(notice?: string): Promise<void> {
    this.epoch += 1;
    this.access = null;
    await this.store.clear();
    this.set({ status: 'out', notice });
  }

  private set(state: SessionState): void {
    this.state = state;
    this.listeners.forEach((listener) => listener());
  }
}
