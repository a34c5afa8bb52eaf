import { View } from 'react-native';
import Svg, { Path } from 'react-native-svg';

import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Txt } from '@/ui/Txt';

/** The mark and the name. */
export function Logo({ size = 26 }: { size?: number }) {
  const palette = usePalette();
  return (
    <View role="img" aria-label="NIJA" style={{ flexDirection: 'row', alignItems: 'center', gap: space.s }}>
      <Svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
        <Path d="M4 4h24v24H4z" fill={palette.accent} />
        <Path
          d="M10 23V9l12 14V9"
          stroke={palette.onAccent}
          strokeWidth={3}
          strokeLinecap="round"
          strokeLinejoin="round"
          fill="none"
        />
      </Svg>
      <Txt variant="figure" aria-hidden style={{ letterSpacing: 1.2 }}>
        NIJA
      </Txt>
    </View>
  );
}
