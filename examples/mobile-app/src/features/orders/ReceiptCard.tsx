import { useRouter } from 'expo-router';
import { View } from 'react-native';

import { useReceipt } from '@/api/queries';
import type { OrderReceipt, ReceiptAttempt, ReceiptChild } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { compare, round, trim } from '@/format/decimal';
import { assets, basisPoints, group, money, price, quantity, signedMoney } from '@/format/money';
import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Card } from '@/ui/Card';
import { Fact, Facts } from '@/ui/Facts';
import { Icon } from '@/ui/Icon';
import { Row } from '@/ui/Row';
import { Failure, Skeleton } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { StateBadge } from './StateBadge';

/** `1.25 bps`, with the sign said in words elsewhere; nothing before the first fill. */
function bps(text: string | undefined): string {
  return text === undefined ? '' : ` (${basisPoints(text)})`;
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
            <Fact label="Fees" value={`${money(total.fees, quote)}${bps(total.fee_bps)}`} />
            <Fact label="Total cost" value={`${signedMoney(total.cost, quote)}${bps(total.cost_bps)}`} />
          </Facts>
        ) : (
          <Txt tone="muted" testID="receipt-unfilled">
            {receipt.reason ? `Nothing filled: ${receipt.reason}.` : 'Nothing has filled so far.'}
          </Txt>
        )}
        <Facts>
          <Fact label="Checked and routed in" value={milliseconds(times.route_ms)} />
          <Fact label="Waited for its turn" value={milliseconds(times.queue_ms)} />
          <Fact label="Exchange answered in" value={milliseconds(times.venue_ms)} />
          <Fact label="From start to end" value={milliseconds(times.total_ms)} />
        </Facts>
        {receipt.children && receipt.children.length > 0 ? (
          <Children of={receipt.children} split={receipt.method === 'split'} symbol={receipt.symbol} />
        ) : null}
        {several ? receipt.attempts.map((it) => <Attempt key={it.attempt} attempt={it} />) : null}
      </View>
    </Card>
  );
}

/** The orders that carry this one out; the figures above are theirs added up. */
function Children({ of, split, symbol }: { of: readonly ReceiptChild[]; split: boolean; symbol: string }) {
  const nameOf = useVenueName();
  const router = useRouter();
  const palette = usePalette();
  const { base, quote } = assets(symbol);
  return (
    <View testID="receipt-children">
      <Txt variant="strong" level={3}>
        {split ? 'Shares' : 'Slices'}
      </Txt>
      {of.map((child, i) => {
        const { figures } = child;
        const name = child.venues.map(nameOf).join(', ') || 'Not sent';
        const filled = `${quantity(figures.filled)} ${base}`;
        return (
          <Row
            key={child.order_id}
            first={i === 0}
            inset
            onPress={() => router.push(`/orders/${child.order_id}`)}
            testID={`receipt-child-${child.order_id}`}
          >
            <View style={{ flex: 1, minWidth: 0, gap: 2 }}>
              <Txt variant="strong">{split ? name : `${i + 1}. ${name}`}</Txt>
              <Txt variant="small" tone="muted" tabular>
                {figures.fills > 0
                  ? `${filled} at ${price(figures.average_price, quote)}, cost ${signedMoney(figures.cost, quote)}${bps(figures.cost_bps)}`
                  : 'Nothing filled'}
              </Txt>
            </View>
            <StateBadge state={child.state} />
            <Icon name="next" size={18} color={palette.muted} />
          </Row>
        );
      })}
    </View>
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
