import { View } from 'react-native';

import { useReceipt } from '@/api/queries';
import type { OrderReceipt, ReceiptAttempt } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { compare, round, trim } from '@/format/decimal';
import { assets, group, price, signedMoney } from '@/format/money';
import { space } from '@/theme/tokens';
import { Card } from '@/ui/Card';
import { Fact, Facts } from '@/ui/Facts';
import { Failure, Skeleton } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { StateBadge } from './StateBadge';

/** `1.25 bps`, with the sign said in words elsewhere; nothing before the first fill. */
function bps(text: string | undefined): string {
  return text === undefined ? '' : ` (${group(trim(round(text, 2)))}\u00a0bps)`;
}

function milliseconds(text: string | undefined): string {
  return text === undefined ? '–' : `${group(trim(round(text, compare(text, '10') < 0 ? 2 : 0)))}\u00a0ms`;
}

/** What an order really cost beside what its route expected, and how long each step took. */
export function ReceiptCard({ orderId }: { orderId: string }) {
  const query = useReceipt(orderId);
  if (!query.data) {
    return (
      <Card title="Receipt" flush>
        {query.isError ? <Failure error={query.error} onRetry={() => void query.refetch()} /> : <Skeleton rows={3} />}
      </Card>
    );
  }
  return <Receipt receipt={query.data} />;
}

export function Receipt({ receipt }: { receipt: OrderReceipt }) {
  const { quote } = assets(receipt.symbol);
  const { total, times } = receipt;
  const several = receipt.attempts.length > 1;
  return (
    <Card title="Receipt" testID="receipt">
      <View style={{ gap: space.m }}>
        {total.fills > 0 ? (
          <Facts>
            <Fact label="Expected price" value={price(total.expected_price, quote)} />
            <Fact label="Realised price" value={price(total.average_price, quote)} testID="receipt-realised" />
            <Fact
              label="Slippage (+ is worse)"
              value={`${signedMoney(total.slippage, quote)}${bps(total.slippage_bps)}`}
              testID="receipt-slippage"
            />
            <Fact label="Fees" value={`${signedMoney(total.fees, quote)}${bps(total.fee_bps)}`} />
            <Fact label="Cost together" value={`${signedMoney(total.cost, quote)}${bps(total.cost_bps)}`} />
          </Facts>
        ) : (
          <Txt tone="muted" testID="receipt-unfilled">
            {receipt.reason ? `Nothing filled: ${receipt.reason}.` : 'Nothing has filled so far.'}
          </Txt>
        )}
        <Facts>
          <Fact label="Checked and routed in" value={milliseconds(times.route_ms)} />
          <Fact label="Waited for its turn" value={milliseconds(times.queue_ms)} />
          <Fact label="Venue answered in" value={milliseconds(times.venue_ms)} />
          <Fact label="From start to end" value={milliseconds(times.total_ms)} />
        </Facts>
        {several ? receipt.attempts.map((it) => <Attempt key={it.attempt} attempt={it} />) : null}
      </View>
    </Card>
  );
}

function Attempt({ attempt }: { attempt: ReceiptAttempt }) {
  const nameOf = useVenueName();
  return (
    <View style={{ gap: space.xs }} testID={`receipt-attempt-${attempt.attempt}`}>
      <Facts>
        <Fact
          label={`Attempt ${attempt.attempt + 1} at ${nameOf(attempt.venue)}`}
          value={<StateBadge state={attempt.state} />}
        />
      </Facts>
      {attempt.reason ? (
        <Txt variant="small" tone="muted">
          {attempt.reason}
        </Txt>
      ) : null}
    </View>
  );
}
