import type { Position } from '@/api/types';
import { assets } from '@/format/money';
import { Delta } from '@/ui/Delta';

/** What a position would win or lose if it were closed now. */
export function Unrealised({
  position: p,
  stacked,
  testID,
}: {
  position: Position;
  stacked?: boolean;
  testID?: string;
}) {
  return (
    <Delta
      value={p.unrealised_pnl}
      percent={p.unrealised_pnl_pct}
      currency={assets(p.symbol).quote}
      variant="small"
      align="right"
      stacked={stacked}
      testID={testID}
    />
  );
}
