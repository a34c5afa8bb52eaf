import { screen } from '@testing-library/react-native';

import type { OrderReceipt, ReceiptFigures } from '@/api/types';
import { ReceiptCard } from '@/features/orders/ReceiptCard';
import { AT } from './fixtures';
import { renderWith } from './render';

jest.mock('expo-router', () => ({ useRouter: () => ({ push: jest.fn() }) }));

const figures = (over: Partial<ReceiptFigures> = {}): ReceiptFigures => ({
  fills: 1,
  filled: '0.001',
  notional: '60.06',
  expected_price: '60000',
  average_price: '60060',
  slippage: '0.06',
  slippage_bps: '10',
  fees: '0.15',
  fee_bps: '24.975',
  cost: '0.21',
  cost_bps: '35',
  ...over,
});

const receipt = (over: Partial<OrderReceipt> = {}): OrderReceipt => ({
  order_id: 'o1',
  symbol: 'BTC-USD',
  side: 'buy',
  state: 'filled',
  arrival_price: '60000',
  shortfall: '0.06',
  total: figures(),
  times: { taken_up_at: AT, route_ms: '0.412', queue_ms: '1.5', venue_ms: '42.7', total_ms: '51' },
  attempts: [attempt()],
  venues: [],
  ...over,
});

const attempt = (over: Partial<OrderReceipt['attempts'][number]> = {}): OrderReceipt['attempts'][number] => ({
  attempt: 0,
  venue: 'kraken',
  order_type: 'market',
  quantity: '0.001',
  expected_price: '60000',
  route_reason: 'the best score',
  state: 'filled',
  figures: figures(),
  times: {},
  ...over,
});

test('a filled order shows what it cost beside what was expected, and how long each step took', async () => {
  renderWith(<ReceiptCard orderId="o1" />, { receipt: () => Promise.resolve(receipt()) });
  expect((await screen.findByTestId('receipt-slippage')).props.children).toBe('+$0.06 (10\u00a0bps)');
  expect(screen.getByTestId('receipt-realised').props.children).toBe('$60,060.00');
  expect(screen.getByText('0.41\u00a0ms')).toBeTruthy();
  expect(screen.getByText('43\u00a0ms')).toBeTruthy();
});

test('a failover shows each attempt and what it died of', async () => {
  const dead = attempt({ venue: 'coinbase', state: 'failed', reason: 'coinbase is not available' });
  const both = receipt({ attempts: [dead, attempt({ attempt: 1 })] });
  renderWith(<ReceiptCard orderId="o1" />, { receipt: () => Promise.resolve(both) });
  expect(await screen.findByText('coinbase is not available')).toBeTruthy();
  expect(screen.getByTestId('receipt-attempt-1')).toBeTruthy();
});

test('an order that never filled says why', async () => {
  const none = figures({ fills: 0, expected_price: undefined, average_price: undefined });
  const refused = receipt({ state: 'rejected', reason: 'you paused trading', total: none, attempts: [] });
  renderWith(<ReceiptCard orderId="o1" />, { receipt: () => Promise.resolve(refused) });
  expect(await screen.findByText('Nothing filled: you paused trading.')).toBeTruthy();
});
