/** What the screens work with: the API, the session and the cache. Tests hand in their own. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createContext, useContext, type ReactNode } from 'react';

import { createClient, type ApiClient } from '@/api/client';
import { isRetryable, retryAfterMs } from '@/api/errors';
import type { Http } from '@/api/http';
import { refreshStore } from '@/session/refresh-store';
import { Session } from '@/session/session';
import { serverUrl } from './server-url';

export interface Services {
  api: ApiClient;
  session: Session;
  cache: QueryClient;
}

export function createServices(): Services {
  const http: Http = { baseUrl: serverUrl, fetch: (input, init) => fetch(input, init), timeoutMs: 15_000 };
  const session = new Session(http, refreshStore, Date.now);
  return { session, api: createClient(http, session), cache: createCache() };
}

/** Live events keep the cache fresh, so nothing is fetched again merely because a screen is shown. */
export function createCache(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 60_000,
        gcTime: 10 * 60_000,
        retry: (failures, error) => failures < 2 && isRetryable(error),
        retryDelay: (failures, error) => retryAfterMs(error) ?? 1000 * 2 ** failures,
        networkMode: 'always',
      },
      mutations: { networkMode: 'always', retry: false },
    },
  });
}

const Context = createContext<Services | null>(null);

export function ServicesProvider({ services, children }: { services: Services; children: ReactNode }) {
  return (
    <Context.Provider value={services}>
      <QueryClientProvider client={services.cache}>{children}</QueryClientProvider>
    </Context.Provider>
  );
}

export function useServices(): Services {
  const services = useContext(Context);
  if (!services) throw new Error('ServicesProvider is missing');
  return services;
}
