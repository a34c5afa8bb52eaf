import { isOpenOrder, orderState } from '@/format/words';
import { Badge, type BadgeTone } from '@/ui/Badge';

/** An order's state as a word. */
export function StateBadge({ state }: { state: string }) {
  return <Badge label={orderState(state)} tone={toneOf(state)} testID="order-state" />;
}

function toneOf(state: string): BadgeTone {
  if (state === 'filled') return 'positive';
  if (state === 'unknown') return 'warning';
  if (state === 'rejected' || state === 'failed') return 'negative';
  return isOpenOrder(state) ? 'accent' : 'neutral';
}
