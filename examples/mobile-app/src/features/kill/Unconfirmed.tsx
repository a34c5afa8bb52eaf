import { Link } from 'expo-router';
import { Pressable, View } from 'react-native';

import { sentenceOf } from '@/api/errors';
import type { Unconfirmed as Left } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { usePalette } from '@/theme/theme';
import { radius, space, TARGET } from '@/theme/tokens';
import { Txt } from '@/ui/Txt';

/** What a kill switch could not confirm, each with its venue, its order and why. */
export function Unconfirmed({ left }: { left: readonly Left[] }) {
  const nameOf = useVenueName();
  const palette = usePalette();
  if (left.length === 0) return null;
  return (
    <View role="list" aria-label="Not confirmed" style={{ gap: space.s }} testID="kill-unconfirmed">
      {left.map((one, i) => (
        <View
          key={`${one.order_id ?? ''}${i}`}
          role="listitem"
          style={{ backgroundColor: palette.negativeSoft, borderRadius: radius.m, padding: space.m, gap: space.xs }}
        >
          <Txt variant="strong">{one.venue ? nameOf(one.venue) : 'Not tied to an exchange'}</Txt>
          <Txt variant="small">{sentenceOf(one.why)}</Txt>
          {one.user_id ? (
            <Txt variant="small" tone="muted">
              {`User ${one.user_id}${one.order_id ? `, order ${one.order_id}` : ''}`}
            </Txt>
          ) : null}
          {one.order_id && !one.user_id ? (
            <Link href={`/orders/${one.order_id}`} asChild>
              <Pressable
                style={{ minHeight: TARGET, justifyContent: 'center', alignSelf: 'flex-start', marginBottom: -space.s }}
              >
                <Txt variant="strong" tone="accent">
                  See the order
                </Txt>
              </Pressable>
            </Link>
          ) : null}
        </View>
      ))}
    </View>
  );
}
