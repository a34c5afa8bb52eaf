import { useRouter } from 'expo-router';
import { View } from 'react-native';

import { day } from '@/format/time';
import { humanise } from '@/format/words';
import { useServices } from '@/lib/services';
import { useSession } from '@/session/use-session';
import { space } from '@/theme/tokens';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Fact, Facts } from '@/ui/Facts';
import { Screen } from '@/ui/Screen';
import { LiveMark } from '@/features/shell/LiveMark';
import { RoutingCard } from '@/features/routing/RoutingCard';
import { EraseCard } from './EraseCard';
import { Exchanges } from './Exchanges';
import { LimitsCard } from './LimitsCard';
import { RiskCard } from './RiskCard';
import { VenueHealth } from './VenueHealth';

/** Who is signed in and which exchanges are connected. */
export function Settings() {
  const { session } = useServices();
  const router = useRouter();
  const state = useSession();
  if (state.status !== 'in') return null;
  const { user } = state;
  return (
    <Screen title="Settings" maxWidth={840} testID="settings">
      <Card title="Profile">
        <Facts>
          <Fact label="Email" value={user.email} testID="profile-email" />
          <Fact label="Tier" value={<Badge label={humanise(user.tier)} tone="accent" />} />
          <Fact label="Member since" value={day(user.created_at)} />
          {user.role === 'admin' ? <Fact label="Role" value={<Badge label="Administrator" tone="accent" />} /> : null}
        </Facts>
        {user.role === 'admin' ? (
          <Button
            kind="secondary"
            icon="shield"
            label="Administration"
            onPress={() => router.push('/admin')}
            style={{ alignSelf: 'flex-start', marginTop: space.s }}
            testID="settings-admin"
          />
        ) : null}
      </Card>
      <RiskCard />
      <RoutingCard />
      <Exchanges />
      <LimitsCard />
      <VenueHealth />
      <Card title="This device">
        <View style={{ gap: space.m }}>
          <Facts>
            <Fact label="Live updates" value={<LiveMark />} />
          </Facts>
          <Button
            kind="secondary"
            label="Sign out"
            style={{ alignSelf: 'flex-start' }}
            testID="sign-out"
            onPress={() => void session.signOut().then(() => router.replace('/welcome'))}
          />
        </View>
      </Card>
      <EraseCard />
    </Screen>
  );
}
