import { useRouter } from 'expo-router';

import { Button } from '@/ui/Button';
import { Screen } from '@/ui/Screen';
import { Txt } from '@/ui/Txt';

export function NotFound() {
  const router = useRouter();
  return (
    <Screen title="Page not found" maxWidth={480}>
      <Txt tone="muted">This address leads nowhere. It may be old or mistyped.</Txt>
      <Button label="Go to the dashboard" onPress={() => router.replace('/')} />
    </Screen>
  );
}
