import { useRouter } from 'expo-router';
import { View } from 'react-native';

import type { Order } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { assets, money, price, quantity } from '@/format/money';
import { shortDateTime } from '@/format/time';
import { humanise } from '@/format/words';
import { usePalette } from '@/theme/theme';
import { Icon } from '@/ui/Icon';
import { Row } from '@/ui/Row';
import { Txt } from '@/ui/Txt';
import { StateBadge } from './StateBadge';

/** What was asked for: `$100.00 of BTC`, `0.01 BTC`. */
export function sizeText(order: Pick<Order, 'symbol' | 'size' | 'size_type'>): string {
  const { base, quote } = assets(order.symbol);
  return order.size_type === 'base' ? `${quantity(order.size)} ${base}` : `${money(order.size, quote)} of ${base}`;
}

export function OrderRow({ order, first }: { order: Order; first: boolean }) {
  const nameOf = useVenueName();
  const router = useRouter();
  const palette = usePalette();
  const { base, quote } = assets(order.symbol);
  const title = `${humanise(order.side)} ${sizeText(order)}`;
  const filled = order.average_price
    ? `${quantity(order.filled)} ${base} at ${price(order.average_price, quote)}`
    : (order.reason ?? '');
  const place = order.venue ? ` · ${nameOf(order.venue)}` : '';
  return (
    <Row first={first} onPress={() => router.push(`/orders/${order.id}`)} testID={`order-${order.id}`}>
      <View style={{ flex: 1, minWidth: 0, gap: 2 }}>
        <Txt variant="strong">{title}</Txt>
        {filled ? (
          <Txt variant="small" tone="muted" tabular>
            {filled}
          </Txt>
        ) : null}
        <Txt variant="small" tone="muted" tabular>{`${shortDateTime(order.created_at, Date.now())}${place}`}</Txt>
      </View>
      <StateBadge state={order.state} />
      <Icon name="next" size={18} color={palette.muted} />
    </Row>
  );
}
