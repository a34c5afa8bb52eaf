import { View } from 'react-native';

import type { VenueProof } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { holding } from '@/format/money';
import { clock } from '@/format/time';
import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Txt } from '@/ui/Txt';
import { countWords, shortId } from './words';

/** What each exchange said when it was asked. */
export function KillProof({ proof }: { proof: readonly VenueProof[] }) {
  const nameOf = useVenueName();
  const palette = usePalette();
  if (proof.length === 0) return null;
  return (
    <View testID="kill-proof">
      <Txt variant="heading" level={3}>
        What the exchanges say
      </Txt>
      {proof.map((said, i) => (
        <View
          key={`${said.user_id ?? ''}${said.venue}`}
          style={{
            flexDirection: 'row',
            justifyContent: 'space-between',
            gap: space.l,
            paddingVertical: space.s,
            borderTopWidth: i ? 1 : 0,
            borderTopColor: palette.line,
          }}
        >
          <View style={{ flexShrink: 0 }}>
            <Txt variant="small">{nameOf(said.venue)}</Txt>
            {said.user_id ? (
              <Txt variant="label" tone="muted" numberOfLines={1}>{`User ${shortId(said.user_id)}`}</Txt>
            ) : null}
            <Txt variant="label" tone="muted" tabular>{`asked at ${clock(said.asked_at)}`}</Txt>
          </View>
          <View style={{ flexShrink: 1, alignItems: 'flex-end' }}>
            <Txt variant="small" align="right">
              {countWords(said.open_orders, said.positions)}
            </Txt>
            {said.balances.length ? (
              <Txt variant="label" tone="muted" tabular align="right">
                {said.balances.map(({ asset, total }) => holding(asset, total)).join(' · ')}
              </Txt>
            ) : null}
          </View>
        </View>
      ))}
    </View>
  );
}
