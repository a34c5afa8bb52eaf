import type { ReactNode } from 'react';
import { Pressable, View, type ViewStyle } from 'react-native';

import { usePalette } from '@/theme/theme';
import { space, TARGET } from '@/theme/tokens';

interface Props {
  onPress?: () => void;
  first?: boolean;
  /** Lets what does not fit go to the next line. */
  wrap?: boolean;
  /** Among other things of a padded card: at its text's edge. */
  inset?: boolean;
  testID?: string;
  children: ReactNode;
}

/** A row of a list, pressable where it leads somewhere; its text is its name for screen readers. */
export function Row({ onPress, first, wrap, inset, testID, children }: Props) {
  const palette = usePalette();
  const look: ViewStyle = {
    ...layout,
    borderTopWidth: first ? 0 : 1,
    borderTopColor: palette.line,
    flexWrap: wrap ? 'wrap' : 'nowrap',
    paddingHorizontal: inset ? 0 : space.l,
  };
  if (!onPress)
    return (
      <View testID={testID} style={look}>
        {children}
      </View>
    );
  return (
    <Pressable
      testID={testID}
      role="link"
      onPress={onPress}
      style={({ pressed }) => [look, pressed && { backgroundColor: palette.raised }]}
    >
      {children}
    </Pressable>
  );
}

const layout: ViewStyle = {
  minHeight: TARGET + 12,
  paddingVertical: space.m,
  flexDirection: 'row',
  alignItems: 'center',
  alignContent: 'center',
  gap: space.m,
};
