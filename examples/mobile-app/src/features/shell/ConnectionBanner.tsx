import { useEffect, useState } from 'react';

import { clock } from '@/format/time';
import { useLive } from '@/live/LiveProvider';
import { Banner } from '@/ui/Banner';
import { Button } from '@/ui/Button';

/** Blips shorter than this are not worth a word. */
const PATIENCE_MS = 1500;

/** Says that values stand still, since when, and offers to try at once. */
export function ConnectionBanner() {
  const { status, retry } = useLive();
  const [since, setSince] = useState<string | null>(null);
  const [shown, setShown] = useState(false);
  const away = status !== 'live';

  useEffect(() => {
    if (!away) {
      setSince(null);
      setShown(false);
      return undefined;
    }
    setSince(new Date().toISOString());
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [away]);

  if (!shown || !since) return null;
  const text = `Connection lost. Values are as of ${clock(since)}; reconnecting…`;
  return (
    <Banner tone="warning" icon="offline" text={text} testID="offline-banner">
      <Button kind="quiet" label="Retry" onPress={retry} testID="offline-retry" />
    </Banner>
  );
}
