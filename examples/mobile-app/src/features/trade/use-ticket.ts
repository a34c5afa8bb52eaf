import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';

import { ApiError } from '@/api/errors';
import { keys } from '@/api/keys';
import type { Market, Order } from '@/api/types';
import { useServices } from '@/lib/services';
import { randomId } from '@/lib/random-id';
import { bestPrice, EMPTY, estimate, orderOf, problemsOf, type Problems, type Ticket } from './ticket';

export type Flow = ReturnType<typeof useTicket>;

/** The ticket's life: filled in, previewed, placed. */
export function useTicket(markets: readonly Market[]) {
  const { api, cache } = useServices();
  const [typed, setTyped] = useState<Ticket>(EMPTY);
  const [tried, setTried] = useState(false);
  /** Names the intent: it stays while the same order is tried again, so that it can be placed only once. */
  const [id, setId] = useState(randomId);
  const ticket = { ...typed, symbol: typed.symbol || (markets[0]?.symbol ?? '') };
  const problems: Problems = problemsOf(ticket);
  const ready = Object.keys(problems).length === 0;

  const preview = useMutation({ mutationFn: () => api.preview(orderOf(ticket, id)) });
  const place = useMutation({
    mutationFn: () => api.placeOrder(orderOf(ticket, id)),
    onSettled: () =>
      Promise.all(
        [keys.orders, keys.open, keys.overview, keys.decisions, keys.activityAll].map((queryKey) =>
          cache.invalidateQueries({ queryKey }),
        ),
      ),
  });

  /** Other contents are another order. */
  const change = (part: Partial<Ticket>) => {
    setTyped({ ...ticket, ...part });
    setId(randomId());
    preview.reset();
    place.reset();
  };
  const price = bestPrice(markets, ticket);
  return {
    ticket,
    change,
    price,
    estimate: estimate(ticket, preview.data?.route?.estimated_price ?? price),
    problems: tried ? problems : {},
    preview,
    place,
    placed: place.data ?? refusedOrder(place.error),
    review: () => {
      setTried(true);
      if (ready) preview.mutate();
    },
    /** Back to the form; what was typed stays. */
    edit: () => preview.reset(),
    again: () => {
      setTried(false);
      change({ size: '' });
    },
  };
}

/** A refused order is on record too, and comes with the problem. */
function refusedOrder(error: unknown): Order | undefined {
  return error instanceof ApiError ? error.problem.order : undefined;
}
