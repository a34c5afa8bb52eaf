import { usePathname, useRouter } from 'expo-router';
import { View } from 'react-native';

import { useKillSwitches } from '@/api/queries';
import { useVenueName } from '@/api/use-venue-name';
import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Icon } from '@/ui/Icon';
import { Txt } from '@/ui/Txt';
import { scopeWords } from './words';

/** Says on every page but the first, which shows all of it, that a kill switch is on. */
export function KillBanner() {
  const palette = usePalette();
  const router = useRouter();
  const nameOf = useVenueName();
  const path = usePathname();
  const [first] = useKillSwitches().data ?? [];
  if (!first || path === '/') return null;
  return (
    <View
      role="status"
      testID="kill-banner"
      style={{
        flexDirection: 'row',
        alignItems: 'center',
        gap: space.m,
        paddingHorizontal: space.l,
        paddingVertical: space.xs,
        backgroundColor: palette.negativeSoft,
        borderBottomWidth: 1,
        borderBottomColor: palette.line,
      }}
    >
      <Icon name="stop" size={20} color={palette.negative} />
      <Txt variant="small" style={{ flex: 1 }}>
        {`${scopeWords(first.scope, nameOf)}: the kill switch is on.`}
      </Txt>
      <Button kind="quiet" label="Details" hint="Details of the kill switch" onPress={() => router.push('/')} />
    </View>
  );
}
