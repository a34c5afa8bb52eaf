import { fireEvent, screen } from '@testing-library/react-native';

import type { EquityPoint, PnlRow } from '@/api/types';
import { curveInWords, everyWords, withNow } from '@/features/equity/curve';
import { BreakdownCard } from '@/features/equity/BreakdownCard';
import { feesWords } from '@/features/equity/fees';
import { overview } from './fixtures';
import { renderWith } from './render';

const point = (at: string, pnl: string): EquityPoint => ({ at, pnl, realised: pnl, unrealised: '0', unpriced: 0 });
const row = (over: Partial<PnlRow> = {}): PnlRow => ({
  key: 'BTC-USD',
  currency: 'USD',
  realised: '12.5',
  fees: '1.25',
  net: '11.25',
  fills: 4,
  fees_paid: [{ asset: 'USD', amount: '1.25', in_quote: '1.25' }],
  ...over,
});

test('the curve ends with what the account stands at now, unless that is older than what was measured', () => {
  const points = [point('2026-11-23T09:00:00Z', '1'), point('2026-11-23T09:05:00Z', '3')];
  expect(withNow(points, overview()).map(({ pnl }) => pnl)).toEqual(['1', '3', '2']);
  expect(withNow(points, overview({ as_of: '2026-11-23T09:05:00Z' }))).toHaveLength(2);
  expect(withNow(points, undefined)).toHaveLength(2);
  expect(curveInWords(points, 'USD')).toContain('+$1.00 to +$3.00, highest +$3.00, lowest +$1.00.');
  expect([300, 60, 1, 90].map(everyWords)).toEqual([
    'every 5 minutes',
    'every minute',
    'every second',
    'every 90 seconds',
  ]);
});

test('profits are listed by pair and by venue, with fees that were taken in another asset', async () => {
  const pnl = jest.fn((by: 'pair' | 'venue') =>
    Promise.resolve({
      items: [
        by === 'pair'
          ? row({ fees_paid: [{ asset: 'BTC', amount: '0.00002', in_quote: '1.25' }] })
          : row({ key: 'kraken', net: '-2', realised: '-0.75' }),
      ],
    }),
  );
  renderWith(<BreakdownCard />, { pnl });
  expect(await screen.findByText('fees of 0.00002 BTC')).toBeTruthy();
  expect(screen.getByText('▲ +$11.25')).toBeTruthy();
  fireEvent.press(screen.getByTestId('breakdown-by-venue'));
  expect(await screen.findByText('Kraken')).toBeTruthy();
  expect(screen.getByText('▼ −$2.00')).toBeTruthy();
  expect(feesWords(row())).toBe('');
});

test('without a fill the table says what it is for', async () => {
  renderWith(<BreakdownCard />, { pnl: () => Promise.resolve({ items: [] }) });
  expect(await screen.findByText('No fills yet')).toBeTruthy();
});
