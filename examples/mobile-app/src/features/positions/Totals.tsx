import { View } from 'react-native';

import type { Position } from '@/api/types';
import { add, multiply } from '@/format/decimal';
import { assets, money } from '@/format/money';
import { space } from '@/theme/tokens';
import { Delta } from '@/ui/Delta';
import { Txt } from '@/ui/Txt';

/** Value and unrealised profit and loss of positions in USD together, where each is known. */
export function totals(positions: readonly Position[]): { value: string; pnl: string } {
  const sum = (pick: (p: Position) => string | undefined) =>
    positions.reduce((total, p) => add(total, multiply(pick(p) ?? '0', rate(p) ?? '0')), '0');
  return { value: sum((p) => p.market_value), pnl: sum((p) => p.unrealised_pnl) };
}

/** USD for one unit of what a position is quoted in. */
function rate(p: Position): string | undefined {
  return assets(p.symbol).quote === 'USD' ? '1' : p.usd_rate;
}

/** A line above the open positions. */
export function Totals({ positions }: { positions: readonly Position[] }) {
  const { value, pnl } = totals(positions);
  return (
    <View style={{ flexDirection: 'row', flexWrap: 'wrap', columnGap: space.xxl, rowGap: space.m }} testID="totals">
      <View>
        <Txt variant="small" tone="muted">
          Value
        </Txt>
        <Txt variant="figure" tabular>
          {money(value)}
        </Txt>
      </View>
      <View>
        <Txt variant="small" tone="muted">
          Unrealised P&L
        </Txt>
        <Delta value={pnl} variant="figure" label="Unrealised profit and loss of all open positions" />
      </View>
    </View>
  );
}
