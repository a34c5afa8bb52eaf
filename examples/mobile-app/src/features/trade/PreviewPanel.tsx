import { useRouter } from 'expo-router';
import { View } from 'react-native';

import { messageOf, NoAnswerError, sentenceOf } from '@/api/errors';
import type { RoutingDecision } from '@/api/types';
import { sizeText } from '@/features/orders/OrderRow';
import { OrderOutcome } from '@/features/orders/OrderOutcome';
import { RouteView, whyTitle } from '@/features/route/RouteView';
import { assets, money } from '@/format/money';
import { humanise } from '@/format/words';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Empty, Failure, Notice, Skeleton } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { Checks } from './Checks';
import { Summary } from './Summary';
import { orderOf } from './ticket';
import type { Flow } from './use-ticket';

/** What would happen, then what did. Nothing is sent before "Place order". */
export function PreviewPanel({ flow }: { flow: Flow }) {
  const router = useRouter();
  const { preview, place, placed, ticket } = flow;
  if (placed) {
    return (
      <Card title="Order" testID="placed">
        <View style={{ gap: space.m }}>
          <OrderOutcome order={placed} />
          <Button
            kind="secondary"
            label="See the order"
            onPress={() => router.push(`/orders/${placed.id}`)}
            testID="see-order"
          />
          <Button kind="quiet" label="Start another order" onPress={flow.again} testID="another-order" />
        </View>
      </Card>
    );
  }
  if (preview.isPending)
    return (
      <Card title="Preview" flush>
        <Skeleton rows={4} />
      </Card>
    );
  if (preview.isError)
    return (
      <Card title="Preview" flush>
        <Failure error={preview.error} onRetry={flow.review} />
      </Card>
    );
  if (!preview.data) {
    return (
      <Card title="Preview" flush>
        <Empty
          title="Nothing is sent yet"
          text="Fill in the order and review it: every check, the exchanges compared and the expected price show up here first."
        />
      </Card>
    );
  }
  const { accepted, reason, checks, route } = preview.data;
  const order = orderOf(ticket, '');
  const what = sizeText({ symbol: order.symbol, size: order.size, size_type: order.size_type ?? 'quote' });
  const amount = order.size_type === 'base' ? what : money(order.size, assets(order.symbol).quote);
  // Who reads the button alone must not take it for the whole amount.
  const resized = checks.find(({ verdict }) => verdict === 'resize');
  return (
    <Card title="Preview" testID="preview">
      <View style={{ gap: space.l }}>
        {accepted ? null : <Notice live tone="negative" text={refusal(reason, route)} testID="preview-refused" />}
        {route ? <Summary route={route} /> : null}
        {accepted && resized ? (
          <Notice
            tone="warning"
            text={`This order is made smaller. ${resized.detail ? sentenceOf(resized.detail) : ''}`}
            testID="preview-smaller"
          />
        ) : null}
        {place.isError ? <PlaceFailure error={place.error} /> : null}
        {accepted ? (
          <Button
            label={
              place.error instanceof NoAnswerError
                ? 'Try again safely'
                : `${humanise(ticket.side)} ${resized ? `less than ${amount}` : what}`
            }
            busy={place.isPending}
            onPress={() => place.mutate()}
            testID="place-order"
          />
        ) : null}
        <Checks checks={checks} />
        {route ? (
          <View style={{ gap: space.s }}>
            <Txt variant="strong" level={3}>
              {whyTitle(route)}
            </Txt>
            <RouteView decision={route} />
          </View>
        ) : null}
      </View>
    </Card>
  );
}

/** Where no exchange can take it, each one's reason stands with it further down. */
function refusal(reason: string | undefined, route: RoutingDecision | undefined): string {
  if (route && !route.venue && !route.shares?.length)
    return 'No exchange can take this order now. Connect one, add funds, or try a smaller size.';
  return reason ? sentenceOf(reason) : 'This order would be refused.';
}

function PlaceFailure({ error }: { error: unknown }) {
  const text =
    error instanceof NoAnswerError
      ? `${error.message} The order may have arrived. Trying again is safe: it carries the same id and is placed only once.`
      : messageOf(error);
  return (
    <Notice live tone={error instanceof NoAnswerError ? 'warning' : 'negative'} text={text} testID="place-error" />
  );
}
