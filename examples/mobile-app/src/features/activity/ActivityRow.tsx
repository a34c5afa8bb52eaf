import { useRouter } from 'expo-router';
import { View } from 'react-native';

import { sentenceOf } from '@/api/errors';
import type { Activity } from '@/api/types';
import { useNamedVenues } from '@/api/use-venue-name';
import { sign } from '@/format/decimal';
import { assets, money } from '@/format/money';
import { clock } from '@/format/time';
import { humanise } from '@/format/words';
import { usePalette } from '@/theme/theme';
import { radius } from '@/theme/tokens';
import { Delta } from '@/ui/Delta';
import { Icon, type IconName } from '@/ui/Icon';
import { Row } from '@/ui/Row';
import { Txt } from '@/ui/Txt';

const ICONS: Readonly<Record<string, IconName>> = {
  trade: 'trade',
  order: 'positions',
  credential: 'lock',
  bot: 'activity',
};

/** One line of the activity; it leads to its order where there is one. */
export function ActivityRow({ item, first }: { item: Activity; first: boolean }) {
  const router = useRouter();
  const palette = usePalette();
  const named = useNamedVenues();
  const quote = item.symbol ? assets(item.symbol).quote : 'USD';
  const realised = item.realised_pnl !== undefined && sign(item.realised_pnl) !== 0 ? item.realised_pnl : undefined;
  const order = item.order_id;
  return (
    <Row first={first} testID="activity-row" onPress={order ? () => router.push(`/orders/${order}`) : undefined}>
      <View
        style={{
          width: 36,
          height: 36,
          borderRadius: radius.m,
          alignItems: 'center',
          justifyContent: 'center',
          backgroundColor: palette.raised,
        }}
      >
        <Icon name={ICONS[item.kind] ?? 'activity'} size={18} color={palette.muted} />
      </View>
      <View style={{ flex: 1, minWidth: 0, gap: 2 }}>
        <Txt variant="body" tabular>
          {named(item.title)}
        </Txt>
        {item.detail ? (
          <Txt variant="small" tone="muted">
            {sentenceOf(named(item.detail))}
          </Txt>
        ) : null}
        <Txt variant="small" tone="muted" tabular>
          {`${clock(item.at)} · ${humanise(item.kind)}${item.fee && sign(item.fee) !== 0 ? ` · ${money(item.fee, quote)} fee` : ''}`}
        </Txt>
      </View>
      {realised ? (
        <Delta value={realised} currency={quote} variant="strong" align="right" label="Realised profit and loss" />
      ) : null}
    </Row>
  );
}
