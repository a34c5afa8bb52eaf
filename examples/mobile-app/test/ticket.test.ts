import { bestPrice, EMPTY, estimate, orderOf, problemsOf, type Ticket } from '@/features/trade/ticket';
import { market } from './fixtures';

const ticket = (over: Partial<Ticket> = {}): Ticket => ({ ...EMPTY, symbol: 'BTC-USD', size: '100', ...over });

test('the size goes out exactly as typed, without grouping', () => {
  expect(orderOf(ticket({ size: ' 1,000.10 ' }), 'id')).toEqual({
    client_order_id: 'id',
    symbol: 'BTC-USD',
    side: 'buy',
    size: '1000.10',
    size_type: 'quote',
    order_type: 'market',
  });
});

test('a limit price and a venue are sent only where they are chosen', () => {
  const order = orderOf(ticket({ orderType: 'limit', limitPrice: '60000', venue: 'paper' }), 'id');
  expect(order).toMatchObject({ order_type: 'limit', limit_price: '60000', venue: 'paper' });
  expect(orderOf(ticket({ orderType: 'market', limitPrice: '60000' }), 'id')).not.toHaveProperty('limit_price');
});

test('what is wrong is said field by field', () => {
  expect(problemsOf(ticket())).toEqual({});
  expect(problemsOf(ticket({ size: '' }))).toHaveProperty('size');
  expect(problemsOf(ticket({ size: '-5' })).size).toContain('more than zero');
  expect(problemsOf(ticket({ size: '1e9' })).size).toContain('digits');
  expect(problemsOf(ticket({ orderType: 'limit' }))).toHaveProperty('limitPrice');
});

test('buyers see the lowest ask, sellers the highest bid', () => {
  const markets = [
    market(),
    market({ venue: 'paper', bid: '62450', ask: '62480' }),
    market({ symbol: 'ETH-USD', ask: '1' }),
  ];
  expect(bestPrice(markets, ticket())).toBe('62480');
  expect(bestPrice(markets, ticket({ side: 'sell' }))).toBe('62450');
  expect(bestPrice(markets, ticket({ venue: 'kraken' }))).toBe('62500');
});

test('the estimate is in the other unit', () => {
  expect(estimate(ticket(), '62500')).toBe('≈ 0.0016 BTC');
  expect(estimate(ticket({ sizeType: 'base', size: '2' }), '62500')).toBe('≈ $125,000.00');
  expect(estimate(ticket({ size: '' }), '62500')).toBeNull();
});
