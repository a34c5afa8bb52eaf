import type { Position } from '@/api/types';
import { assets, money, price, quantity } from '@/format/money';
import { dateTime } from '@/format/time';
import { Card } from '@/ui/Card';
import { Delta } from '@/ui/Delta';
import { Fact, Facts } from '@/ui/Facts';
import { SideBadge } from './SideBadge';
import { Unrealised } from './Unrealised';

/** A position in figures. */
export function PositionFacts({ position: p }: { position: Position }) {
  const { base, quote } = assets(p.symbol);
  return (
    <Card title="Position" testID="position-facts">
      <Facts>
        <Fact label="Side" value={<SideBadge side={p.side} />} />
        <Fact label="Quantity" value={`${quantity(p.quantity)} ${base}`} />
        {p.dust ? <Fact label="Too small to be closed" value="Joined with what is bought next" /> : null}
        <Fact label="Entry" value={price(p.entry_price, quote)} />
        <Fact label="Value now" value={money(p.market_value, quote)} />
        <Fact label="Unrealised P&L" value={<Unrealised position={p} />} />
        <Fact
          label="Realised P&L"
          value={<Delta value={p.realised_pnl} currency={quote} variant="small" align="right" />}
        />
        <Fact label="Fees" value={money(p.fees, quote)} />
        <Fact label="Opened" value={dateTime(p.opened_at)} />
      </Facts>
    </Card>
  );
}
