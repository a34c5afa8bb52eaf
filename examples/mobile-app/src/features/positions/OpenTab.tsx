import { useRouter } from 'expo-router';
import { useState } from 'react';

import { useOpenPositions } from '@/api/queries';
import type { Position } from '@/api/types';
import { Card } from '@/ui/Card';
import { Empty, Failure, Skeleton } from '@/ui/states';
import { CloseDialog } from './CloseDialog';
import { PositionList } from './PositionList';
import { Totals } from './Totals';

/** Open positions with live profit and loss; each can be closed. */
export function OpenTab() {
  const router = useRouter();
  const open = useOpenPositions();
  const [closing, setClosing] = useState<Position | null>(null);
  return (
    <>
      {open.data?.length ? <Totals positions={open.data} /> : null}
      <Card flush testID="open-positions">
        {open.isPending ? <Skeleton rows={4} /> : null}
        {open.isError && !open.data ? <Failure error={open.error} onRetry={() => void open.refetch()} /> : null}
        {open.data?.length === 0 ? (
          <Empty
            title="No open positions"
            text="Place an order, or let the bot find an entry."
            action={{ label: 'Place an order', onPress: () => router.push('/trade') }}
          />
        ) : null}
        {open.data ? <PositionList positions={open.data} onClose={setClosing} /> : null}
        {closing ? (
          <CloseDialog
            position={open.data?.find((p) => p.id === closing.id) ?? closing}
            onDone={() => setClosing(null)}
          />
        ) : null}
      </Card>
    </>
  );
}
