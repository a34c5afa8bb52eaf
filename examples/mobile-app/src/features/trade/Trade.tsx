import { View } from 'react-native';

import { useMarkets } from '@/api/queries';
import { useWide } from '@/theme/theme';
import { space } from '@/theme/tokens';
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
  return (
    <Screen title="New order" testID="trade">
      <View
        style={{
          flexDirection: wide ? 'row' : 'column',
          gap: wide ? space.xl : space.l,
          alignItems: wide ? 'flex-start' : 'stretch',
        }}
      >
        <View style={wide ? { width: 420 } : undefined}>
          <TicketForm flow={flow} markets={rows} />
        </View>
        <View style={wide ? { flex: 1, minWidth: 0 } : undefined}>
          <PreviewPanel flow={flow} />
        </View>
      </View>
    </Screen>
  );
}
