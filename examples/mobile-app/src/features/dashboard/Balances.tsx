import { useRouter } from 'expo-router';
import { View } from 'react-native';

import type { Balance } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { compare, sign } from '@/format/decimal';
import { holding } from '@/format/money';
import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Card } from '@/ui/Card';
import { Empty } from '@/ui/states';
import { Txt } from '@/ui/Txt';

/** What is held where. */
export function Balances({ balances }: { balances: Balance[] }) {
  const nameOf = useVenueName();
  const router = useRouter();
  const palette = usePalette();
  const venues = [...new Set(balances.map((balance) => balance.venue))];
  return (
    <Card flush title="Balances by exchange" testID="balances">
      {venues.length === 0 ? (
        <Empty
          title="No balances yet"
          text="Connect an exchange to see what you hold there."
          action={{ label: 'Connect an exchange', onPress: () => router.push('/connect') }}
        />
      ) : (
        venues.map((venue, i) => (
          <View
            key={venue}
            style={{
              padding: space.l,
              paddingTop: i ? space.m : space.s,
              gap: 6,
              borderTopWidth: i ? 1 : 0,
              borderTopColor: palette.line,
            }}
          >
            <Txt variant="strong" level={3}>
              {nameOf(venue)}
            </Txt>
            <Held balances={balances.filter((b) => b.venue === venue && sign(b.total) !== 0)} />
          </View>
        ))
      )}
    </Card>
  );
}

/** What an exchange has nothing of is left out. */
function Held({ balances }: { balances: readonly Balance[] }) {
  if (balances.length === 0)
    return (
      <Txt variant="small" tone="muted">
        Nothing is held there.
      </Txt>
    );
  return balances.map((balance) => <Line key={balance.asset} balance={balance} />);
}

function Line({ balance: { asset, total, available } }: { balance: Balance }) {
  const held = compare(total, available) > 0;
  return (
    <View style={{ flexDirection: 'row', justifyContent: 'space-between', gap: space.m }}>
      <Txt variant="small" tone="muted">
        {asset}
      </Txt>
      <View style={{ alignItems: 'flex-end' }}>
        <Txt variant="small" tabular>
          {holding(asset, total)}
        </Txt>
        {held ? <Txt variant="label" tone="muted" tabular>{`${holding(asset, available)} available`}</Txt> : null}
      </View>
    </View>
  );
}
