import { View } from 'react-native';

import { Logo } from '@/features/shell/Logo';
import { usePalette } from '@/theme/theme';

/** While the session is picked up. */
export function Starting() {
  const palette = usePalette();
  return (
    <View
      role="status"
      aria-label="Starting"
      style={{ flex: 1, alignItems: 'center', justifyContent: 'center', backgroundColor: palette.canvas }}
    >
      <Logo size={36} />
    </View>
  );
}
