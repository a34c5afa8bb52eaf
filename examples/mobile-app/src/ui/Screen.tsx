import type { Href } from 'expo-router';
import { useEffect, useRef, type ReactNode } from 'react';
import { ScrollView, View, type NativeScrollEvent, type NativeSyntheticEvent } from 'react-native';

import { useTitle } from '@/lib/use-title';
import { useWide } from '@/theme/theme';
import { CONTENT_MAX, space } from '@/theme/tokens';
import { BackLink } from './BackLink';
import { Txt } from './Txt';

interface Props {
  title: string;
  /** The page above this one. */
  back?: { label: string; href: Href };
  /** Stands at the right of the title. */
  action?: ReactNode;
  /** Called when the end comes near, for lists that load more. */
  onEnd?: () => void;
  maxWidth?: number;
  /** Scrolls to the top when it becomes true: there is something that must be seen. */
  toTop?: boolean;
  testID?: string;
  children: ReactNode;
}

/** A scrolling page with its title. */
export function Screen({ title, back, action, onEnd, maxWidth = CONTENT_MAX, toTop = false, testID, children }: Props) {
  const wide = useWide();
  const scroller = useRef<ScrollView>(null);
  useTitle(title);
  useEffect(() => {
    if (toTop) scroller.current?.scrollTo({ y: 0, animated: false });
  }, [toTop]);
  const onScroll = ({ nativeEvent: e }: NativeSyntheticEvent<NativeScrollEvent>) => {
    if (e.contentOffset.y + e.layoutMeasurement.height > e.contentSize.height - 600) onEnd?.();
  };
  return (
    <ScrollView
      ref={scroller}
      testID={testID}
      style={{ flex: 1 }}
      onScroll={onEnd ? onScroll : undefined}
      scrollEventThrottle={100}
      keyboardShouldPersistTaps="handled"
      contentContainerStyle={{ padding: wide ? space.xl : space.l, paddingBottom: space.huge, alignItems: 'center' }}
    >
      <View style={{ width: '100%', maxWidth, gap: wide ? space.xl : space.l }}>
        <View>
          {back ? <BackLink {...back} /> : null}
          <View
            style={{
              flexDirection: 'row',
              alignItems: 'center',
              justifyContent: 'space-between',
              gap: space.m,
              minHeight: 44,
            }}
          >
            <Txt variant="title" level={1} style={{ flexShrink: 1 }}>
              {title}
            </Txt>
            {action}
          </View>
        </View>
        {children}
      </View>
    </ScrollView>
  );
}
