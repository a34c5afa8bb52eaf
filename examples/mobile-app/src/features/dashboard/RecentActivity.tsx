import { useRouter } from 'expo-router';

import type { Activity } from '@/api/types';
import { ActivityRow } from '@/features/activity/ActivityRow';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Empty } from '@/ui/states';

/** The newest few lines of the activity. */
export function RecentActivity({ items }: { items: Activity[] }) {
  const router = useRouter();
  return (
    <Card
      flush
      title="Recent activity"
      testID="recent-activity"
      action={<Button kind="quiet" label="All" hint="All activity" onPress={() => router.push('/activity')} />}
    >
      {items.length === 0 ? (
        <Empty title="Nothing has happened yet" text="Fills, orders and changes to your exchanges are listed here." />
      ) : (
        items.map((item, i) => <ActivityRow key={item.id} item={item} first={i === 0} />)
      )}
    </Card>
  );
}
