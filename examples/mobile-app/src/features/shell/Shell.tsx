import type { ReactNode } from 'react';
import { View } from 'react-native';
import { SafeAreaView } from 'react-native-safe-area-context';

import { usePalette, useWide } from '@/theme/theme';
import { KillBanner } from '@/features/kill/KillBanner';
import { ConnectionBanner } from './ConnectionBanner';
import { BottomTabs, SideNav } from './Nav';

/** Navigation at the side on wide windows, tabs at the bottom on phones. */
export function Shell({ children }: { children: ReactNode }) {
  const palette = usePalette();
  const wide = useWide();
  return (
    <SafeAreaView style={{ flex: 1, flexDirection: wide ? 'row' : 'column', backgroundColor: palette.canvas }}>
      {wide ? <SideNav /> : null}
      <View role="main" style={{ flex: 1, minHeight: 0 }}>
        <ConnectionBanner />
        <KillBanner />
        {children}
      </View>
      {wide ? null : <BottomTabs />}
    </SafeAreaView>
  );
}
