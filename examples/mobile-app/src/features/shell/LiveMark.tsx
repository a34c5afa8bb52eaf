import { View } from 'react-native';

import { useLive } from '@/live/LiveProvider';
import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Txt } from '@/ui/Txt';

const WORDS = { live: 'Live', connecting: 'Connecting…', offline: 'Reconnecting…' } as const;

/** How the live connection is, in a word. A full dot is live, a ring is not. */
export function LiveMark() {
  const palette = usePalette();
  const { status } = useLive();
  const colour = status === 'live' ? palette.positive : palette.warning;
  return (
    <View style={{ flexDirection: 'row', alignItems: 'center', gap: space.s }}>
      <View
        style={{
          width: 8,
          height: 8,
          borderRadius: 4,
          borderWidth: 2,
          borderColor: colour,
          backgroundColor: status === 'live' ? colour : 'transparent',
        }}
      />
      <Txt variant="small" tone="muted" testID="live-status" role="status">
        {WORDS[status]}
      </Txt>
    </View>
  );
}
