import { screen } from '@testing-library/react-native';

import type { OrderReceipt, RouteShare } from '@/api/types';
import { Receipt } from '@/features/orders/ReceiptCard';
import { RouteView } from '@/features/route/RouteView';
import { decision } from './fixtures';
import { renderWith } from './render';

jest.mock('expo-router', () => ({ useRouter: () => ({ push: jest.fn() }) }));

const share = (venue: string, part: string, quantity: string): RouteShare => ({
  venue,
  quantity,
  share: part,
  estimated_price: '60000',
  estimated_fees: '1.5',
  cost: { total: '27.5', price: '1.5', fees: '26', latency: '0', failure: '0' },
});

test('an order that several exchanges share shows each one’s part, price and cost, and no one venue', () => {
  const { venue: _, ...whole } = decision();
  const shares = [share('kraken', '0.6', '0.006'), share('okx', '0.4', '0.004')];
  renderWith(<RouteView decision={{ ...whole, policy: 'expected_cost', shares }} />, {});
  expect(screen.getByTestId('share-kraken')).toHaveTextContent(/60\s%.*0.006 BTC.*\$60,000.00.*27.5\sbps/);
  expect(screen.getByTestId('share-okx')).toHaveTextContent(/40\s%/);
  expect(screen.getByText(/cheaper than the best exchange alone/)).toBeTruthy();
  expect(screen.queryByText('Chosen')).toBeNull();
});

test('a decision that found no venue says so without codes', () => {
  const { venue: _, ...nowhere } = decision({
    candidates: [
      { venue: 'kraken', eligible: false, factors: [], rejections: ['kill_switch'] },
      { venue: 'okx', eligible: false, factors: [], rejections: ['not_requested', 'insufficient_position'] },
    ],
  });
  renderWith(<RouteView decision={nowhere} />, {});
  expect(screen.getByText(/No exchange could take this order/)).toBeTruthy();
  expect(screen.getByText('Its kill switch is on')).toBeTruthy();
  expect(screen.getByText('Another exchange was asked for, not enough of a position there')).toBeTruthy();
  expect(screen.queryByText('Chosen by')).toBeNull();
});

test('the receipt of a shared order lists its shares', () => {
  const figures = { fills: 1, filled: '0.006', notional: '360', slippage: '0', fees: '1', cost: '1', cost_bps: '27.8' };
  const receipt: OrderReceipt = {
    order_id: 'p',
    symbol: 'BTC-USD',
    side: 'buy',
    state: 'filled',
    shortfall: '0',
    total: { ...figures, average_price: '60000' },
    times: {},
    attempts: [],
    venues: [],
    method: 'split',
    children: [
      { order_id: 'c1', state: 'filled', venues: ['kraken'], figures: { ...figures, average_price: '60000' } },
    ],
  };
  renderWith(<Receipt receipt={receipt} />, {});
  expect(screen.getByTestId('receipt-child-c1')).toHaveTextContent(
    /Kraken.*0.006 BTC at \$60,000.00, cost \+\$1.00 \(27.8\sbps\)/,
  );
});
