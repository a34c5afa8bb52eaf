import { byDay } from '@/features/activity/by-day';
import { ago, dayHeading, shortDateTime } from '@/format/time';
import { activity } from './fixtures';

// Local times, so that the tests hold in every zone.
const at = (day: number, hour = 12) => new Date(2026, 10, day, hour).toISOString();
const now = new Date(2026, 10, 23, 15).getTime();

test('days are named by how far they are', () => {
  expect(dayHeading(at(23, 0), now)).toBe('Today');
  expect(dayHeading(at(22, 23), now)).toBe('Yesterday');
  expect(dayHeading(at(20), now)).toBe('Friday, 20 Nov 2026');
});

test('ages are rough', () => {
  expect(ago(new Date(now - 30_000).toISOString(), now)).toBe('just now');
  expect(ago(new Date(now - 300_000).toISOString(), now)).toBe('5 min ago');
  expect(ago(at(22), now)).toBe('22 Nov 2026');
});

test('the year is said only where it is another', () => {
  expect(shortDateTime(at(22), now)).toBe('22 Nov, 12:00');
  expect(shortDateTime(new Date(2025, 0, 2, 9).toISOString(), now)).toBe('2 Jan 2025, 09:00');
});

test('activity is grouped by day and keeps its order', () => {
  const rows = [
    activity({ id: '1', at: at(23) }),
    activity({ id: '2', at: at(23, 1) }),
    activity({ id: '3', at: at(22) }),
  ];
  expect(byDay(rows).map((day) => day.items.map((item) => item.id))).toEqual([['1', '2'], ['3']]);
});
