import { useEffect, useState } from 'react';
import { View } from 'react-native';

import { clock } from '@/format/time';
import { useLive } from '@/live/LiveProvider';
import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Icon } from '@/ui/Icon';
import { Txt } from '@/ui/Txt';

/** Blips shorter than this are not worth a word. */
const PATIENCE_MS = 1500;

/** Says that values stand still, since when, and offers to try at once. */
export function ConnectionBanner() {
  const palette = usePalette();
  const { status, retry } = useLive();
  const [since, setSince] = useState<string | null>(null);
  const [shown, setShown] = useState(false);
  const away = status !== 'live';

  useEffect(() => {
    if (!away) {
      setSince(null);
      setShown(false);
      return undefined;
    }
    setSince(new Date().toISOString());
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [away]);

  if (!shown || !since) return null;
  return (
    <View
      role="status"
      testID="offline-banner"
      style={{
        flexDirection: 'row',
        alignItems: 'center',
        gap: space.m,
        paddingHorizontal: space.l,
        paddingVertical: space.xs,
        backgroundColor: palette.warningSoft,
        borderBottomWidth: 1,
        borderBottomColor: palette.line,
      }}
    >
      <Icon name="offline" size={20} color={palette.warning} />
      <Txt variant="small" style={{ flex: 1 }}>
        Connection lost. Values are as of {clock(since)}; reconnecting…
      </Txt>
      <Button kind="quiet" label="Retry" onPress={retry} testID="offline-retry" />
    </View>
  );
}
