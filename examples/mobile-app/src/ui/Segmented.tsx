import { Pressable, View } from 'react-native';

import { usePalette } from '@/theme/theme';
import { radius, TARGET } from '@/theme/tokens';
import { radios } from './radios';
import { Txt } from './Txt';

interface Option<V extends string> {
  value: V;
  label: string;
}

interface Props<V extends string> {
  label: string;
  options: readonly Option<V>[];
  value: V;
  onChange: (value: V) => void;
  testID?: string;
}

/** A choice of a few, all in sight. */
export function Segmented<V extends string>({ label, options, value, onChange, testID }: Props<V>) {
  const palette = usePalette();
  return (
    <View
      role="radiogroup"
      aria-label={label}
      testID={testID}
      style={{ flexDirection: 'row', backgroundColor: palette.raised, borderRadius: radius.m, padding: 3 }}
    >
      {radios(options, value, onChange, testID).map(({ option, on, props }) => (
        <Pressable
          key={option.value}
          {...props}
          style={{
            flex: 1,
            minHeight: TARGET,
            alignItems: 'center',
            justifyContent: 'center',
            paddingHorizontal: 8,
            borderRadius: radius.m - 2,
            borderWidth: 1,
            backgroundColor: on ? palette.surface : 'transparent',
            borderColor: on ? palette.line : 'transparent',
          }}
        >
          <Txt variant={on ? 'strong' : 'body'} tone={on ? 'text' : 'muted'} numberOfLines={1}>
            {option.label}
          </Txt>
        </Pressable>
      ))}
    </View>
  );
}
