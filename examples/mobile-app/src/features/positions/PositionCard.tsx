import { View } from 'react-native';

import type { Position } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { assets, price, quantity } from '@/format/money';
import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Txt } from '@/ui/Txt';
import { CloseButton } from './CloseButton';
import { DustNote } from './DustNote';
import { GuardLink } from './GuardLink';
import { SideBadge } from './SideBadge';
import { Unrealised } from './Unrealised';

interface Props {
  position: Position;
  first: boolean;
  onClose?: (position: Position) => void;
}

/** One open position on a narrow screen. */
export function PositionCard({ position: p, first, onClose }: Props) {
  const nameOf = useVenueName();
  const palette = usePalette();
  const { base, quote } = assets(p.symbol);
  return (
    <View
      testID={`position-${p.symbol}-${p.venue}`}
      style={{
        padding: space.l,
        paddingVertical: space.m,
        gap: space.s,
        borderTopWidth: first ? 0 : 1,
        borderTopColor: palette.line,
      }}
    >
      <View style={{ flexDirection: 'row', justifyContent: 'space-between', gap: space.m }}>
        <View style={{ flexDirection: 'row', gap: space.s, alignItems: 'center', flexShrink: 1 }}>
          <Txt variant="strong">{p.symbol}</Txt>
          <SideBadge side={p.side} />
        </View>
        <Txt variant="strong" tabular testID="position-price">
          {price(p.current_price, quote)}
        </Txt>
      </View>
      <View style={{ flexDirection: 'row', justifyContent: 'space-between', gap: space.m }}>
        <Txt variant="small" tone="muted" tabular style={{ flexShrink: 1 }}>
          {`${quantity(p.quantity)} ${base} · ${nameOf(p.venue)}`}
        </Txt>
        <Unrealised position={p} testID="position-pnl" />
      </View>
      {onClose ? (
        <>
          <Txt variant="small" tone="muted" tabular>{`Entry ${price(p.entry_price, quote)}`}</Txt>
          <View style={{ flexDirection: 'row', justifyContent: 'space-between', alignItems: 'center', gap: space.m }}>
            {p.dust ? (
              <DustNote />
            ) : (
              <>
                <GuardLink position={p} />
                <CloseButton position={p} onClose={onClose} />
              </>
            )}
          </View>
        </>
      ) : null}
    </View>
  );
}
