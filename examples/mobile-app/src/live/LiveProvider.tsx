/** Holds the stream open while someone is signed in, and tells the screens how it is. */
import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';

import { useServices } from '@/lib/services';
import { streamUrl } from '@/lib/server-url';
import { applyToCache, fetchAnew, staleAfter } from './bind';
import { LiveConnection, type LiveStatus } from './connection';
import { onWake } from './wake';
import { Settler } from './settle';

interface Live {
  status: LiveStatus;
  retry: () => void;
}

/** Balances and the like may wait a little: a busy strategy must not use up the person's requests. */
const SETTLE_MS = 4000;
const Context = createContext<Live>({ status: 'connecting', retry: () => undefined });

export const useLive = (): Live => useContext(Context);

export function LiveProvider({ children }: { children: ReactNode }) {
  const { api, cache } = useServices();
  const [status, setStatus] = useState<LiveStatus>('connecting');
  const connection = useRef<LiveConnection | null>(null);

  useEffect(() => {
    const settler = new Settler(cache, SETTLE_MS);
    const live = new LiveConnection({
      ticket: api.streamTicket,
      open: (path) => new WebSocket(streamUrl(path)),
      onEvent: (event) => {
        applyToCache(cache, event);
        settler.add(staleAfter(event));
      },
      onRefetch: () => void fetchAnew(cache),
      onStatus: setStatus,
      random: Math.random,
    });
    connection.current = live;
    live.start();
    const stopListening = onWake(() => live.retryNow());
    return () => {
      stopListening();
      settler.stop();
      live.stop();
    };
  }, [api, cache]);

  const value = useMemo(() => ({ status, retry: () => connection.current?.retryNow() }), [status]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}
