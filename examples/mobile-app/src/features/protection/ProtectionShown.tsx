import { Link } from 'expo-router';
import { Pressable, View } from 'react-native';

import { sentenceOf } from '@/api/errors';
import type { Position, Protection } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { assets, price } from '@/format/money';
import { dateTime } from '@/format/time';
import { space, TARGET } from '@/theme/tokens';
import { Badge } from '@/ui/Badge';
import { Fact, Facts } from '@/ui/Facts';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { percentOf } from './plan';
import { trailWords } from './words';

interface Props {
  protection: Protection;
  position: Position;
}

/** What guards a position, where it stands and who watches it. */
export function ProtectionShown({ protection: it, position }: Props) {
  const { quote } = assets(position.symbol);
  const trail = trailWords(it, quote);
  const stops = it.plan.stop_price !== undefined || trail !== undefined;
  return (
    <View style={{ gap: space.m }}>
      {it.stop_hit ? (
        <Notice live tone="warning" text="The stop went off: the position is being closed." testID="protection-hit" />
      ) : null}
      <Facts>
        {stops ? (
          <Fact
            label="Stop now"
            value={it.stop_now === undefined ? 'follows from the next price on' : price(it.stop_now, quote)}
            testID="protection-stop"
          />
        ) : (
          <Fact label="Stop" value={<Badge label="None" tone="warning" testID="protection-stop" />} />
        )}
        {trail !== undefined ? <Fact label="Trailing" value={trail} testID="protection-trail" /> : null}
        {it.plan.take_profits?.map((profit, i) => (
          <Fact
            key={profit.price}
            label={`TP${i + 1}`}
            value={
              it.taken.includes(i + 1) ? (
                <View style={{ flexDirection: 'row', gap: space.s, alignItems: 'center' }}>
                  <Txt variant="small" tabular>
                    {price(profit.price, quote)}
                  </Txt>
                  <Badge label="Taken" tone="positive" />
                </View>
              ) : (
                `${price(profit.price, quote)}, closes ${percentOf(profit.share)}\u00a0%`
              )
            }
            testID={`protection-tp${i + 1}`}
          />
        ))}
        <Fact label="Set" value={dateTime(it.set_at)} />
      </Facts>
      <Where protection={it} position={position} stops={stops} />
    </View>
  );
}

/** Whether the exchange holds the stop, or this platform watches for it. */
function Where({ protection: it, position, stops }: Props & { stops: boolean }) {
  const venue = useVenueName()(position.venue);
  if (it.resting_order_id !== undefined) {
    return (
      <View style={{ gap: space.xs }}>
        <Notice
          tone="positive"
          text={`The stop rests as an order at ${venue}, which closes the position by itself.`}
          testID="protection-where"
        />
        <Link href={`/orders/${it.resting_order_id}`} asChild>
          <Pressable style={{ minHeight: TARGET, justifyContent: 'center', alignSelf: 'flex-start' }}>
            <Txt variant="strong" tone="accent">
              See the resting order
            </Txt>
          </Pressable>
        </Link>
        {it.note ? <Notice tone="warning" text={sentenceOf(it.note)} testID="protection-note" /> : null}
      </View>
    );
  }
  const watched = stops
    ? `No order rests at ${venue} for the stop: this platform watches the price and closes the position.`
    : `This platform watches the price and closes at the targets; no order rests at ${venue}.`;
  return (
    <View style={{ gap: space.s }}>
      <Notice tone="accent" icon="shield" text={watched} testID="protection-where" />
      {it.note ? <Notice tone="warning" text={sentenceOf(it.note)} testID="protection-note" /> : null}
    </View>
  );
}
