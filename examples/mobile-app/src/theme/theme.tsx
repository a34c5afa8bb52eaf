/** The palette by the system's preference, and the layout by the window's width. */
import { useColorScheme, useWindowDimensions } from 'react-native';

import { dark, light, TABLES, WIDE, type Palette } from './tokens';

export function usePalette(): Palette {
  return useColorScheme() === 'dark' ? dark : light;
}

export function useWide(): boolean {
  return useWindowDimensions().width >= WIDE;
}

/** Whether orders and positions are shown as tables. */
export function useTables(): boolean {
  return useWindowDimensions().width >= TABLES;
}
