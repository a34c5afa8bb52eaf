import type { ReactElement } from 'react';
import { View } from 'react-native';

import type { RouteCost } from '@/api/types';
import { basisPoints } from '@/format/money';
import { space } from '@/theme/tokens';
import { Fact, Facts } from '@/ui/Facts';
import { Txt } from '@/ui/Txt';

/** What an order is expected to cost at an exchange, part by part; negative is gained. `fees` is the same in money. */
export function costFacts(cost: RouteCost, fees?: string): ReactElement[] {
  const rate = basisPoints(cost.fees);
  return [
    <Fact key="price" label="Price for this size" value={basisPoints(cost.price)} />,
    <Fact key="fees" label="Fees" value={fees === undefined ? rate : `${fees} (${rate})`} />,
    <Fact key="latency" label="Delay" value={basisPoints(cost.latency)} />,
    <Fact key="failure" label="Risk of failing" value={basisPoints(cost.failure)} />,
    <Fact key="total" label="Expected cost" value={basisPoints(cost.total)} testID="cost-total" />,
  ];
}

export function CostRows({ cost }: { cost: RouteCost }) {
  return (
    <View style={{ gap: space.xs }}>
      <Facts>{costFacts(cost)}</Facts>
      <BasisPointNote />
    </View>
  );
}

export function BasisPointNote() {
  return (
    <Txt variant="label" tone="muted">
      100 bps are 1 % of the order’s worth.
    </Txt>
  );
}
