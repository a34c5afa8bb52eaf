import { ActivityIndicator, Pressable, type ViewStyle } from 'react-native';

import { usePalette } from '@/theme/theme';
import { radius, space, TARGET, type Palette } from '@/theme/tokens';
import { Icon, type IconName } from './Icon';
import { Txt } from './Txt';

export type ButtonKind = 'primary' | 'secondary' | 'danger' | 'quiet';

interface Props {
  label: string;
  onPress: () => void;
  kind?: ButtonKind;
  icon?: IconName;
  busy?: boolean;
  disabled?: boolean;
  /** Said by screen readers in place of the label, where that alone is not clear. */
  hint?: string;
  /** Whether what it shows and hides is shown. */
  expanded?: boolean;
  style?: ViewStyle;
  testID?: string;
}

/** A button; while `busy` it cannot be pressed and says so. */
export function Button({
  label,
  onPress,
  kind = 'primary',
  icon,
  busy = false,
  disabled = false,
  hint,
  expanded,
  style,
  testID,
}: Props) {
  const palette = usePalette();
  const look = looks(palette)[kind];
  const off = disabled || busy;
  return (
    <Pressable
      testID={testID}
      role="button"
      aria-label={hint ?? label}
      aria-disabled={off}
      aria-busy={busy}
      aria-expanded={expanded}
      disabled={off}
      onPress={onPress}
      style={({ pressed }) => [
        base,
        { backgroundColor: look.fill, borderColor: look.line, opacity: disabled ? 0.55 : pressed ? 0.8 : 1 },
        kind === 'quiet' && quiet,
        style,
      ]}
    >
      {busy ? (
        <ActivityIndicator size="small" color={palette[look.tone]} />
      ) : icon ? (
        <Icon name={icon} color={palette[look.tone]} size={18} />
      ) : null}
      <Txt variant="strong" tone={look.tone} numberOfLines={1}>
        {label}
      </Txt>
    </Pressable>
  );
}

function looks(palette: Palette) {
  return {
    primary: { fill: palette.accent, line: palette.accent, tone: 'onAccent' },
    secondary: { fill: palette.surface, line: palette.line, tone: 'text' },
    danger: { fill: palette.negative, line: palette.negative, tone: 'onNegative' },
    quiet: { fill: 'transparent', line: 'transparent', tone: 'accent' },
  } as const;
}

/** Without a box its text aligns with what is around it. */
const quiet: ViewStyle = { minWidth: TARGET, paddingHorizontal: space.s, marginHorizontal: -space.s };

const base: ViewStyle = {
  minHeight: TARGET,
  paddingHorizontal: space.l,
  borderRadius: radius.m,
  borderWidth: 1,
  flexDirection: 'row',
  gap: space.s,
  alignItems: 'center',
  justifyContent: 'center',
};
