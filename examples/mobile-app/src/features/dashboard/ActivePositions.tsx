import { useRouter } from 'expo-router';

import type { Position } from '@/api/types';
import { PositionList } from '@/features/positions/PositionList';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Empty } from '@/ui/states';

/** Open positions, live. */
export function ActivePositions({ positions }: { positions: Position[] }) {
  const router = useRouter();
  return (
    <Card
      flush
      title={`Active positions (${positions.length})`}
      testID="active-positions"
      action={<Button kind="quiet" label="All" hint="All positions" onPress={() => router.push('/positions')} />}
    >
      {positions.length === 0 ? (
        <Empty
          title="No open positions"
          text="Place an order, or let the bot find an entry. Positions show up here as soon as an order fills."
          action={{ label: 'Place an order', onPress: () => router.push('/trade') }}
        />
      ) : (
        <PositionList positions={positions} />
      )}
    </Card>
  );
}
