import { usePathname, useRouter } from 'expo-router';

import { useKillSwitches } from '@/api/queries';
import { useVenueName } from '@/api/use-venue-name';
import { Banner } from '@/ui/Banner';
import { Button } from '@/ui/Button';
import { scopeWords } from './words';

/** Says on every page but the first, which shows all of it, that a kill switch is on. */
export function KillBanner() {
  const router = useRouter();
  const nameOf = useVenueName();
  const path = usePathname();
  const [first] = useKillSwitches().data ?? [];
  if (!first || path === '/') return null;
  const text = `${scopeWords(first.scope, nameOf)}: the kill switch is on.`;
  return (
    <Banner tone="negative" icon="stop" text={text} testID="kill-banner">
      <Button kind="quiet" label="Details" hint="Details of the kill switch" onPress={() => router.push('/')} />
    </Banner>
  );
}
