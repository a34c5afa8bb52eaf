import { useRouter } from 'expo-router';
import { View } from 'react-native';

import { messageOf, NoAnswerError } from '@/api/errors';
import { useServices } from '@/lib/services';
import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Txt } from '@/ui/Txt';

/** There is a session, but no server to say that it is still good. */
export function Unreachable({ error }: { error: unknown }) {
  const palette = usePalette();
  const router = useRouter();
  const { session } = useServices();
  const title = error instanceof NoAnswerError ? 'No connection to the server' : 'The server cannot go on right now';
  return (
    <View
      role="main"
      style={{
        flex: 1,
        alignItems: 'center',
        justifyContent: 'center',
        padding: space.l,
        gap: space.l,
        backgroundColor: palette.canvas,
      }}
    >
      <Txt variant="title" level={1} align="center">
        {title}
      </Txt>
      <Txt tone="muted" align="center" role="alert" style={{ maxWidth: 420 }}>
        {messageOf(error)} You are still signed in; your orders and positions are not affected.
      </Txt>
      <Button label="Try again" onPress={() => void session.restore()} testID="retry" />
      <Button
        kind="quiet"
        label="Sign out"
        onPress={() => void session.signOut().then(() => router.replace('/welcome'))}
      />
    </View>
  );
}
