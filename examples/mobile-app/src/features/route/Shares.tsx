import { View } from 'react-native';

import type { RouteShare } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { fraction } from '@/format/decimal';
import { assets, money, price, quantity, rate } from '@/format/money';
import { usePalette, useWide } from '@/theme/theme';
import { radius, space } from '@/theme/tokens';
import { Fact, Facts } from '@/ui/Facts';
import { Txt } from '@/ui/Txt';
import { BasisPointNote, costFacts } from './CostRows';

const PATTERN = ['accent', 'positive', 'warning', 'faint', 'muted'] as const;

/** How an order is shared out: all shares as one bar, then what each exchange gets and what that is expected to cost. */
export function Shares({ shares, symbol }: { shares: readonly RouteShare[]; symbol: string }) {
  const nameOf = useVenueName();
  const palette = usePalette();
  const wide = useWide();
  const { base, quote } = assets(symbol);
  const colour = (i: number) => palette[PATTERN[i % PATTERN.length] ?? 'faint'];
  return (
    <View style={{ gap: space.m }} testID="route-shares">
      <View
        aria-hidden
        style={{ flexDirection: 'row', gap: 2, height: 12, borderRadius: radius.pill, overflow: 'hidden' }}
      >
        {shares.map((share, i) => (
          <View key={share.venue} style={{ flex: fraction(share.share, 1), backgroundColor: colour(i) }} />
        ))}
      </View>
      <View
        role="list"
        aria-label="Shares of the order"
        style={{ flexDirection: wide ? 'row' : 'column', flexWrap: wide ? 'wrap' : 'nowrap', gap: space.s }}
      >
        {shares.map((share, i) => (
          <View
            key={share.venue}
            role="listitem"
            testID={`share-${share.venue}`}
            style={{
              // Beside each other where there is room, so that they can be compared line by line.
              flexBasis: wide ? 220 : 'auto',
              flexGrow: 1,
              borderWidth: 1,
              borderRadius: radius.m,
              borderColor: palette.line,
              borderLeftWidth: 4,
              borderLeftColor: colour(i),
              padding: space.m,
            }}
          >
            <View style={{ flexDirection: 'row', justifyContent: 'space-between', gap: space.s }}>
              <Txt variant="strong" style={{ flexShrink: 1 }}>
                {nameOf(share.venue)}
              </Txt>
              <Txt variant="strong" tabular>
                {rate(share.share)}
              </Txt>
            </View>
            <Facts>
              <Fact label="Amount" value={`${quantity(share.quantity)} ${base}`} />
              <Fact label="Expected price" value={price(share.estimated_price, quote)} />
              {share.cost ? (
                costFacts(share.cost, money(share.estimated_fees, quote))
              ) : (
                <Fact label="Fees" value={money(share.estimated_fees, quote)} />
              )}
            </Facts>
          </View>
        ))}
      </View>
      {shares.some((share) => share.cost) ? <BasisPointNote /> : null}
    </View>
  );
}
