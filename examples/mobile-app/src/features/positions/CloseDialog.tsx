import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'expo-router';
import { View } from 'react-native';

import { messageOf, NoAnswerError } from '@/api/errors';
import { keys } from '@/api/keys';
import type { Position } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { OrderOutcome } from '@/features/orders/OrderOutcome';
import { assets, money, quantity } from '@/format/money';
import { useServices } from '@/lib/services';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Fact, Facts } from '@/ui/Facts';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { Unrealised } from './Unrealised';

/** Asks before it closes a position at the market, and says how that went. */
export function CloseDialog({ position: p, onDone }: { position: Position; onDone: () => void }) {
  const nameOf = useVenueName();
  const { api, cache } = useServices();
  const router = useRouter();
  const { base, quote } = assets(p.symbol);
  const act = p.side === 'short' ? 'Buys' : 'Sells';
  const close = useMutation({
    mutationFn: () => api.closePosition(p.id),
    onSettled: () =>
      Promise.all([
        cache.invalidateQueries({ queryKey: keys.open }),
        cache.invalidateQueries({ queryKey: keys.orders }),
        cache.invalidateQueries({ queryKey: keys.overview }),
      ]),
  });
  if (close.data) {
    const { id } = close.data;
    return (
      <Dialog title="Closing order sent" onClose={onDone} testID="close-dialog">
        <OrderOutcome order={close.data} />
        <View style={buttons}>
          <Button
            kind="secondary"
            label="See the order"
            onPress={() => {
              onDone();
              router.push(`/orders/${id}`);
            }}
            style={{ flex: 1 }}
          />
          <Button label="Done" onPress={onDone} testID="close-done" style={{ flex: 1 }} />
        </View>
      </Dialog>
    );
  }
  // A lost answer does not mean a lost order: closing again might sell twice what is left to sell.
  const unsure = close.error instanceof NoAnswerError;
  return (
    <Dialog title={`Close ${p.symbol}?`} onClose={onDone} testID="close-dialog">
      <Txt tone="muted">{`${act} all of it on ${nameOf(p.venue)} at the market price. This cannot be undone.`}</Txt>
      <Facts>
        <Fact label="Quantity" value={`${quantity(p.quantity)} ${base}`} />
        <Fact label="Value now" value={money(p.market_value, quote)} />
        <Fact label="Unrealised P&L" value={<Unrealised position={p} />} />
      </Facts>
      {close.isError ? (
        <Notice
          live
          tone={unsure ? 'warning' : 'negative'}
          text={
            unsure
              ? 'No answer came, so the order may be on its way. Look at your open positions before you try again.'
              : messageOf(close.error)
          }
        />
      ) : null}
      <View style={buttons}>
        <Button
          kind="secondary"
          label={unsure ? 'Look at positions' : 'Keep it'}
          onPress={onDone}
          style={{ flex: 1 }}
          testID="close-cancel"
        />
        {unsure ? null : (
          <Button
            kind="danger"
            label="Close now"
            busy={close.isPending}
            onPress={() => close.mutate()}
            testID="close-confirm"
            style={{ flex: 1 }}
          />
        )}
      </View>
    </Dialog>
  );
}

const buttons = { flexDirection: 'row', gap: space.m, flexWrap: 'wrap' } as const;
