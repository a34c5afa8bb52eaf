import { ApiError, NoAnswerError, SignedOutError } from '@/api/errors';
import type { Http } from '@/api/http';
import { Session } from '@/session/session';

const user = { id: 'u1', email: 'a@example.com', tier: 'basic', created_at: '2026-11-23T10:00:00Z' };

/** A server that rotates refresh tokens and takes each once. */
function setUp(start: string | null = 'r0') {
  const state = { refresh: 'r0', access: 'none', refreshes: 0, now: 0, stored: start, down: false };
  const answer = (status: number, body: object) =>
    ({ ok: status < 400, status, text: () => Promise.resolve(JSON.stringify(body)) }) as Response;
  const issue = () => {
    state.access = `a${state.refreshes}`;
    state.refresh = `r${state.refreshes}`;
    return answer(200, {
      user,
      access_token: state.access,
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: state.refresh,
    });
  };
  const http: Http = {
    baseUrl: () => 'http://test',
    timeoutMs: 1000,
    fetch: (async (url: string, init: { body: string }) => {
      if (state.down) throw new TypeError('refused');
      if (url.endsWith('/login')) return issue();
      state.refreshes += 1;
      if (JSON.parse(init.body).refresh_token !== state.refresh)
        return answer(401, { code: 'refresh_invalid', detail: 'Sign in again.' });
      return issue();
    }) as unknown as typeof fetch,
  };
  const store = {
    get: () => Promise.resolve(state.stored),
    set: (token: string) => {
      state.stored = token;
      return Promise.resolve();
    },
    clear: () => {
      state.stored = null;
      return Promise.resolve();
    },
  };
  return { state, session: new Session(http, store, () => state.now) };
}

const refused = () => new ApiError({ type: '', title: '', status: 401, code: 'unauthenticated', detail: '' });

test('calls that find the token refused at the same time share one refresh', async () => {
  const { state, session } = setUp();
  await session.restore();
  const stale = state.access;
  const call = (token: string) => (token === stale ? Promise.reject(refused()) : Promise.resolve(token));
  const got = await Promise.all([session.authorised(call), session.authorised(call), session.authorised(call)]);
  expect(new Set(got)).toEqual(new Set([state.access]));
  expect(state.refreshes).toBe(2);
});

test('a token near its end is renewed before it is used', async () => {
  const { state, session } = setUp();
  await session.restore();
  state.now += 890_000;
  expect(await session.authorised((token) => Promise.resolve(token))).toBe('a2');
});

test('a refresh token that the server refuses ends the session and is forgotten', async () => {
  const { state, session } = setUp('stolen');
  await session.restore();
  expect(session.getState()).toMatchObject({ status: 'out' });
  expect(state.stored).toBeNull();
  await expect(session.authorised(() => Promise.resolve(1))).rejects.toBeInstanceOf(SignedOutError);
});

test('a server that cannot be reached does not sign anyone out', async () => {
  const { state, session } = setUp();
  state.down = true;
  await session.restore();
  expect(session.getState()).toMatchObject({ status: 'unreachable', error: expect.any(NoAnswerError) });
  expect(state.stored).toBe('r0');
  state.down = false;
  await session.restore();
  expect(session.getState()).toEqual({ status: 'in', user });
});

test('a refresh that comes back after signing out does not sign in again', async () => {
  const { session } = setUp();
  const restoring = session.restore();
  await session.signOut();
  await restoring;
  expect(session.getState().status).toBe('out');
});
