import { planOf, textOf, type PlanText } from '@/features/protection/plan';
import { guardWords, trailWords } from '@/features/protection/words';
import type { Protection } from '@/api/types';
import { AT, position } from './fixtures';

const text = (over: Partial<PlanText> = {}): PlanText => ({ ...textOf(undefined), ...over });
const profits = (...rows: [string, string][]) => rows.map(([price, share]) => ({ price, share }));
const standing = (over: Partial<Protection> = {}): Protection => ({
  position_id: 'p1',
  plan: { stop_price: '58000' },
  stop_now: '58000',
  stop_hit: false,
  taken: [],
  set_at: AT,
  ...over,
});

test('what is typed goes out exactly, per cent as shares', () => {
  const typed = text({
    stop: '58,000.10',
    trail: 'share',
    trailBy: '2.5',
    profits: profits(['62000', '50'], ['63000', '25']),
  });
  expect(planOf(typed, position()).plan).toEqual({
    stop_price: '58000.10',
    trailing_share: '0.025',
    take_profits: [
      { price: '62000', share: '0.5' },
      { price: '63000', share: '0.25' },
    ],
  });
  expect(planOf(text({ trail: 'distance', trailBy: '800' }), position()).plan).toEqual({ trailing_distance: '800' });
});

test('a price on the wrong side is said at its field, for long and short', () => {
  expect(planOf(text({ stop: '61000' }), position()).problems.stop).toContain('below the price, now $61,000.00');
  expect(planOf(text({ stop: '60000' }), position({ side: 'short' })).problems.stop).toContain('above the price');
  const wrong = planOf(text({ profits: profits(['63000', '50'], ['62000', '50']) }), position()).problems.profits;
  expect(wrong[0]?.price).toBeUndefined();
  expect(wrong[1]?.price).toContain('above the one before it, $63,000.00');
  expect(planOf(text({ profits: profits(['60000', '50']) }), position()).problems.profits[0]?.price).toContain(
    'the price, now',
  );
});

test('shares above the whole, empty plans and half a target are no plans', () => {
  expect(planOf(text({ profits: profits(['62000', '60'], ['63000', '50']) }), position()).problems.all).toContain(
    '110 %',
  );
  expect(planOf(text(), position()).problems.all).toContain('Enter a stop');
  expect(planOf(text({ profits: profits(['62000', '']) }), position()).problems.profits[0]?.share).toBe(
    'Enter a number.',
  );
  expect(planOf(text({ trail: 'share', trailBy: '100' }), position()).problems.trailBy).toBe('Less than 100 %.');
});

test('a plan that is changed begins with what is left of it', () => {
  const plan = {
    stop_price: '58000',
    take_profits: [
      { price: '62000', share: '0.5' },
      { price: '63000', share: '0.3' },
      { price: '64000', share: '0.2' },
    ],
  };
  expect(textOf(standing({ plan, taken: [1] }))).toEqual({
    stop: '58000',
    trail: 'none',
    trailBy: '',
    profits: profits(['63000', '60'], ['64000', '40'], ['', '']),
  });
  // Thirds do not add up to more than what is left.
  const thirds = ['62000', '63000', '64000'].map((price) => ({ price, share: '0.3333' }));
  const left = textOf(standing({ plan: { take_profits: thirds }, taken: [3] }));
  expect(planOf(left, position()).problems.all).toBeUndefined();
});

test('a list says what guards a position, and warns where no stop does', () => {
  expect(guardWords(undefined, 'USD')).toEqual({ label: 'No stop', safe: false });
  expect(guardWords(standing(), 'USD')).toEqual({ label: 'Stop $58,000.00', safe: true });
  const targets = standing({ plan: { take_profits: [{ price: '62000', share: '1' }] }, stop_now: undefined });
  expect(guardWords(targets, 'USD')).toEqual({ label: 'Target, no stop', safe: false });
  expect(trailWords(standing({ plan: { trailing_share: '0.025' } }), 'USD')).toBe('2.5\u00a0% behind the best price');
});
