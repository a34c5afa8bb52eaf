import { humanise } from '@/format/words';
import { Badge } from '@/ui/Badge';

/** `Long`, `Short`, `Buy` or `Sell`. */
export function SideBadge({ side }: { side: string }) {
  return <Badge label={humanise(side)} tone={side === 'short' || side === 'sell' ? 'warning' : 'accent'} />;
}
