import { Redirect } from 'expo-router';
import type { ReactNode } from 'react';
import { ScrollView, View } from 'react-native';
import { SafeAreaView } from 'react-native-safe-area-context';

import { Logo } from '@/features/shell/Logo';
import { useTitle } from '@/lib/use-title';
import { useSession } from '@/session/use-session';
import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';

/** The frame of the pages before sign-in. Someone who is signed in already goes on to the dashboard. */
export function Front({ title, children }: { title: string; children: ReactNode }) {
  const palette = usePalette();
  const session = useSession();
  useTitle(title);
  if (session.status === 'in') return <Redirect href="/" />;
  return (
    <SafeAreaView style={{ flex: 1, backgroundColor: palette.canvas }}>
      <ScrollView
        keyboardShouldPersistTaps="handled"
        contentContainerStyle={{ flexGrow: 1, alignItems: 'center', justifyContent: 'center', padding: space.l }}
      >
        <View role="main" style={{ width: '100%', maxWidth: 420, gap: space.xl }}>
          <View style={{ alignItems: 'flex-start' }}>
            <Logo size={32} />
          </View>
          {children}
        </View>
      </ScrollView>
    </SafeAreaView>
  );
}
