import type { StateEvent } from '@/api/stream-types';
import { newer, prependToPages, withDecision, withEvent, withOrder, withPosition, type Pages } from '@/live/apply';
import { activity, AT, decision, order, overview, position } from './fixtures';

const pages = <T>(...items: T[][]): Pages<T> => ({
  pages: items.map((list) => ({ items: list })),
  pageParams: items.map(() => undefined),
});

test('new prices replace figures and positions together', () => {
  const moved = [position({ current_price: '62000', unrealised_pnl: '20' })];
  const event: StateEvent = {
    seq: 0,
    at: '2026-11-23T10:00:01Z',
    type: 'pnl.update',
    data: { equity: '1010', cash: '390', pnl_today: '11', pnl_total: '12', positions: moved },
  };
  expect(withEvent(overview(), event)).toMatchObject({
    equity: '1010',
    pnl_today: '11',
    positions: moved,
    as_of: '2026-11-23T10:00:01Z',
  });
});

test('a position is opened, changed and closed', () => {
  expect(withPosition([], position())).toHaveLength(1);
  expect(withPosition([position()], position({ quantity: '0.02' }))).toEqual([position({ quantity: '0.02' })]);
  expect(withPosition([position()], position({ closed_at: AT }))).toEqual([]);
});

test('a fill without a price keeps the last price', () => {
  const { current_price: _, ...unpriced } = position({ quantity: '0.02' });
  expect(withPosition([position()], unpriced)[0]).toMatchObject({ quantity: '0.02', current_price: '61000' });
});

test('a trade comes first, once, and the dashboard keeps its length', () => {
  const full = overview({ recent_activity: Array.from({ length: 8 }, (_, i) => activity({ id: `old${i}` })) });
  const event: StateEvent = { seq: 1, at: AT, type: 'trade.executed', data: activity({ id: 'new' }) };
  const once = withEvent(full, event);
  expect(once.recent_activity.map((a) => a.id)).toEqual([
    'new',
    'old0',
    'old1',
    'old2',
    'old3',
    'old4',
    'old5',
    'old6',
  ]);
  expect(withEvent(once, event).recent_activity).toEqual(once.recent_activity);
});

test('the bot is paused from elsewhere', () => {
  expect(
    withEvent(overview(), { seq: 2, at: AT, type: 'bot.status', data: { state: 'paused', since: AT } }).bot.state,
  ).toBe('paused');
});

test('rows go to the first page, and none twice', () => {
  const data = pages([activity({ id: 'b' })], [activity({ id: 'c' })]);
  expect(prependToPages(data, activity({ id: 'a' })).pages[0]?.items.map((a) => a.id)).toEqual(['a', 'b']);
  expect(prependToPages(data, activity({ id: 'c' }))).toBe(data);
});

test('an order changes where it stands, and an older answer does not undo a newer event', () => {
  const filled = order({ state: 'filled', updated_at: '2026-11-23T10:00:02Z' });
  const late = order({ state: 'pending', updated_at: '2026-11-23T10:00:01Z' });
  expect(newer(filled, late)).toBe(filled);
  expect(withOrder(pages([order({ id: 'x' }), late]), filled).pages[0]?.items[1]).toBe(filled);
  expect(withOrder(pages([filled]), late).pages[0]?.items[0]).toBe(filled);
});

test('a decision is listed once', () => {
  const once = withDecision({ items: [] }, decision());
  expect(withDecision(once, decision())).toBe(once);
});
