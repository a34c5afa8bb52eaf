import type { ReactNode } from 'react';
import { Modal, Pressable, ScrollView, View } from 'react-native';

import { usePalette } from '@/theme/theme';
import { radius, space } from '@/theme/tokens';
import { Txt } from './Txt';

interface Props {
  title: string;
  onClose: () => void;
  testID?: string;
  children: ReactNode;
}

/** A question over the page. Escape, the back key or a press outside closes it; the focus stays inside. */
export function Dialog({ title, onClose, testID, children }: Props) {
  const palette = usePalette();
  return (
    <Modal transparent visible animationType="none" onRequestClose={onClose} aria-label={title} testID={testID}>
      <View style={{ flex: 1, alignItems: 'center', justifyContent: 'center', padding: space.l }}>
        <Pressable
          onPress={onClose}
          tabIndex={-1}
          aria-hidden
          style={{ position: 'absolute', top: 0, bottom: 0, left: 0, right: 0, backgroundColor: palette.scrim }}
        />
        <View
          style={{
            width: '100%',
            maxWidth: 440,
            maxHeight: '92%',
            borderRadius: radius.l,
            borderWidth: 1,
            backgroundColor: palette.surface,
            borderColor: palette.line,
          }}
        >
          <ScrollView contentContainerStyle={{ padding: space.xl, gap: space.l }}>
            <Txt variant="title" level={2}>
              {title}
            </Txt>
            {children}
          </ScrollView>
        </View>
      </View>
    </Modal>
  );
}
