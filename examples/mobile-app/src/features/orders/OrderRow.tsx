import { useRouter } from 'expo-router';
import { View } from 'react-native';

import type { Order } from '@/api/types';
import { sentenceOf } from '@/api/errors';
import { useNamedVenues, useVenueName } from '@/api/use-venue-name';
import { assets, money, NONE, price, quantity } from '@/format/money';
import { shortDateTime } from '@/format/time';
import { humanise } from '@/format/words';
import { usePalette, useTables } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Icon } from '@/ui/Icon';
import { Row } from '@/ui/Row';
import { Txt } from '@/ui/Txt';
import { StateBadge } from './StateBadge';

/** What was asked for: `$100.00 of BTC`, `0.01 BTC`. */
export function sizeText(order: Pick<Order, 'symbol' | 'size' | 'size_type'>): string {
  const { base, quote } = assets(order.symbol);
  return order.size_type === 'base' ? `${quantity(order.size)} ${base}` : `${money(order.size, quote)} of ${base}`;
}

/** Where it went: an exchange, several, or as a part of a larger order. */
export function placeText(order: Order, nameOf: (venue: string) => string): string {
  const { method, children = 0, parent, venue } = order;
  if (method === 'split') return children === 1 ? '1 exchange' : `${children} exchanges`;
  if (method === 'twap') return 'In slices over time';
  const name = venue ? nameOf(venue) : '';
  return [name, parent ? 'part of a larger order' : ''].filter(Boolean).join(' · ');
}

export function OrderRow({ order, first }: { order: Order; first: boolean }) {
  const router = useRouter();
  const table = useTables();
  const palette = usePalette();
  return (
    <Row first={first} onPress={() => router.push(`/orders/${order.id}`)} testID={`order-${order.id}`}>
      {table ? <Columns order={order} /> : <Lines order={order} />}
      <View style={table ? { width: STATE, alignItems: 'flex-start' } : null}>
        <StateBadge state={order.state} />
      </View>
      <Icon name="next" size={18} color={palette.muted} />
    </Row>
  );
}

/** All about it under each other, for phones. */
function Lines({ order }: { order: Order }) {
  const nameOf = useVenueName();
  const named = useNamedVenues();
  const { base, quote } = assets(order.symbol);
  const filled = order.average_price
    ? `${quantity(order.filled)} ${base} at ${price(order.average_price, quote)}`
    : order.reason
      ? sentenceOf(named(order.reason))
      : '';
  const where = placeText(order, nameOf);
  return (
    <View style={{ flex: 1, minWidth: 0, gap: 2 }}>
      <Txt variant="strong">{titleOf(order)}</Txt>
      {filled ? (
        <Txt variant="small" tone="muted" tabular>
          {filled}
        </Txt>
      ) : null}
      <Txt variant="small" tone="muted" tabular>
        {[shortDateTime(order.created_at, Date.now()), where].filter(Boolean).join(' · ')}
      </Txt>
    </View>
  );
}

const STATE = 148;
const HEADS = ['Order', 'Filled', 'Average price', 'Fees', 'Exchange'] as const;
/** What stands at the left keeps off the figures that stand at the right before it. */
const AFTER_FIGURES = { paddingLeft: space.l };
const WIDTHS = [1.6, 1.2, 1, 0.8, 1.4];

/** The names of the columns that orders have where there is room. */
export function OrderHeads() {
  return (
    <View
      aria-hidden
      style={{ flexDirection: 'row', alignItems: 'center', gap: space.m, padding: space.l, paddingVertical: space.s }}
    >
      {HEADS.map((head, i) => (
        <Txt
          key={head}
          variant="label"
          tone="muted"
          align={i > 0 && i < 4 ? 'right' : 'left'}
          style={{ flex: WIDTHS[i], ...(i === 4 ? AFTER_FIGURES : {}) }}
        >
          {head}
        </Txt>
      ))}
      <Txt variant="label" tone="muted" style={{ width: STATE }}>
        State
      </Txt>
      <View style={{ width: 18 }} />
    </View>
  );
}

/** Figures under each other over all rows, so that they can be compared. */
function Columns({ order }: { order: Order }) {
  const nameOf = useVenueName();
  const named = useNamedVenues();
  const { base, quote } = assets(order.symbol);
  const some = order.average_price !== undefined;
  const figures = [
    some ? `${quantity(order.filled)} ${base}` : NONE,
    price(order.average_price, quote),
    some ? money(order.fees, quote) : NONE,
  ];
  return (
    <>
      <View style={{ flex: WIDTHS[0], minWidth: 0 }}>
        <Txt variant="strong">{titleOf(order)}</Txt>
        <Txt variant="small" tone="muted" tabular>
          {shortDateTime(order.created_at, Date.now())}
        </Txt>
      </View>
      {figures.map((figure, i) => (
        <Txt key={HEADS[i + 1]} variant="small" tabular align="right" style={{ flex: WIDTHS[i + 1] }}>
          {figure}
        </Txt>
      ))}
      <Txt
        variant="small"
        tone={order.venue || order.method ? 'text' : 'muted'}
        style={{ flex: WIDTHS[4], ...AFTER_FIGURES }}
      >
        {placeText(order, nameOf) || (order.reason ? sentenceOf(named(order.reason)) : NONE)}
      </Txt>
    </>
  );
}

const titleOf = (order: Order): string => `${humanise(order.side)} ${sizeText(order)}`;
