import { totals } from '@/features/positions/Totals';

import { position } from './fixtures';

test('positions are added up in USD whatever they are quoted in, and one without a rate counts nothing', () => {
  const all = [
    position({ market_value: '610', unrealised_pnl: '10' }),
    position({ symbol: 'ETH-USDT', market_value: '300', unrealised_pnl: '-5', usd_rate: '0.999' }),
    position({ symbol: 'ETH-BTC', market_value: '0.05', unrealised_pnl: '0.001', usd_rate: '60000' }),
    position({ symbol: 'ETH-EUR', market_value: '300', unrealised_pnl: '7', usd_rate: undefined }),
    position({ symbol: 'SOL-USDT', market_value: undefined, unrealised_pnl: undefined, usd_rate: '1' }),
  ];
  const { value, pnl } = totals(all);
  expect(Number(value)).toBeCloseTo(610 + 299.7 + 3000);
  expect(Number(pnl)).toBeCloseTo(10 - 4.995 + 60);
});
