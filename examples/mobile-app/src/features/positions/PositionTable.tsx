import type { ReactNode } from 'react';
import { useWindowDimensions, View, type ViewStyle } from 'react-native';

import type { Position } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { assets, money, price, quantity } from '@/format/money';
import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Txt } from '@/ui/Txt';
import { CloseButton } from './CloseButton';
import { DustNote } from './DustNote';
import { GuardLink } from './GuardLink';
import { PriceTrend } from './PriceTrend';
import { SideBadge } from './SideBadge';
import { Unrealised } from './Unrealised';

interface Props {
  positions: readonly Position[];
  onClose?: (position: Position) => void;
}

/** Open positions as a table. */
export function PositionTable({ positions, onClose }: Props) {
  const nameOf = useVenueName();
  const palette = usePalette();
  // Figures come first: where they would break, the line of the price makes room.
  const trend = useWindowDimensions().width >= ROOMY && onClose !== undefined;
  const line: ViewStyle = { ...row, borderTopWidth: 1, borderTopColor: palette.line };
  const heads = ['Position', 'Quantity', 'Entry', 'Price', 'Value', 'Unrealised P&L'];
  return (
    <View role="table" aria-label="Open positions">
      <View role="row" style={{ ...row, minHeight: 36, paddingTop: space.s }}>
        {heads.map((head, i) => (
          <Cell key={head} role="columnheader" i={i}>
            <Txt variant="label" tone="muted" align={i ? 'right' : 'left'}>
              {head}
            </Txt>
          </Cell>
        ))}
        {trend ? (
          <View role="columnheader" style={{ width: TREND, paddingLeft: space.l }}>
            <Txt variant="label" tone="muted">
              4 hours
            </Txt>
          </View>
        ) : null}
        {onClose ? (
          <View role="columnheader" style={{ width: GUARD, paddingLeft: space.l }}>
            <Txt variant="label" tone="muted">
              Guarded by
            </Txt>
          </View>
        ) : null}
        {onClose ? <View role="columnheader" aria-label="Close" style={{ width: 84 }} /> : null}
      </View>
      {positions.map((p) => {
        const { quote } = assets(p.symbol);
        return (
          <View key={p.id} role="row" style={line} testID={`position-${p.symbol}-${p.venue}`}>
            <Cell role="cell" i={0}>
              <View style={{ flexDirection: 'row', flexWrap: 'wrap', columnGap: space.s, alignItems: 'center' }}>
                <Txt variant="strong" numberOfLines={1}>
                  {p.symbol}
                </Txt>
                <SideBadge side={p.side} />
              </View>
              <Txt variant="small" tone="muted">
                {nameOf(p.venue)}
              </Txt>
            </Cell>
            <Cell role="cell" i={1}>
              <Txt variant="small" tabular align="right">
                {quantity(p.quantity)}
              </Txt>
            </Cell>
            <Cell role="cell" i={2}>
              <Txt variant="small" tabular align="right">
                {price(p.entry_price, quote)}
              </Txt>
            </Cell>
            <Cell role="cell" i={3}>
              <Txt variant="small" tabular align="right" testID="position-price">
                {price(p.current_price, quote)}
              </Txt>
            </Cell>
            <Cell role="cell" i={4}>
              <Txt variant="small" tabular align="right">
                {money(p.market_value, quote)}
              </Txt>
            </Cell>
            <Cell role="cell" i={5}>
              <Unrealised position={p} stacked testID="position-pnl" />
            </Cell>
            {trend ? (
              <View role="cell" style={{ width: TREND, paddingLeft: space.l }}>
                <PriceTrend position={p} />
              </View>
            ) : null}
            {onClose ? (
              <View role="cell" style={{ width: GUARD, paddingLeft: space.l, alignItems: 'flex-start' }}>
                {p.dust ? <DustNote /> : <GuardLink position={p} />}
              </View>
            ) : null}
            {onClose ? (
              <View role="cell" style={{ width: 84 }}>
                {p.dust ? null : <CloseButton position={p} onClose={onClose} />}
              </View>
            ) : null}
          </View>
        );
      })}
    </View>
  );
}

const row: ViewStyle = {
  flexDirection: 'row',
  alignItems: 'center',
  gap: space.m,
  paddingHorizontal: space.l,
  paddingVertical: space.s,
};
const ROOMY = 1360;
const TREND = 134;
const GUARD = 168;
const WIDTHS = [1.7, 1.1, 1.1, 1.1, 0.95, 1.3];

function Cell({ role, i, children }: { role: 'cell' | 'columnheader'; i: number; children: ReactNode }) {
  return (
    <View role={role} style={{ flex: WIDTHS[i], minWidth: 0 }}>
      {children}
    </View>
  );
}
