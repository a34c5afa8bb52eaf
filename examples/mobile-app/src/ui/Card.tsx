import type { ReactNode } from 'react';
import { View, type ViewStyle } from 'react-native';

import { usePalette } from '@/theme/theme';
import { radius, space } from '@/theme/tokens';
import { Txt } from './Txt';

interface Props {
  title?: string;
  /** Stands at the right of the title. */
  action?: ReactNode;
  /** Without inner padding, for lists that draw their own rows. */
  flush?: boolean;
  style?: ViewStyle;
  testID?: string;
  children: ReactNode;
}

/** A panel with an optional heading. */
export function Card({ title, action, flush, style, testID, children }: Props) {
  const palette = usePalette();
  return (
    <View
      testID={testID}
      style={[
        { backgroundColor: palette.surface, borderColor: palette.line, borderWidth: 1, borderRadius: radius.l },
        style,
      ]}
    >
      {title ? (
        <View style={head}>
          <Txt variant="heading" level={2} style={{ flexShrink: 1 }}>
            {title}
          </Txt>
          {action}
        </View>
      ) : null}
      <View style={flush ? undefined : { padding: space.l, paddingTop: title ? space.xs : space.l }}>{children}</View>
    </View>
  );
}

const head: ViewStyle = {
  flexDirection: 'row',
  alignItems: 'center',
  justifyContent: 'space-between',
  gap: space.m,
  paddingHorizontal: space.l,
  // Room above and below where a long title goes over two lines.
  paddingTop: space.m,
  paddingBottom: space.s,
  minHeight: 52,
};
