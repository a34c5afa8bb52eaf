import type { Position } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { Button } from '@/ui/Button';

/** The way out of a position; it asks before anything is sent. */
export function CloseButton({ position: p, onClose }: { position: Position; onClose: (position: Position) => void }) {
  const nameOf = useVenueName();
  return (
    <Button
      kind="secondary"
      label="Close"
      hint={`Close ${p.symbol} on ${nameOf(p.venue)}`}
      onPress={() => onClose(p)}
      testID="position-close"
    />
  );
}
