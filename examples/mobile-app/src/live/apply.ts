/** Stream events applied to what the screens show: pure functions, one a kind of list. */
import type { StateEvent } from '@/api/stream-types';
import type { Activity, Order, Overview, Page, Position, RoutingDecision } from '@/api/types';

const RECENT = 8;

export const isClosed = (position: Position): boolean => position.closed_at !== undefined;

/** Open positions with one of them changed, opened or closed. */
export function withPosition(list: readonly Position[], position: Position): Position[] {
  if (isClosed(position)) return list.filter((p) => p.id !== position.id);
  const at = list.findIndex((p) => p.id === position.id);
  if (at < 0) return [position, ...list];
  return list.map((p, i) => (i === at ? { ...carryPrices(p), ...position } : p));
}

/** A fill's update may come before the next quote; keep the last price rather than show none. */
function carryPrices({ current_price }: Position): Partial<Position> {
  return current_price === undefined ? {} : { current_price };
}

export function withEvent(overview: Overview, event: StateEvent): Overview {
  switch (event.type) {
    case 'pnl.update':
      return { ...overview, ...event.data, as_of: event.at };
    case 'position.update':
      return { ...overview, positions: withPosition(overview.positions, event.data), as_of: event.at };
    case 'trade.executed':
      return { ...overview, recent_activity: prepend(overview.recent_activity, event.data).slice(0, RECENT) };
    case 'bot.status':
      return { ...overview, bot: event.data };
    default:
      return overview;
  }
}

/** Puts a row first unless it is there. */
export function prepend<T extends { id: string }>(rows: readonly T[], row: T): T[] {
  return rows.some((r) => r.id === row.id) ? [...rows] : [row, ...rows];
}

/** The shape of an infinite query's data. */
export interface Pages<T> {
  pages: Page<T>[];
  pageParams: unknown[];
}

export function prependToPages<T extends { id: string }>(data: Pages<T>, row: T): Pages<T> {
  const [first, ...rest] = data.pages;
  if (!first || data.pages.some((page) => page.items.some((r) => r.id === row.id))) return data;
  return { ...data, pages: [{ ...first, items: [row, ...first.items] }, ...rest] };
}

/** Orders change state: replace the row where it stands, or put a new one first. */
export function withOrder(data: Pages<Order>, order: Order): Pages<Order> {
  if (!data.pages.some((page) => page.items.some((o) => o.id === order.id))) return prependToPages(data, order);
  const pages = data.pages.map((page) => ({
    ...page,
    items: page.items.map((o) => (o.id === order.id ? newer(o, order) : o)),
  }));
  return { ...data, pages };
}

/** An answer to a request and an event about it may cross; the later `updated_at` stands. */
export function newer(a: Order, b: Order): Order {
  return a.updated_at > b.updated_at ? a : b;
}

export function withDecision(page: Page<RoutingDecision>, decision: RoutingDecision): Page<RoutingDecision> {
  const known = page.items.some((d) => d.order_id === decision.order_id && d.decided_at === decision.decided_at);
  return known ? page : { ...page, items: [decision, ...page.items].slice(0, 200) };
}

export type ActivityPages = Pages<Activity>;
