import { View } from 'react-native';

import type { RouteCost } from '@/api/types';
import { basisPoints } from '@/format/money';
import { space } from '@/theme/tokens';
import { Fact, Facts } from '@/ui/Facts';
import { Txt } from '@/ui/Txt';

/** What an order is expected to cost at an exchange, part by part; negative is gained. */
export function CostRows({ cost }: { cost: RouteCost }) {
  return (
    <View style={{ gap: space.xs }}>
      <Facts>
        <Fact label="Price for this size" value={basisPoints(cost.price)} />
        <Fact label="Fees" value={basisPoints(cost.fees)} />
        <Fact label="Delay" value={basisPoints(cost.latency)} />
        <Fact label="Risk of failing" value={basisPoints(cost.failure)} />
        <Fact label="Expected cost" value={basisPoints(cost.total)} testID="cost-total" />
      </Facts>
      <Txt variant="label" tone="muted">
        100 bps are 1 % of the order’s worth.
      </Txt>
    </View>
  );
}
