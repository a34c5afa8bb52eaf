import { useLocalSearchParams, useRouter } from 'expo-router';
import { useState } from 'react';
import { View } from 'react-native';

import { useOpenPositions, useProtection } from '@/api/queries';
import { useVenueName } from '@/api/use-venue-name';
import { ProtectionCard } from '@/features/protection/ProtectionCard';
import { useWide } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Card } from '@/ui/Card';
import { Screen } from '@/ui/Screen';
import { Empty, Failure, Skeleton } from '@/ui/states';
import { CloseButton } from './CloseButton';
import { CloseDialog } from './CloseDialog';
import { PositionFacts } from './PositionFacts';
import { PriceCard } from './PriceCard';

const BACK = { label: 'Positions', href: '/positions' } as const;

/** One open position: its price with the levels that matter, what guards it, and the way out. */
export function PositionScreen() {
  const { id } = useLocalSearchParams<{ id: string }>();
  const router = useRouter();
  const nameOf = useVenueName();
  const wide = useWide();
  const open = useOpenPositions();
  const protection = useProtection(id);
  const [closing, setClosing] = useState(false);
  const position = open.data?.find((one) => one.id === id);
  if (!position) {
    return (
      <Screen title="Position" back={BACK} testID="position">
        <Card flush>
          {open.isPending ? <Skeleton rows={5} /> : null}
          {open.isError && !open.data ? <Failure error={open.error} onRetry={() => void open.refetch()} /> : null}
          {open.data ? (
            <Empty
              title="This position is not open"
              text="It was closed, or the link is an old one. Closed positions are kept with their result."
              action={{
                label: 'See closed positions',
                onPress: () => router.push('/positions?tab=closed'),
                testID: 'see-closed',
              }}
            />
          ) : null}
        </Card>
      </Screen>
    );
  }
  const side = { flex: wide ? 1 : undefined, gap: wide ? space.xl : space.l, minWidth: 0 } as const;
  return (
    <Screen
      title={`${position.symbol} on ${nameOf(position.venue)}`}
      back={BACK}
      testID="position"
      action={position.dust ? null : <CloseButton position={position} onClose={() => setClosing(true)} />}
    >
      <View
        style={{
          flexDirection: wide ? 'row' : 'column',
          gap: wide ? space.xl : space.l,
          alignItems: wide ? 'flex-start' : 'stretch',
        }}
      >
        <View style={{ ...side, flex: wide ? 1.4 : undefined }}>
          <PriceCard position={position} protection={protection} />
          <PositionFacts position={position} />
        </View>
        <View style={side}>
          <ProtectionCard position={position} />
        </View>
      </View>
      {closing ? <CloseDialog position={position} onDone={() => setClosing(false)} /> : null}
    </Screen>
  );
}
