import { Children, type ReactNode } from 'react';
import { View, type TextStyle } from 'react-native';

import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Txt } from './Txt';

/** A label and its value on one line. */
export function Fact({ label, value, testID }: { label: string; value: ReactNode; testID?: string }) {
  return (
    <View
      style={{
        flexDirection: 'row',
        justifyContent: 'space-between',
        alignItems: 'center',
        gap: space.l,
        paddingVertical: space.s,
      }}
    >
      <Txt variant="small" tone="muted" style={{ flexShrink: 0 }}>
        {label}
      </Txt>
      {typeof value === 'string' ? (
        <Txt variant="small" tabular align="right" testID={testID} style={BREAKS}>
          {value}
        </Txt>
      ) : (
        value
      )}
    </View>
  );
}

/** Facts under each other, with hairlines between. */
export function Facts({ children }: { children: ReactNode }) {
  const palette = usePalette();
  return (
    <View>
      {Children.toArray(children).map((child, i) => (
        <View key={i} style={{ borderTopWidth: i ? 1 : 0, borderTopColor: palette.line }}>
          {child}
        </View>
      ))}
    </View>
  );
}

/** A long id without a space goes over several lines; React Native has no word for it, and phones do it anyway. */
const BREAKS = {
  flexShrink: 1,
  ...(process.env.EXPO_OS === 'web' ? { overflowWrap: 'anywhere' } : null),
} as TextStyle;
