import { View } from 'react-native';

import { usePalette } from '@/theme/theme';
import { radius, space } from '@/theme/tokens';
import { Txt } from './Txt';

export type BadgeTone = 'neutral' | 'accent' | 'positive' | 'negative' | 'warning';

/** A word in a soft box; the word says all, the colour only helps. */
export function Badge({ label, tone = 'neutral', testID }: { label: string; tone?: BadgeTone; testID?: string }) {
  const palette = usePalette();
  const fill = {
    neutral: palette.raised,
    accent: palette.accentSoft,
    positive: palette.positiveSoft,
    negative: palette.negativeSoft,
    warning: palette.warningSoft,
  }[tone];
  return (
    <View style={{ backgroundColor: fill, borderRadius: radius.s, paddingHorizontal: space.s, paddingVertical: 2 }}>
      <Txt variant="label" tone={tone === 'neutral' ? 'text' : tone} testID={testID} numberOfLines={1}>
        {label}
      </Txt>
    </View>
  );
}
