import { useState } from 'react';
import { View } from 'react-native';

import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Txt } from '@/ui/Txt';
import { KillDialog } from './KillDialog';

/** The kill switch while it is off. */
export function KillCard() {
  const [asking, setAsking] = useState(false);
  return (
    <Card title="Kill switch" testID="kill-card">
      <View style={{ gap: space.m }}>
        <Txt variant="small" tone="muted">
          Stops everything at once: nothing new is opened and every working order is cancelled, until you take it off.
        </Txt>
        <Button kind="danger" icon="stop" label="Stop trading…" onPress={() => setAsking(true)} testID="kill-open" />
      </View>
      {asking ? <KillDialog onDone={() => setAsking(false)} /> : null}
    </Card>
  );
}
