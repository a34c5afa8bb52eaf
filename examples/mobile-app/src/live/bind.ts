/** Applies stream events to the query cache, so that every screen shows them at once. */
import type { QueryClient } from '@tanstack/react-query';

import { keys } from '@/api/keys';
import type { StateEvent } from '@/api/stream-types';
import type { Order, Overview, Page, Position, RoutingDecision } from '@/api/types';
import {
  isClosed,
  newer,
  prependToPages,
  withDecision,
  withEvent,
  withOrder,
  withPosition,
  type ActivityPages,
  type Pages,
} from './apply';

type Key = readonly unknown[];

export function applyToCache(client: QueryClient, event: StateEvent): void {
  const edit = <T>(key: Key, change: (data: T) => T) => editCached(client, key, change, event.seq > 0);
  edit<Overview>(keys.overview, (overview) => withEvent(overview, event));
  switch (event.type) {
    case 'pnl.update':
      edit<Position[]>(keys.open, () => event.data.positions);
      break;
    case 'position.update':
      edit<Position[]>(keys.open, (list) => withPosition(list, event.data));
      if (isClosed(event.data)) edit<Pages<Position>>(keys.closed, (data) => prependToPages(data, event.data));
      break;
    case 'trade.executed':
      edit<ActivityPages>(keys.activity(undefined), (data) => prependToPages(data, event.data));
      edit<ActivityPages>(keys.activity(event.data.kind), (data) => prependToPages(data, event.data));
      break;
    case 'order.update':
      edit<Pages<Order>>(keys.orders, (data) => withOrder(data, event.data));
      edit<Order>(keys.order(event.data.id), (order) => newer(order, event.data));
      break;
    case 'route.decided':
      edit<Page<RoutingDecision>>(keys.decisions, (page) => withDecision(page, event.data));
      break;
    default:
      break;
  }
}

/** What an event changes without saying how (balances after a fill, say): to be fetched again soon. */
export function staleAfter(event: StateEvent): Key[] {
  switch (event.type) {
    case 'trade.executed':
      return [keys.overview, keys.equityAll];
    case 'position.update':
      // It also tells that what guards the position changed.
      return [keys.protections];
    // A kill switch tells by it too.
    case 'bot.status':
      return [keys.overview, keys.activityAll, keys.kills];
    case 'order.update': {
      const { id, state, signal_type } = event.data;
      const ended = ['rejected', 'failed', 'cancelled', 'expired'].includes(state);
      return [
        keys.receipt(id),
        ...(ended ? [keys.overview, keys.activityAll] : []),
        // Whether a stop rests at its venue.
        ...(signal_type === 'stop_loss' ? [keys.protections] : []),
      ];
    }
    default:
      return [];
  }
}

/**
 * Edits cached data. Where a fetch of the same data is on its way, its answer may be older than a numbered event and would
 * undo it: fetch again instead. Prices (`seq` 0) come again by themselves.
 */
function editCached<T>(client: QueryClient, queryKey: Key, change: (data: T) => T, numbered: boolean): void {
  const state = client.getQueryState(queryKey);
  if (!state) return;
  client.setQueryData<T>(queryKey, (data) => (data === undefined ? undefined : change(data)));
  if (numbered && state.fetchStatus === 'fetching') void fetchAnew(client, queryKey);
}

/** Fetches again even where a fetch is under way, whose answer may be too old. */
export async function fetchAnew(client: QueryClient, queryKey?: Key): Promise<void> {
  await client.cancelQueries({ queryKey });
  await client.invalidateQueries({ queryKey });
}
