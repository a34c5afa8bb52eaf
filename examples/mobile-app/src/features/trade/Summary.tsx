import { View } from 'react-native';

import type { RoutingDecision } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { assets, money, price } from '@/format/money';
import { usePalette, useTables } from '@/theme/theme';
import { radius, space } from '@/theme/tokens';
import { Txt } from '@/ui/Txt';

/** What the order comes to, before it is placed: where, at about what price, for what fee. */
export function Summary({ route }: { route: RoutingDecision }) {
  const palette = usePalette();
  // As on the dashboard: beside the ticket there is room for three figures in a row on large windows alone.
  const wide = useTables();
  const nameOf = useVenueName();
  const { quote } = assets(route.symbol);
  const venues = route.venue ? [route.venue] : (route.shares ?? []).map((share) => share.venue);
  const figures = [
    {
      label: venues.length > 1 ? 'Exchanges' : 'Exchange',
      value: venues.map(nameOf).join(' + ') || 'None',
      testID: 'summary-venue',
    },
    { label: 'Expected price', value: price(route.estimated_price, quote), testID: 'summary-price' },
    { label: 'Expected fees', value: money(route.estimated_fees, quote), testID: 'summary-fees' },
  ];
  return (
    <View
      style={{
        flexDirection: wide ? 'row' : 'column',
        gap: wide ? space.xl : space.s,
        backgroundColor: palette.raised,
        borderRadius: radius.m,
        padding: space.l,
      }}
    >
      {figures.map((figure) => (
        <View
          key={figure.label}
          style={
            wide
              ? { flex: 1, gap: 2 }
              : { flexDirection: 'row', justifyContent: 'space-between', alignItems: 'baseline' }
          }
        >
          <Txt variant="small" tone="muted">
            {figure.label}
          </Txt>
          <Txt variant={wide ? 'figure' : 'strong'} tabular testID={figure.testID}>
            {figure.value}
          </Txt>
        </View>
      ))}
    </View>
  );
}
