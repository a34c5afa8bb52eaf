import { Pressable, View } from 'react-native';

import { usePalette } from '@/theme/theme';
import { radius, space, TARGET } from '@/theme/tokens';
import { radios } from './radios';
import { Txt } from './Txt';

interface Props {
  label: string;
  /** Said by screen readers only. */
  hideLabel?: boolean;
  options: readonly { value: string; label: string }[];
  value: string;
  onChange: (value: string) => void;
  testID?: string;
}

/** A choice among several, as chips that wrap. */
export function Choice({ label, hideLabel, options, value, onChange, testID }: Props) {
  const palette = usePalette();
  return (
    <View style={{ gap: 6 }}>
      {hideLabel ? null : (
        <Txt variant="label" tone="muted" aria-hidden>
          {label}
        </Txt>
      )}
      <View
        role="radiogroup"
        aria-label={label}
        testID={testID}
        style={{ flexDirection: 'row', flexWrap: 'wrap', gap: space.s }}
      >
        {radios(options, value, onChange, testID).map(({ option, on, props }) => (
          <Pressable
            key={option.value}
            {...props}
            style={{
              minHeight: TARGET,
              justifyContent: 'center',
              paddingHorizontal: space.m,
              borderRadius: radius.m,
              borderWidth: 1,
              borderColor: on ? palette.accent : palette.line,
              backgroundColor: on ? palette.accentSoft : palette.surface,
            }}
          >
            <Txt variant={on ? 'strong' : 'body'} tone={on ? 'accent' : 'text'}>
              {option.label}
            </Txt>
          </Pressable>
        ))}
      </View>
    </View>
  );
}
