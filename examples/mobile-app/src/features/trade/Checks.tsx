import { useState } from 'react';
import { View } from 'react-native';

import { sentenceOf } from '@/api/errors';
import type { Check } from '@/api/types';
import { checkName } from '@/format/words';
import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Icon, type IconName } from '@/ui/Icon';
import { Txt } from '@/ui/Txt';

/** The risk checks that were made: those that object first; those that passed as one line that opens. */
export function Checks({ checks }: { checks: readonly Check[] }) {
  const [all, setAll] = useState(false);
  if (checks.length === 0) return null;
  const passed = checks.filter(({ verdict }) => verdict === 'allow');
  const objecting = checks.filter(({ verdict }) => verdict !== 'allow');
  return (
    <View style={{ gap: space.s }}>
      <Txt variant="strong" level={3}>
        Checks
      </Txt>
      {objecting.length > 0 ? <List checks={objecting} /> : null}
      {passed.length > 0 ? (
        <Button
          kind="quiet"
          icon={all ? undefined : 'check'}
          label={all ? 'Hide what passed' : passedWords(passed.length, objecting.length)}
          expanded={all}
          onPress={() => setAll(!all)}
          style={{ alignSelf: 'flex-start' }}
          testID="checks-passed"
        />
      ) : null}
      {all ? <List checks={passed} /> : null}
    </View>
  );
}

function passedWords(passed: number, objecting: number): string {
  if (objecting === 0) return `All ${passed} passed: show them`;
  return `${passed} passed: show ${passed === 1 ? 'it' : 'them'}`;
}

function List({ checks }: { checks: readonly Check[] }) {
  const palette = usePalette();
  return (
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
                  {sentenceOf(check.detail)}
                </Txt>
              ) : null}
            </View>
          </View>
        );
      })}
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
