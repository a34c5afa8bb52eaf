import type { ReactNode } from 'react';
import { Text, type TextProps, type TextStyle } from 'react-native';

import { usePalette } from '@/theme/theme';
import { SANS, type as scale, type Palette, type TypeName } from '@/theme/tokens';

type Tone = Extract<
  keyof Palette,
  'text' | 'muted' | 'accent' | 'positive' | 'negative' | 'warning' | 'onAccent' | 'onNegative'
>;

interface Props extends Omit<TextProps, 'style'> {
  variant?: TypeName;
  tone?: Tone;
  /** Digits of one width, so that moving values do not jump. */
  tabular?: boolean;
  align?: TextStyle['textAlign'];
  /** 1 to 3: makes it a heading for screen readers. */
  level?: 1 | 2 | 3;
  style?: TextStyle;
  children?: ReactNode;
}

/** All text of the app. */
export function Txt({ variant = 'body', tone = 'text', tabular, align, level, style, ...rest }: Props) {
  const palette = usePalette();
  const heading = level ? { role: 'heading' as const, 'aria-level': level } : null;
  return (
    <Text
      {...heading}
      {...rest}
      style={[scale[variant], FONT, { color: palette[tone], textAlign: align }, tabular && TABULAR, style]}
    />
  );
}

const FONT: TextStyle = { fontFamily: SANS };
const TABULAR: TextStyle = { fontVariant: ['tabular-nums'] };
