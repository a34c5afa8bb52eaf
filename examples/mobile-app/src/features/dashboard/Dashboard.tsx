import { View } from 'react-native';

import { useKillSwitches, useOverview } from '@/api/queries';
import { BreakdownCard } from '@/features/equity/BreakdownCard';
import { EquityCard } from '@/features/equity/EquityCard';
import { KillCard } from '@/features/kill/KillCard';
import { KillStatus } from '@/features/kill/KillStatus';
import { isOwn } from '@/features/kill/words';
import { RouteCard } from '@/features/route/RouteCard';
import { LiveMark } from '@/features/shell/LiveMark';
import { useWide } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Card } from '@/ui/Card';
import { Screen } from '@/ui/Screen';
import { Failure, Skeleton } from '@/ui/states';
import { ActivePositions } from './ActivePositions';
import { Balances } from './Balances';
import { BotCard } from './BotCard';
import { Figures } from './Figures';
import { RecentActivity } from './RecentActivity';

/** How things stand, at a glance and live. */
export function Dashboard() {
  const overview = useOverview();
  const kills = useKillSwitches();
  const wide = useWide();
  const data = overview.data;
  if (!data) {
    return (
      <Screen title="Dashboard" testID="dashboard">
        <Card flush>
          {overview.isError ? (
            <Failure error={overview.error} onRetry={() => void overview.refetch()} />
          ) : (
            <Skeleton rows={5} />
          )}
        </Card>
      </Screen>
    );
  }
  const on = kills.data?.map((kill) => <KillStatus key={kill.scope} kill={kill} />);
  const stopped = (kills.data ?? []).length > 0;
  const switchOff = kills.data?.some(isOwn) ? null : <KillCard />;
  const main = (
    <>
      <Figures overview={data} />
      <EquityCard />
      <ActivePositions positions={data.positions} />
      <BreakdownCard />
      {wide ? <RecentActivity items={data.recent_activity} /> : null}
    </>
  );
  const side = (
    <>
      <BotCard bot={data.bot} stopped={stopped} />
      {switchOff}
      <Balances balances={data.balances} />
      <RouteCard />
    </>
  );
  return (
    <Screen title="Dashboard" testID="dashboard" action={wide ? null : <LiveMark />} toTop={stopped}>
      {on}
      {wide ? (
        <View style={{ flexDirection: 'row', gap: space.xl, alignItems: 'flex-start' }}>
          <View style={{ flex: 2, minWidth: 0, gap: space.xl }}>{main}</View>
          <View style={{ flex: 1, minWidth: 320, gap: space.xl }}>{side}</View>
        </View>
      ) : (
        <>
          <Figures overview={data} />
          <BotCard bot={data.bot} stopped={stopped} />
          {switchOff}
          <ActivePositions positions={data.positions} />
          <EquityCard />
          <BreakdownCard />
          <RecentActivity items={data.recent_activity} />
          <Balances balances={data.balances} />
          <RouteCard />
        </>
      )}
    </Screen>
  );
}
