import { View } from 'react-native';

import type { RouteFactor } from '@/api/types';
import { fraction, multiply, round, trim } from '@/format/decimal';
import { factorName } from '@/format/words';
import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Txt } from '@/ui/Txt';
import { Bar } from './Bar';

/** The parts of a score: each with its weight, its own score and what it adds. */
export function FactorRows({ factors }: { factors: readonly RouteFactor[] }) {
  const palette = usePalette();
  return (
    <View style={{ paddingHorizontal: space.m, paddingBottom: space.m, gap: space.s }}>
      {factors.map((factor) => (
        <View key={factor.name} style={{ flexDirection: 'row', alignItems: 'center', gap: space.m }}>
          <View style={{ width: 132 }}>
            <Txt variant="small">{factorName(factor.name)}</Txt>
            <Txt variant="label" tone="muted">{`weight ${trim(round(multiply(factor.weight, '100'), 1))} %`}</Txt>
          </View>
          <View style={{ flex: 1 }}>
            <Bar share={fraction(factor.score, 100)} colour={palette.faint} height={4} />
          </View>
          <Txt variant="small" tabular align="right" style={{ width: 44 }}>
            {round(factor.score, 1)}
          </Txt>
        </View>
      ))}
    </View>
  );
}
