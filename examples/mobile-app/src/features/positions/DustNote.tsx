import { Txt } from '@/ui/Txt';

/** In place of the way out: no exchange takes an order that small. */
export function DustNote() {
  return (
    <Txt variant="small" tone="muted" testID="position-dust">
      Too small to be closed; joined with what is bought next.
    </Txt>
  );
}
