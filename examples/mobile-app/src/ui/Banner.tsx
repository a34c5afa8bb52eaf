import type { ReactNode } from 'react';
import { View } from 'react-native';

import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Icon, type IconName } from './Icon';
import { Txt } from './Txt';

interface Props {
  tone: 'warning' | 'negative';
  icon: IconName;
  text: string;
  /** What can be done about it. */
  children?: ReactNode;
  testID?: string;
}

/** A line over the page, for as long as something holds. */
export function Banner({ tone, icon, text, children, testID }: Props) {
  const palette = usePalette();
  return (
    <View
      role="status"
      testID={testID}
      style={{
        flexDirection: 'row',
        alignItems: 'center',
        gap: space.m,
        paddingHorizontal: space.l,
        paddingVertical: space.xs,
        backgroundColor: palette[`${tone}Soft`],
        borderBottomWidth: 1,
        borderBottomColor: palette.line,
      }}
    >
      <Icon name={icon} size={20} color={palette[tone]} />
      <Txt variant="small" style={{ flex: 1 }}>
        {text}
      </Txt>
      {children}
    </View>
  );
}
