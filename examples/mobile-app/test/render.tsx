// Renders a component with services whose API is made of the given answers.
import { QueryClient } from '@tanstack/react-query';
import { configure, render } from '@testing-library/react-native';
import type { ReactElement } from 'react';

import type { ApiClient } from '@/api/client';
import { ServicesProvider, type Services } from '@/lib/services';
import type { Session, SessionState } from '@/session/session';

// How long a test may wait for what must come; a second is little on a busy machine.
configure({ asyncUtilTimeout: 20_000 });

export const signedIn: SessionState = {
  status: 'in',
  user: { id: 'u1', email: 'a@example.com', tier: 'pro', created_at: '2026-10-01T08:00:00Z' },
};

export function renderWith(element: ReactElement, api: Partial<ApiClient> = {}, session: Partial<Session> = {}) {
  // Infinite: a timer that collects garbage would keep the test process alive.
  const cache = new QueryClient({
    defaultOptions: { queries: { retry: false, gcTime: Infinity }, mutations: { retry: false, gcTime: Infinity } },
  });
  const answers: Partial<ApiClient> = {
    venues: () => Promise.resolve([]),
    decisions: () => Promise.resolve({ items: [] }),
    killSwitches: () => Promise.resolve([]),
    protections: () => Promise.resolve([]),
    equity: () => Promise.resolve([]),
    equityCurve: () => Promise.resolve({ currency: 'USD', every_seconds: 300, points: [] }),
    pnl: () => Promise.resolve({ items: [] }),
    ...api,
  };
  const services = {
    api: answers as ApiClient,
    cache,
    session: { subscribe: () => () => undefined, getState: () => signedIn, ...session } as unknown as Session,
  } satisfies Services;
  return { cache, ...render(<ServicesProvider services={services}>{element}</ServicesProvider>) };
}
