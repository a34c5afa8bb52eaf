import { View } from 'react-native';

import type { Check } from '@/api/types';
import { checkName } from '@/format/words';
import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Icon, type IconName } from '@/ui/Icon';
import { Txt } from '@/ui/Txt';

/** Every risk check that was made, with its verdict in words and as a mark. */
export function Checks({ checks }: { checks: readonly Check[] }) {
  const palette = usePalette();
  if (checks.length === 0) return null;
  return (
    <View style={{ gap: space.s }}>
      <Txt variant="strong" level={3}>
        Checks
      </Txt>
      <View role="list" style={{ gap: space.s }}>
        {checks.map((check, i) => {
          const { icon, colour, word } = look(check.verdict, palette);
          return (
            <View role="listitem" key={`${check.name}-${i}`} style={{ flexDirection: 'row', gap: space.s }}>
              <Icon name={icon} size={18} color={colour} />
              <View style={{ flex: 1 }}>
                <Txt variant="small">{`${checkName(check.name)}: ${word}`}</Txt>
                {check.detail ? (
                  <Txt variant="small" tone="muted">
                    {check.detail}
                  </Txt>
                ) : null}
              </View>
            </View>
          );
        })}
      </View>
    </View>
  );
}

function look(
  verdict: string,
  palette: ReturnType<typeof usePalette>,
): { icon: IconName; colour: string; word: string } {
  if (verdict === 'allow') return { icon: 'check', colour: palette.positive, word: 'passed' };
  if (verdict === 'resize') return { icon: 'alert', colour: palette.warning, word: 'makes the order smaller' };
  return { icon: 'close', colour: palette.negative, word: 'refuses' };
}
