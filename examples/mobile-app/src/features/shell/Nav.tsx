import { Link, usePathname } from 'expo-router';
import { Pressable, View } from 'react-native';

import type { IconName } from '@/ui/Icon';
import { Icon } from '@/ui/Icon';
import { Txt } from '@/ui/Txt';
import { useIsAdmin } from '@/session/use-session';
import { usePalette } from '@/theme/theme';
import { radius, space, TARGET } from '@/theme/tokens';
import { LiveMark } from './LiveMark';
import { Logo } from './Logo';

interface Item {
  href: '/' | '/positions' | '/trade' | '/activity' | '/settings' | '/admin';
  label: string;
  icon: IconName;
  also?: string[];
}

const ITEMS: readonly Item[] = [
  { href: '/', label: 'Dashboard', icon: 'dashboard' },
  { href: '/positions', label: 'Positions', icon: 'positions', also: ['/orders', '/positions/'] },
  { href: '/trade', label: 'Trade', icon: 'trade' },
  { href: '/activity', label: 'Activity', icon: 'activity' },
  { href: '/settings', label: 'Settings', icon: 'settings', also: ['/connect', '/keys', '/admin'] },
];

/** For administrators, beside the others where there is room; on phones the settings lead there. */
const ADMIN: Item = { href: '/admin', label: 'Admin', icon: 'shield' };

/** Of those that are shown, the one that the page belongs to: without an entry of its own, administration is under the settings. */
function useCurrent(items: readonly Item[]): Item | undefined {
  const path = usePathname();
  return (
    items.find((item) => item.href === path) ??
    items.find((item) => (item.also ?? []).some((prefix) => path.startsWith(prefix)))
  );
}

export function SideNav() {
  const palette = usePalette();
  const items = useIsAdmin() ? [...ITEMS, ADMIN] : ITEMS;
  const current = useCurrent(items);
  return (
    <View
      role="navigation"
      aria-label="Main"
      style={{
        width: 224,
        padding: space.l,
        gap: space.xs,
        backgroundColor: palette.surface,
        borderRightWidth: 1,
        borderRightColor: palette.line,
      }}
    >
      <View style={{ paddingHorizontal: space.m, paddingVertical: space.m, marginBottom: space.m }}>
        <Logo />
      </View>
      {items.map((item) => {
        const on = item === current;
        return (
          <Link key={item.href} href={item.href} asChild>
            <Pressable
              aria-current={on ? 'page' : undefined}
              testID={`nav-${item.label.toLowerCase()}`}
              style={{
                minHeight: TARGET,
                flexDirection: 'row',
                alignItems: 'center',
                gap: space.m,
                paddingHorizontal: space.m,
                borderRadius: radius.m,
                backgroundColor: on ? palette.accentSoft : 'transparent',
              }}
            >
              <Icon name={item.icon} size={20} color={on ? palette.accent : palette.muted} />
              <Txt variant={on ? 'strong' : 'body'} tone={on ? 'accent' : 'text'}>
                {item.label}
              </Txt>
            </Pressable>
          </Link>
        );
      })}
      <View style={{ flex: 1 }} />
      <View style={{ padding: space.m }}>
        <LiveMark />
      </View>
    </View>
  );
}

export function BottomTabs() {
  const palette = usePalette();
  const current = useCurrent(ITEMS);
  return (
    <View
      role="navigation"
      aria-label="Main"
      style={{
        flexDirection: 'row',
        backgroundColor: palette.surface,
        borderTopWidth: 1,
        borderTopColor: palette.line,
      }}
    >
      {ITEMS.map((item) => {
        const on = item === current;
        return (
          <Link key={item.href} href={item.href} asChild>
            <Pressable
              aria-current={on ? 'page' : undefined}
              testID={`nav-${item.label.toLowerCase()}`}
              style={{ flex: 1, minHeight: 58, alignItems: 'center', justifyContent: 'center', gap: 2 }}
            >
              <Icon name={item.icon} size={22} color={on ? palette.accent : palette.muted} />
              <Txt
                variant="label"
                tone={on ? 'accent' : 'muted'}
                numberOfLines={1}
                style={{ fontSize: 11, letterSpacing: 0, fontWeight: on ? '700' : '500' }}
              >
                {item.label}
              </Txt>
            </Pressable>
          </Link>
        );
      })}
    </View>
  );
}
