import { rowsOf, useOrders } from '@/api/queries';
import { OrderHeads, OrderRow } from '@/features/orders/OrderRow';
import { useTables } from '@/theme/theme';
import { Card } from '@/ui/Card';
import { LoadMore } from '@/ui/LoadMore';
import { Empty, Failure, Skeleton } from '@/ui/states';

/** Orders, newest first, with their states live. */
export function OrdersTab() {
  const orders = useOrders();
  const rows = rowsOf(orders.data);
  const table = useTables();
  return (
    <Card flush testID="orders">
      {orders.isPending ? <Skeleton rows={4} /> : null}
      {orders.isError && !orders.data ? <Failure error={orders.error} onRetry={() => void orders.refetch()} /> : null}
      {orders.data && rows.length === 0 ? (
        <Empty title="No orders yet" text="Orders you or your strategies place are listed here with their route." />
      ) : null}
      {table && rows.length > 0 ? <OrderHeads /> : null}
      {rows.map((order, i) => (
        <OrderRow key={order.id} order={order} first={i === 0 && !table} />
      ))}
      <LoadMore query={orders} />
    </Card>
  );
}
