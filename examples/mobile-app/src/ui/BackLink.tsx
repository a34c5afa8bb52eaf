import { Link, type Href } from 'expo-router';
import { Pressable } from 'react-native';

import { usePalette } from '@/theme/theme';
import { space, TARGET } from '@/theme/tokens';
import { Icon } from './Icon';
import { Txt } from './Txt';

/** The way to the page above this one. */
export function BackLink({ label, href }: { label: string; href: Href }) {
  const palette = usePalette();
  return (
    <Link href={href} asChild>
      <Pressable
        testID="back"
        style={{
          minHeight: TARGET,
          flexDirection: 'row',
          alignItems: 'center',
          alignSelf: 'flex-start',
          gap: space.xs,
          paddingRight: space.m,
        }}
      >
        <Icon name="back" size={18} color={palette.accent} />
        <Txt variant="strong" tone="accent">
          {label}
        </Txt>
      </Pressable>
    </Link>
  );
}
