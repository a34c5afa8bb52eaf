import type { Order } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { assets, money, price, quantity } from '@/format/money';
import { dateTime } from '@/format/time';
import { humanise, purpose } from '@/format/words';
import { Fact, Facts } from '@/ui/Facts';
import { StateBadge } from './StateBadge';

/** By orders of its own: shared between exchanges or in slices over time. */
function carriedOut({ method, children = 0 }: Order): string {
  const orders = `${children} ${children === 1 ? 'order' : 'orders'}`;
  if (method === 'split') return `Shared between exchanges, ${orders}`;
  return method === 'twap' ? `In slices over time, ${orders} so far` : `${humanise(method ?? '')}, ${orders}`;
}

/** Everything on record about an order. */
export function OrderFacts({ order }: { order: Order }) {
  const nameOf = useVenueName();
  const { base, quote } = assets(order.symbol);
  return (
    <Facts>
      <Fact label="State" value={<StateBadge state={order.state} />} />
      <Fact label="Symbol" value={order.symbol} />
      <Fact label="Type" value={humanise(order.order_type)} />
      {order.limit_price ? <Fact label="Limit price" value={price(order.limit_price, quote)} /> : null}
      {order.stop_price ? <Fact label="Stop price" value={price(order.stop_price, quote)} /> : null}
      {order.take_profit_price ? <Fact label="Take profit" value={price(order.take_profit_price, quote)} /> : null}
      <Fact label="Filled" value={`${quantity(order.filled)} ${base}`} />
      {order.average_price ? <Fact label="Average price" value={price(order.average_price, quote)} /> : null}
      <Fact label="Fees" value={money(order.fees, quote)} />
      {order.method ? <Fact label="Carried out" value={carriedOut(order)} testID="order-method" /> : null}
      {order.venue ? <Fact label="Exchange" value={nameOf(order.venue)} /> : null}
      {order.venue_order_id ? <Fact label="Id at the exchange" value={order.venue_order_id} /> : null}
      <Fact label="Purpose" value={purpose(order.signal_type)} />
      {order.strategy ? <Fact label="Strategy" value={order.strategy} /> : null}
      <Fact label="Placed" value={dateTime(order.created_at)} />
      <Fact label="Last change" value={dateTime(order.updated_at)} />
      <Fact label="Order id" value={order.client_order_id} />
    </Facts>
  );
}
