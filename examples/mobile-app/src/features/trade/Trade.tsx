import { View } from 'react-native';

import { useMarkets } from '@/api/queries';
import { useTables, useWide } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Screen } from '@/ui/Screen';
import { Empty, Failure, Skeleton } from '@/ui/states';
import { PreviewPanel } from './PreviewPanel';
import { TicketForm } from './TicketForm';
import { useTicket } from './use-ticket';

/** The order ticket: say what, see where it would go and why, then place it. */
export function Trade() {
  const markets = useMarkets();
  const wide = useWide();
  const roomy = useTables();
  const rows = markets.data ?? [];
  const flow = useTicket(rows);
  if (rows.length === 0) {
    return (
      <Screen title="New order">
        <Card flush>
          {markets.isPending ? <Skeleton rows={5} /> : null}
          {markets.isError ? <Failure error={markets.error} onRetry={() => void markets.refetch()} /> : null}
          {markets.data ? (
            <Empty
              title="No markets yet"
              text="The server has not heard of any market. Look at the exchanges' state in Settings."
            />
          ) : null}
        </Card>
      </Screen>
    );
  }
  if (wide) {
    return (
      <Screen title="New order" testID="trade">
        <View style={{ flexDirection: 'row', gap: space.xl, alignItems: 'flex-start' }}>
          <View style={{ width: roomy ? 420 : 352 }}>
            <TicketForm flow={flow} markets={rows} />
          </View>
          <View style={{ flex: 1, minWidth: 0 }}>
            <PreviewPanel flow={flow} />
          </View>
        </View>
      </Screen>
    );
  }
  // On a phone the preview would be below the fold: it takes the form's place instead.
  return flow.preview.isIdle ? (
    <Screen key="form" title="New order" testID="trade">
      <TicketForm flow={flow} markets={rows} />
    </Screen>
  ) : (
    <Screen key="review" title="Review order" testID="trade">
      <PreviewPanel flow={flow} />
      {flow.placed ? null : (
        <Button
          kind="quiet"
          icon="back"
          label="Change the order"
          disabled={flow.place.isPending}
          onPress={flow.edit}
          testID="change-order"
        />
      )}
    </Screen>
  );
}
