import { View } from 'react-native';

import { usePalette } from '@/theme/theme';
import { radius } from '@/theme/tokens';

/** A share of a whole, from 0 to 1. The number stands beside it, so screen readers skip the bar. */
export function Bar({ share, colour, height }: { share: number; colour: string; height: number }) {
  const palette = usePalette();
  return (
    <View
      aria-hidden
      style={{ height, borderRadius: radius.pill, backgroundColor: palette.raised, overflow: 'hidden' }}
    >
      <View style={{ height, width: `${share * 100}%`, borderRadius: radius.pill, backgroundColor: colour }} />
    </View>
  );
}
