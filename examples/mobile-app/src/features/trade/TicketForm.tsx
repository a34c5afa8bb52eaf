import { View } from 'react-native';

import type { Market, OrderType, Side, SizeType } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { assets, price } from '@/format/money';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Choice } from '@/ui/Choice';
import { Field } from '@/ui/Field';
import { Segmented } from '@/ui/Segmented';
import { Txt } from '@/ui/Txt';
import type { Flow } from './use-ticket';

const SIDES: readonly { value: Side; label: string }[] = [
  { value: 'buy', label: 'Buy' },
  { value: 'sell', label: 'Sell' },
];
const TYPES: readonly { value: OrderType; label: string }[] = [
  { value: 'market', label: 'Market' },
  { value: 'limit', label: 'Limit' },
];

/** What to buy or sell, how much, and how. */
export function TicketForm({ flow, markets }: { flow: Flow; markets: readonly Market[] }) {
  const { ticket, change, problems } = flow;
  const nameOf = useVenueName();
  const { base, quote } = assets(ticket.symbol);
  const symbols = [...new Set(markets.map((m) => m.symbol))].sort();
  const listing = [...new Set(markets.filter((m) => m.symbol === ticket.symbol).map((m) => m.venue))];
  const units: readonly { value: SizeType; label: string }[] = [
    { value: 'quote', label: `In ${quote}` },
    { value: 'base', label: `In ${base}` },
  ];
  return (
    <Card>
      <View style={{ gap: space.l }}>
        <Segmented
          label="Side"
          options={SIDES}
          value={ticket.side}
          onChange={(side) => change({ side })}
          testID="side"
        />
        <Choice
          label="Pair"
          options={symbols.map((s) => ({ value: s, label: s }))}
          value={ticket.symbol}
          onChange={(symbol) => change({ symbol, venue: '' })}
          testID="symbol"
        />
        <View style={{ flexDirection: 'row', justifyContent: 'space-between' }}>
          <Txt variant="small" tone="muted">
            {ticket.side === 'buy' ? 'Lowest ask now' : 'Highest bid now'}
          </Txt>
          <Txt variant="small" tabular testID="ticket-price">
            {price(flow.price, quote)}
          </Txt>
        </View>
        <Segmented
          label="Order type"
          options={TYPES}
          value={ticket.orderType}
          onChange={(orderType) => change({ orderType })}
          testID="order-type"
        />
        {ticket.orderType === 'limit' ? (
          <Field
            label={ticket.side === 'buy' ? 'Pay at most' : 'Receive at least'}
            unit={quote}
            inputMode="decimal"
            testID="limit-price"
            value={ticket.limitPrice}
            onChange={(limitPrice) => change({ limitPrice })}
            error={problems.limitPrice}
          />
        ) : null}
        <View style={{ gap: space.s }}>
          <Segmented
            label="Unit of the amount"
            options={units}
            value={ticket.sizeType}
            onChange={(sizeType) => change({ sizeType })}
            testID="size-type"
          />
          <Field
            label="Amount"
            unit={ticket.sizeType === 'quote' ? quote : base}
            inputMode="decimal"
            testID="size"
            value={ticket.size}
            onChange={(size) => change({ size })}
            error={problems.size}
            help={flow.estimate ?? undefined}
            onSubmitEditing={flow.review}
          />
        </View>
        <Choice
          label="Exchange"
          value={ticket.venue}
          onChange={(venue) => change({ venue })}
          testID="venue"
          options={[{ value: '', label: 'Best exchange' }, ...listing.map((id) => ({ value: id, label: nameOf(id) }))]}
        />
        <Button
          label="Review order"
          busy={flow.preview.isPending}
          onPress={flow.review}
          kind={flow.preview.data ? 'secondary' : 'primary'}
          testID="review-order"
        />
      </View>
    </Card>
  );
}
