/** Calls back when the app comes to the front again: phones cut sockets of sleeping apps. */
import { AppState } from 'react-native';

export function onWake(callback: () => void): () => void {
  let previous = AppState.currentState;
  const subscription = AppState.addEventListener('change', (next) => {
    if (next === 'active' && previous !== 'active') callback();
    previous = next;
  });
  return () => subscription.remove();
}
