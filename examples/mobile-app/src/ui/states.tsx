import { View } from 'react-native';

import { isRetryable, messageOf } from '@/api/errors';
import { usePalette } from '@/theme/theme';
import { radius, space } from '@/theme/tokens';
import { Button } from './Button';
import { Icon, type IconName } from './Icon';
import { Txt } from './Txt';

/** Grey bars in the shape of what is coming. */
export function Skeleton({ rows = 3, height = 44 }: { rows?: number; height?: number }) {
  const palette = usePalette();
  return (
    <View role="status" aria-label="Loading" aria-busy style={{ gap: space.s, padding: space.l }}>
      {Array.from({ length: rows }, (_, i) => (
        <View
          key={i}
          style={{
            height,
            borderRadius: radius.s,
            backgroundColor: palette.raised,
            width: i === rows - 1 ? '60%' : '100%',
          }}
        />
      ))}
    </View>
  );
}

interface EmptyProps {
  title: string;
  text: string;
  action?: { label: string; onPress: () => void; testID?: string };
}

/** Nothing here yet, why, and what to do. */
export function Empty({ title, text, action }: EmptyProps) {
  return (
    <View style={{ padding: space.xl, gap: space.s, alignItems: 'center' }}>
      <Txt variant="strong" align="center">
        {title}
      </Txt>
      <Txt variant="small" tone="muted" align="center" style={{ maxWidth: 380 }}>
        {text}
      </Txt>
      {action ? (
        <Button
          kind="secondary"
          label={action.label}
          onPress={action.onPress}
          testID={action.testID}
          style={{ marginTop: space.s }}
        />
      ) : null}
    </View>
  );
}

/** What failed, in words, with a way on where there is one. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  return (
    <View role="alert" style={{ padding: space.l, gap: space.m, alignItems: 'flex-start' }}>
      <Notice tone="negative" text={messageOf(error)} />
      {onRetry && isRetryable(error) ? <Button kind="secondary" label="Try again" onPress={onRetry} /> : null}
    </View>
  );
}

const ICONS = { negative: 'alert', warning: 'alert', positive: 'check', accent: 'lock' } as const satisfies Record<
  string,
  IconName
>;

/** A sentence that matters, in a soft box. `live` has screen readers say it when it appears. */
export function Notice({
  tone,
  text,
  live,
  icon,
  testID,
}: {
  tone: keyof typeof ICONS;
  text: string;
  /** In place of the tone's own. */
  icon?: IconName;
  live?: boolean;
  testID?: string;
}) {
  const palette = usePalette();
  const fill = palette[`${tone}Soft`];
  return (
    <View
      role={live ? (tone === 'negative' ? 'alert' : 'status') : undefined}
      style={{
        flexDirection: 'row',
        gap: space.s,
        backgroundColor: fill,
        borderRadius: radius.m,
        padding: space.m,
        alignSelf: 'stretch',
      }}
    >
      <View style={{ paddingTop: 1 }}>
        <Icon name={icon ?? ICONS[tone]} size={18} color={palette[tone]} />
      </View>
      <Txt variant="small" style={{ flex: 1 }} testID={testID}>
        {text}
      </Txt>
    </View>
  );
}
