import { Link } from 'expo-router';
import { Pressable } from 'react-native';

import { useProtections } from '@/api/queries';
import type { Position } from '@/api/types';
import { guardWords } from '@/features/protection/words';
import { assets } from '@/format/money';
import { usePalette } from '@/theme/theme';
import { space, TARGET } from '@/theme/tokens';
import { Icon } from '@/ui/Icon';
import { Txt } from '@/ui/Txt';

/** What guards a position, and the way to the page where that is changed. */
export function GuardLink({ position }: { position: Position }) {
  const palette = usePalette();
  const all = useProtections();
  const known = all.data !== undefined;
  const found = all.data?.find((one) => one.position_id === position.id);
  const { label, safe } = guardWords(found, assets(position.symbol).quote);
  const text = known ? label : 'Details';
  const tone = !known ? 'accent' : safe ? 'accent' : 'warning';
  return (
    <Link href={{ pathname: '/positions/[id]', params: { id: position.id } }} asChild>
      <Pressable
        testID="position-guard"
        aria-label={`${position.symbol}: ${text}. Details and protection`}
        style={{ minHeight: TARGET, flexDirection: 'row', alignItems: 'center', gap: space.xs, flexShrink: 1 }}
      >
        <Icon name="shield" size={18} color={palette[tone]} />
        <Txt variant="strong" tone={tone} tabular numberOfLines={1} style={{ fontSize: 13, flexShrink: 1 }}>
          {text}
        </Txt>
        <Icon name="next" size={14} color={palette[tone]} />
      </Pressable>
    </Link>
  );
}
