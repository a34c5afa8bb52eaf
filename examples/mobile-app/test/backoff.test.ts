import { backoff } from '@/live/backoff';

test('pauses grow, are capped, and are never nothing', () => {
  expect(backoff(0, 0)).toBe(200);
  expect(backoff(0, 0.999)).toBeLessThanOrEqual(500);
  expect(backoff(3, 0.999)).toBeGreaterThan(backoff(1, 0.999));
  expect(backoff(500, 0.999)).toBeLessThanOrEqual(15_000);
});
