import { useState } from 'react';
import { View } from 'react-native';

import { useProtections } from '@/api/queries';
import type { Position } from '@/api/types';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Failure, Notice, Skeleton } from '@/ui/states';
import { ProtectionEditor } from './ProtectionEditor';
import { ProtectionShown } from './ProtectionShown';
import { RemoveDialog } from './RemoveDialog';

/** What guards a position, and the ways to change that. */
export function ProtectionCard({ position }: { position: Position }) {
  const all = useProtections();
  const [editing, setEditing] = useState(false);
  const [removing, setRemoving] = useState(false);
  const protection = all.data?.find((one) => one.position_id === position.id);
  if (!all.data) {
    return (
      <Card title="Protection" flush testID="protection">
        {all.isError ? <Failure error={all.error} onRetry={() => void all.refetch()} /> : <Skeleton rows={3} />}
      </Card>
    );
  }
  if (editing) {
    return (
      <Card title="Protection" testID="protection">
        <ProtectionEditor position={position} before={protection} onDone={() => setEditing(false)} />
      </Card>
    );
  }
  return (
    <Card title="Protection" testID="protection">
      <View style={{ gap: space.l }}>
        {protection ? (
          <ProtectionShown protection={protection} position={position} />
        ) : (
          <Notice
            tone="warning"
            text="Nothing guards this position: no price closes it by itself."
            testID="protection-none"
          />
        )}
        {protection?.stop_hit ? null : (
          <View style={{ flexDirection: 'row', gap: space.m, flexWrap: 'wrap' }}>
            <Button
              kind={protection ? 'secondary' : 'primary'}
              icon="shield"
              label={protection ? 'Change' : 'Set a stop'}
              hint={protection ? 'Change the protection' : 'Set a stop or targets'}
              onPress={() => setEditing(true)}
              testID="protection-edit"
            />
            {protection ? (
              <Button
                kind="secondary"
                label="Remove…"
                hint="Remove the protection"
                onPress={() => setRemoving(true)}
                testID="protection-remove"
              />
            ) : null}
          </View>
        )}
      </View>
      {removing ? <RemoveDialog position={position} onDone={() => setRemoving(false)} /> : null}
    </Card>
  );
}
