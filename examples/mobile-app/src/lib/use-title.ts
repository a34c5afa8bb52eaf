import { useEffect } from 'react';

/** The browser's tab title; phones have none. */
export function useTitle(title: string): void {
  useEffect(() => {
    if (process.env.EXPO_OS === 'web') document.title = `${title} · NIJA`;
  }, [title]);
}
