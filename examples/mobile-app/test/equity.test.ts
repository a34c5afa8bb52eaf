import type { EquityDay } from '@/api/types';
import { before, currencies, describe as inWords, pointsOf, won } from '@/features/equity/series';
import { axisMoney } from '@/format/money';
import { utcDay } from '@/format/time';
import { nearest, scaleOf, ticksOf } from '@/ui/scale';

const day = (over: Partial<EquityDay>): EquityDay => ({
  day: '2026-11-20',
  currency: 'USD',
  realised: '0',
  fees: '0',
  net: '0',
  total: '0',
  ...over,
});
const days = [
  day({ day: '2026-11-20', net: '5.10', total: '7.10' }),
  day({ day: '2026-11-23', net: '-0.30', total: '6.80' }),
];

test('the curve begins with what was before its first day, and a day without fills leaves it where it was', () => {
  expect(before(days)).toBe('2.00');
  expect(won(days)).toBe('4.80');
  expect(pointsOf(days)).toEqual([
    { at: Date.parse('2026-11-19T00:00:00Z'), value: 2 },
    { at: Date.parse('2026-11-20T00:00:00Z'), value: 7.1 },
    { at: Date.parse('2026-11-23T00:00:00Z'), value: 6.8 },
  ]);
  expect(pointsOf([])).toEqual([]);
});

test('the currency with most days comes first', () => {
  expect(currencies([day({ currency: 'EUR' }), ...days])).toEqual(['USD', 'EUR']);
});

test('the curve is told in words', () => {
  expect(inWords(days, 'USD')).toBe(
    'Realised profit and loss after fees: +$4.80 on 2 days from 2026-11-20 to 2026-11-23. ' +
      'Best day 2026-11-20 with +$5.10, worst 2026-11-23 with −$0.30.',
  );
});

test('a scale has round values that hold everything', () => {
  expect(ticksOf(-0.3, 7.1, 4)).toEqual([-2, 0, 2, 4, 6, 8]);
  expect(ticksOf(62_011, 62_049, 4)).toEqual([62_010, 62_020, 62_030, 62_040, 62_050]);
  expect(ticksOf(0.1, 0.3, 4)).toEqual([0.1, 0.15, 0.2, 0.25, 0.3]);
  const flat = ticksOf(5, 5, 4);
  expect(flat[0]).toBeLessThanOrEqual(5);
  expect(flat[flat.length - 1]).toBeGreaterThan(5);
  expect(ticksOf(0, 0, 4).length).toBeGreaterThan(1);
});

test('points stand within their box', () => {
  const points = [
    { at: 0, value: 1 },
    { at: 10, value: 3 },
  ];
  const { x, y } = scaleOf(points, [0], { left: 2, right: 102, top: 10, bottom: 110 });
  expect([x(0), x(10), y(0)]).toEqual([2, 102, 110]);
  expect(y(3)).toBeGreaterThanOrEqual(10);
  expect([nearest(points, 4), nearest(points, 6)]).toEqual([0, 1]);
});

test('a scale’s values and a UTC day are told as people read them', () => {
  expect([1500, 0, -0.02, 0.5, 0.125, 1e6].map((value) => axisMoney(value))).toEqual([
    '$1,500',
    '$0',
    '−$0.02',
    '$0.50',
    '$0.125',
    '$1,000,000',
  ]);
  expect([utcDay('2026-11-03'), utcDay('soon')]).toEqual(['3 Nov 2026', 'soon']);
});
