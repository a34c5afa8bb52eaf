import { useState } from 'react';
import { View } from 'react-native';

import { useAllKillSwitches } from '@/api/queries';
import { useIsAdmin } from '@/session/use-session';
import { useWide } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Screen } from '@/ui/Screen';
import { Empty, Failure, Skeleton } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { SwitchCard } from './SwitchCard';
import { ThrowDialog } from './ThrowDialog';

/** Phones come from there; where there is room, the menu has an entry. */
const BACK = { label: 'Settings', href: '/settings' } as const;

/** What is an administrator's: the kill switches of the platform, of exchanges and of users. */
export function AdminScreen() {
  const admin = useIsAdmin();
  const wide = useWide();
  return (
    <Screen title="Administration" back={wide ? undefined : BACK} maxWidth={840} testID="admin">
      {admin ? (
        <Switches />
      ) : (
        <Card flush>
          <Empty title="For administrators" text="This page is for those who run this platform." />
        </Card>
      )}
    </Screen>
  );
}

function Switches() {
  const switches = useAllKillSwitches();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Card title="Stop trading" testID="admin-kill">
        <View style={{ gap: space.m }}>
          <Txt variant="small" tone="muted">
            For the whole platform or at one exchange, for all users: nothing new is opened and every working order is
            cancelled. Users are told at once that it is stopped and see what concerns their own account. You see what
            is left of everybody. What you do is in the audit log.
          </Txt>
          <Button
            kind="danger"
            icon="stop"
            label="Stop trading…"
            onPress={() => setAsking(true)}
            style={{ alignSelf: 'flex-start' }}
            testID="admin-kill-open"
          />
        </View>
        {asking ? <ThrowDialog onDone={() => setAsking(false)} /> : null}
      </Card>
      {switches.data ? (
        switches.data.map((kill) => <SwitchCard key={`${kill.scope}${kill.user_id ?? ''}`} kill={kill} />)
      ) : (
        <Card title="Kill switches that are on" flush>
          {switches.isError ? (
            <Failure error={switches.error} onRetry={() => void switches.refetch()} />
          ) : (
            <Skeleton rows={2} />
          )}
        </Card>
      )}
      {switches.data?.length === 0 ? (
        <Card flush testID="admin-kill-none">
          <Empty title="No kill switch is on" text="Neither the platform’s, nor an exchange’s, nor a user’s own." />
        </Card>
      ) : null}
    </>
  );
}
