import { useRouter } from 'expo-router';
import { View } from 'react-native';

import type { Credential } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Txt } from '@/ui/Txt';

/** How a key that only its owner unlocks is replaced: in one step, for its owner is there with the passphrase (docs/adr/0033). */
export function ReplaceCard({ credential }: { credential: Credential }) {
  const router = useRouter();
  const name = useVenueName()(credential.venue);
  return (
    <Card title="Replace this key" testID="key-replace">
      <View style={{ gap: space.l }}>
        <Txt variant="small" tone="muted">
          {`Make a second key for the same account at ${name} and connect it with a passphrase, as “Unlocked by me”. It is checked first, and it must see the orders that rest there. Then it takes this one’s place at once, and this one is destroyed here; delete it at ${name} as well. If the account cannot be connected with it, this one stays, locked.`}
        </Txt>
        <Button
          kind="secondary"
          label="Connect a new key"
          onPress={() => router.push('/connect')}
          style={{ alignSelf: 'flex-start' }}
          testID="key-replace-connect"
        />
      </View>
    </Card>
  );
}
