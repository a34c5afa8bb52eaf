import { View } from 'react-native';

import type { Dust } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { assets, quantity } from '@/format/money';
import { Fact, Facts } from '@/ui/Facts';
import { Txt } from '@/ui/Txt';
import { shortId } from './words';

/** What is left of positions and is less than its exchange takes in one order. */
export function DustList({ dust = [] }: { dust?: readonly Dust[] }) {
  const nameOf = useVenueName();
  if (dust.length === 0) return null;
  return (
    <View testID="kill-dust">
      <Txt variant="heading" level={3}>
        Too small to be closed
      </Txt>
      <Facts>
        {dust.map((one) => (
          <Fact
            key={`${one.user_id ?? ''}${one.venue}${one.symbol}`}
            label={one.user_id ? `${nameOf(one.venue)}, user ${shortId(one.user_id)}` : nameOf(one.venue)}
            value={`${quantity(one.quantity)} ${assets(one.symbol).base}`}
          />
        ))}
      </Facts>
    </View>
  );
}
