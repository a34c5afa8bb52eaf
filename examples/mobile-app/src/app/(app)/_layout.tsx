import { Redirect, Slot } from 'expo-router';

import { Shell } from '@/features/shell/Shell';
import { Starting } from '@/features/welcome/Starting';
import { Unreachable } from '@/features/welcome/Unreachable';
import { LiveProvider } from '@/live/LiveProvider';
import { useSession } from '@/session/use-session';

/** Everything behind sign-in. */
export default function AppLayout() {
  const session = useSession();
  if (session.status === 'starting') return <Starting />;
  if (session.status === 'unreachable') return <Unreachable error={session.error} />;
  if (session.status === 'out') return <Redirect href="/welcome" />;
  return (
    <LiveProvider>
      <Shell>
        <Slot />
      </Shell>
    </LiveProvider>
  );
}
