import { View } from 'react-native';

import type { Overview } from '@/api/types';
import { money } from '@/format/money';
import { clock } from '@/format/time';
import { usePalette, useTables } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Card } from '@/ui/Card';
import { Delta } from '@/ui/Delta';
import { Txt } from '@/ui/Txt';

/** Equity, and profit and loss of today and of all time. */
export function Figures({ overview }: { overview: Overview }) {
  const palette = usePalette();
  // Beside each other the figures would break in the narrower column of a middling window.
  const wide = useTables();
  const figure = { flex: 1, minWidth: 0, gap: 2 } as const;
  return (
    <Card testID="figures">
      <View style={{ flexDirection: wide ? 'row' : 'column', gap: space.l }}>
        <View style={wide ? { flex: 1.4 } : undefined}>
          <Txt variant="small" tone="muted">
            Equity
          </Txt>
          <Txt variant="display" tabular testID="equity">
            {money(overview.equity)}
          </Txt>
          <Txt
            variant="small"
            tone="muted"
            tabular
          >{`${money(overview.cash)} cash · as of ${clock(overview.as_of)}`}</Txt>
        </View>
        <View
          style={{
            flexDirection: 'row',
            gap: space.l,
            flex: wide ? 1.6 : undefined,
            alignItems: 'center',
            borderTopWidth: wide ? 0 : 1,
            borderTopColor: palette.line,
            paddingTop: wide ? 0 : space.m,
          }}
        >
          <View style={figure}>
            <Txt variant="small" tone="muted">
              P&L today
            </Txt>
            <Delta value={overview.pnl_today} variant="figure" label="Profit and loss today" testID="pnl-today" />
          </View>
          <View style={figure}>
            <Txt variant="small" tone="muted">
              P&L all time
            </Txt>
            <Delta value={overview.pnl_total} variant="figure" label="Profit and loss of all time" testID="pnl-total" />
          </View>
        </View>
      </View>
    </Card>
  );
}
