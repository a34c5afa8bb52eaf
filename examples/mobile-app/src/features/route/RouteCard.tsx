import { useDecisions } from '@/api/queries';
import { Card } from '@/ui/Card';
import { Empty, Failure, Skeleton } from '@/ui/states';
import { RouteView, whyTitle } from './RouteView';

/** The decision that was made for an order, or the newest of all when none is named. */
export function RouteCard({ orderId }: { orderId?: string }) {
  const decisions = useDecisions();
  const found = decisions.data?.items.find((d) => orderId === undefined || d.order_id === orderId);
  const title = whyTitle(found);
  return (
    <Card title={orderId === undefined ? `${title}: newest decision` : title} testID="route-card" flush={!found}>
      {decisions.isPending ? (
        <Skeleton rows={3} />
      ) : decisions.isError ? (
        <Failure error={decisions.error} onRetry={() => void decisions.refetch()} />
      ) : null}
      {decisions.data && !found ? (
        <Empty
          title={orderId ? 'No route on record' : 'No decisions yet'}
          text={
            orderId
              ? 'The order was refused before an exchange was looked for, or its route is older than the newest 200.'
              : 'Once an order is routed, the exchanges that were compared are shown here.'
          }
        />
      ) : null}
      {found ? (
        <RouteView key={`${found.order_id}${found.decided_at}`} decision={found} compact={orderId === undefined} />
      ) : null}
    </Card>
  );
}
