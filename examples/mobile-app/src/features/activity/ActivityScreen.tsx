import { useEffect, useState } from 'react';
import { View } from 'react-native';

import { rowsOf, useActivity } from '@/api/queries';
import { dayHeading } from '@/format/time';
import { useNow } from '@/lib/use-now';
import { space } from '@/theme/tokens';
import { Card } from '@/ui/Card';
import { Choice } from '@/ui/Choice';
import { LoadMore } from '@/ui/LoadMore';
import { Screen } from '@/ui/Screen';
import { Empty, Failure, Skeleton } from '@/ui/states';
import { ActivityRow } from './ActivityRow';
import { byDay } from './by-day';

const KINDS = [
  { value: '', label: 'All' },
  { value: 'trade', label: 'Trades' },
  { value: 'order', label: 'Orders' },
  { value: 'credential', label: 'Exchanges' },
  { value: 'bot', label: 'Bot' },
];

/** Rows that fill a tall screen. */
const SCREENFUL = 20;

/** All that happened, by day, older lines as the end comes near. */
export function ActivityScreen() {
  const now = useNow(60_000);
  const [kind, setKind] = useState('');
  const activity = useActivity(kind || undefined);
  const rows = rowsOf(activity.data);
  const days = byDay(rows);
  const short = rows.length < SCREENFUL;
  const { hasNextPage, isFetching, isError, fetchNextPage } = activity;
  // A filtered page may come short, or empty, with more behind it: go on until the screen is filled.
  useEffect(() => {
    if (short && hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [short, hasNextPage, isFetching, isError, fetchNextPage]);
  const more = () => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  };
  return (
    <Screen title="Activity" maxWidth={840} onEnd={more} testID="activity">
      <Choice hideLabel label="Show" options={KINDS} value={kind} onChange={setKind} testID="activity-kind" />
      {activity.isPending ? (
        <Card flush>
          <Skeleton rows={6} />
        </Card>
      ) : null}
      {activity.isError && !activity.data ? (
        <Card flush>
          <Failure error={activity.error} onRetry={() => void activity.refetch()} />
        </Card>
      ) : null}
      {activity.data && days.length === 0 && !activity.hasNextPage ? (
        <Card flush>
          <Empty
            title="Nothing here yet"
            text="Fills, orders and changes to your exchanges are listed here as they happen."
          />
        </Card>
      ) : null}
      <View style={{ gap: space.l }}>
        {days.map((group) => (
          <Card key={group.key} flush title={dayHeading(group.items[0]?.at ?? '', now)}>
            {group.items.map((item, i) => (
              <ActivityRow key={item.id} item={item} first={i === 0} />
            ))}
          </Card>
        ))}
      </View>
      <LoadMore query={activity} />
    </Screen>
  );
}
