import { useSyncExternalStore } from 'react';

import { useServices } from '@/lib/services';
import type { SessionState } from './session';

/** The session's state; renders again when it changes. */
export function useSession(): SessionState {
  const { session } = useServices();
  return useSyncExternalStore(session.subscribe, session.getState, session.getState);
}

/** Whether what is an administrator's is shown; the server checks anew whatever they do. */
export function useIsAdmin(): boolean {
  const state = useSession();
  return state.status === 'in' && state.user.role === 'admin';
}
