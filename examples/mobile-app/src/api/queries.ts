/** Reads, as hooks over the cache. */
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';

import { useServices } from '@/lib/services';
import { newestEvents } from './key-events';
import { keys } from './keys';
import type { Page } from './types';

/** How far back a decision is looked for. */
const DECISIONS = 200;
/** Markets are only read while a ticket is open, and then often: they carry the prices that the ticket shows. */
const MARKETS_EVERY_MS = 3000;
const FIRST_AGAIN_MS = 15_000;
const KILLS_EVERY_MS = 1500;
const ALL_KILLS_EVERY_MS = 10_000;
/** 48 candles of 5 minutes: the last four hours. */
const CANDLES = 48;
/** Lines of the audit log that are asked for at once. */
const EVENTS = 100;
/** More than a screen has room for. */
const CURVE_POINTS = 400;

/**
 * How long until a read is made again. While nothing was read yet that is longer: each try takes the words of the last failure away, and
 * people could never read them.
 */
export const often = (ms: number, data: unknown): number => (data === undefined ? Math.max(ms, FIRST_AGAIN_MS) : ms);

export function useOverview() {
  const { api } = useServices();
  return useQuery({ queryKey: keys.overview, queryFn: ({ signal }) => api.overview(signal) });
}

export function useVenues() {
  const { api } = useServices();
  return useQuery({ queryKey: keys.venues, queryFn: ({ signal }) => api.venues(signal), refetchInterval: 30_000 });
}

export function useMarkets() {
  const { api } = useServices();
  return useQuery({
    queryKey: keys.markets,
    queryFn: ({ signal }) => api.markets(signal),
    refetchInterval: ({ state }) => often(MARKETS_EVERY_MS, state.data),
  });
}

export function useOpenPositions() {
  const { api } = useServices();
  return useQuery({ queryKey: keys.open, queryFn: ({ signal }) => api.openPositions(signal) });
}

export function useClosedPositions() {
  const { api } = useServices();
  return usePages(keys.closed, (cursor, signal) => api.closedPositions(cursor, signal));
}

export function useOrders() {
  const { api } = useServices();
  return usePages(keys.orders, (cursor, signal) => api.orders(cursor, signal));
}

export function useOrder(id: string) {
  const { api } = useServices();
  return useQuery({ queryKey: keys.order(id), queryFn: ({ signal }) => api.order(id, signal) });
}

export function useReceipt(id: string) {
  const { api } = useServices();
  return useQuery({ queryKey: keys.receipt(id), queryFn: ({ signal }) => api.receipt(id, signal) });
}

export function useRiskSettings() {
  const { api } = useServices();
  return useQuery({ queryKey: keys.risk, queryFn: ({ signal }) => api.riskSettings(signal) });
}

export function useRoutingSettings() {
  const { api } = useServices();
  return useQuery({ queryKey: keys.routing, queryFn: ({ signal }) => api.routingSettings(signal) });
}

/** The kill switches that are on. How far their work has come is told by no event: it is asked while there is some. */
export function useKillSwitches() {
  const { api } = useServices();
  return useQuery({
    queryKey: keys.kills,
    queryFn: ({ signal }) => api.killSwitches(signal),
    refetchInterval: ({ state }) => (state.data?.some((one) => !one.done) ? KILLS_EVERY_MS : false),
  });
}

/** Those of everybody, for administrators: nothing tells them of a switch that a user threw, so they are asked now and then. */
export function useAllKillSwitches() {
  const { api } = useServices();
  return useQuery({
    queryKey: keys.allKills,
    queryFn: ({ signal }) => api.allKillSwitches(signal),
    refetchInterval: ({ state }) =>
      state.data?.some((one) => !one.done) ? KILLS_EVERY_MS : often(ALL_KILLS_EVERY_MS, state.data),
  });
}

export function useProtections() {
  const { api } = useServices();
  return useQuery({ queryKey: keys.protections, queryFn: ({ signal }) => api.protections(signal) });
}

/** What guards one position; `undefined` also where nothing does. */
export function useProtection(position: string) {
  const all = useProtections();
  return all.data?.find((one) => one.position_id === position);
}

export function useEquity(days: number) {
  const { api } = useServices();
  return useQuery({
    queryKey: keys.equity(days),
    queryFn: ({ signal }) => api.equity(days, signal),
    // The controls stay where they are while another range is fetched.
    placeholderData: keepPreviousData,
  });
}

/** What the account was worth over the last so many hours, or over all that is kept. */
export function useEquityCurve(hours: number | undefined) {
  const { api } = useServices();
  return useQuery({
    queryKey: keys.equityCurve(hours),
    queryFn: ({ signal }) => {
      const from = hours === undefined ? undefined : new Date(Date.now() - hours * 3_600_000).toISOString();
      return api.equityCurve(from, CURVE_POINTS, signal);
    },
    // As often as it is measured, and no less than once a minute: a young curve has its second point soon.
    refetchInterval: ({ state }) => Math.min(60, state.data?.every_seconds ?? 60) * 1000,
    placeholderData: keepPreviousData,
  });
}

/** Profits by pair or by venue, of all time. */
export function usePnl(by: 'pair' | 'venue') {
  const { api } = useServices();
  return useInfiniteQuery({
    queryKey: keys.pnl(by),
    queryFn: ({ pageParam, signal }) => api.pnl(by, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
  });
}

export function useCandles(symbol: string, venue: string) {
  const { api } = useServices();
  return useQuery({
    queryKey: keys.candles(symbol, venue),
    queryFn: ({ signal }) => api.candles(symbol, venue, CANDLES, signal),
    refetchInterval: 60_000,
  });
}

export function useActivity(kind?: string) {
  const { api } = useServices();
  return usePages(keys.activity(kind), (cursor, signal) => api.activity(kind, cursor, signal));
}

export function useDecisions() {
  const { api } = useServices();
  return useQuery({ queryKey: keys.decisions, queryFn: ({ signal }) => api.decisions(DECISIONS, signal) });
}

export function useCredentials() {
  const { api } = useServices();
  return useQuery({ queryKey: keys.credentials, queryFn: ({ signal }) => api.credentials(signal) });
}

export function useRotations() {
  const { api } = useServices();
  return useQuery({ queryKey: keys.rotations, queryFn: ({ signal }) => api.rotations(signal) });
}

export function usePolicy() {
  const { api } = useServices();
  return useQuery({ queryKey: keys.policy, queryFn: ({ signal }) => api.policy(signal) });
}

export function useKeyEvents(venue: string) {
  const { api } = useServices();
  return useQuery({
    queryKey: [...keys.keyEvents, venue],
    queryFn: ({ signal }) => newestEvents(venue, (cursor) => api.keyEvents(EVENTS, cursor, signal)),
  });
}

function usePages<T>(
  queryKey: readonly unknown[],
  fetchPage: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
) {
  return useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => fetchPage(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor,
  });
}

/** The rows of all pages, each once (a row that came live may come again with an older page). */
export function rowsOf<T extends { id: string }>(data: { pages: Page<T>[] } | undefined): T[] {
  const seen = new Map<string, T>();
  data?.pages.forEach((page) => page.items.forEach((row) => seen.has(row.id) || seen.set(row.id, row)));
  return [...seen.values()];
}
