import { sentenceOf } from '@/api/errors';
import type { Order } from '@/api/types';
import { useNamedVenues, useVenueName } from '@/api/use-venue-name';
import { assets, money, price, quantity } from '@/format/money';
import { humanise, isOpenOrder } from '@/format/words';
import { Notice } from '@/ui/states';

/** How an order stands, in one sentence that can be acted on. */
export function OrderOutcome({ order }: { order: Order }) {
  const nameOf = useVenueName();
  const named = useNamedVenues();
  const reason = order.reason && named(order.reason);
  const { tone, text } = outcome({ ...order, reason }, nameOf(order.venue));
  return <Notice live tone={tone} text={text} testID="order-outcome" />;
}

export function outcome(
  order: Order,
  venueName: string,
): { tone: 'positive' | 'negative' | 'warning' | 'accent'; text: string } {
  const { base, quote } = assets(order.symbol);
  const verb = order.side === 'sell' ? 'Sold' : 'Bought';
  const at = order.venue ? ` on ${venueName}` : '';
  const fill = `${verb} ${quantity(order.filled)} ${base} at ${price(order.average_price, quote)}${at}, fees ${money(order.fees, quote)}.`;
  if (order.state === 'filled') return { tone: 'positive', text: fill };
  if (order.state === 'unknown') {
    return {
      tone: 'warning',
      text: `It is not known yet whether ${order.venue ? venueName : 'the exchange'} took the order. It is being asked; do not place it again.`,
    };
  }
  if (isOpenOrder(order.state))
    return { tone: 'accent', text: `The order is on its way${at}. It is followed here and under Orders.` };
  const why = order.reason ?? humanise(order.reason_code ?? order.state);
  const partly = order.average_price ? ` ${fill}` : '';
  return { tone: 'negative', text: `${humanise(order.state)}: ${sentenceOf(why)}${partly}` };
}
