import { useMutation } from '@tanstack/react-query';
import { useLocalSearchParams, useRouter } from 'expo-router';
import { View } from 'react-native';

import { codeOf, messageOf } from '@/api/errors';
import { keys } from '@/api/keys';
import { useOrder } from '@/api/queries';
import { RouteCard } from '@/features/route/RouteCard';
import { humanise } from '@/format/words';
import { useServices } from '@/lib/services';
import { useWide } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Screen } from '@/ui/Screen';
import { Empty, Failure, Notice, Skeleton } from '@/ui/states';
import { OrderFacts } from './OrderFacts';
import { OrderOutcome } from './OrderOutcome';
import { sizeText } from './OrderRow';
import { ReceiptCard } from './ReceiptCard';

const BACK = { label: 'Orders', href: '/positions?tab=orders' } as const;

/** One order: how it stands, what it was, and why it went where it went. */
export function OrderScreen() {
  const { id } = useLocalSearchParams<{ id: string }>();
  const { api, cache } = useServices();
  const router = useRouter();
  const wide = useWide();
  const query = useOrder(id);
  const order = query.data;
  const cancel = useMutation({
    mutationFn: () => api.cancelOrder(id),
    onSuccess: (updated) => cache.setQueryData(keys.order(id), updated),
  });
  if (!order) {
    return (
      <Screen title="Order" back={BACK}>
        <Card flush>
          {codeOf(query.error) === 'not_found' ? (
            <Empty
              title="No such order"
              text="The link may be mistyped or another account’s. Your orders are listed with your positions."
              action={{ label: 'See your orders', onPress: () => router.push(BACK.href), testID: 'see-orders' }}
            />
          ) : query.isError ? (
            <Failure error={query.error} onRetry={() => void query.refetch()} />
          ) : (
            <Skeleton rows={5} />
          )}
        </Card>
      </Screen>
    );
  }
  const cancellable = ['queued', 'working', 'partial_fill'].includes(order.state);
  return (
    <Screen title={`${humanise(order.side)} ${sizeText(order)}`} back={BACK} testID="order">
      <View
        style={{
          flexDirection: wide ? 'row' : 'column',
          gap: wide ? space.xl : space.l,
          alignItems: wide ? 'flex-start' : 'stretch',
        }}
      >
        <View style={{ flex: wide ? 1 : undefined, gap: space.l }}>
          <Card>
            <View style={{ gap: space.m }}>
              <OrderOutcome order={order} />
              <OrderFacts order={order} />
              {order.parent ? (
                <Button
                  kind="secondary"
                  label="See the whole order"
                  onPress={() => router.push(`/orders/${order.parent}`)}
                  testID="order-parent"
                />
              ) : null}
              {cancel.isError ? <Notice live tone="negative" text={messageOf(cancel.error)} /> : null}
              {cancellable ? (
                <Button
                  kind="secondary"
                  label="Cancel order"
                  busy={cancel.isPending}
                  onPress={() => cancel.mutate()}
                  testID="order-cancel"
                />
              ) : null}
            </View>
          </Card>
          <ReceiptCard orderId={order.id} />
        </View>
        <View style={{ flex: wide ? 1 : undefined, gap: space.l }}>
          <RouteCard orderId={order.id} />
        </View>
      </View>
    </Screen>
  );
}
