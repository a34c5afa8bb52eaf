/** Where things stand in a chart. Drawing only: the amounts beside a chart are exact. */
export interface Point {
  at: number;
  value: number;
}

export interface Scale {
  x: (at: number) => number;
  y: (value: number) => number;
  /** Round values across the height, the lowest first. */
  ticks: number[];
}

/** Fits points (and values that must be in sight) into a box, with round values above and below them. */
export function scaleOf(
  points: readonly Point[],
  also: readonly number[],
  box: { left: number; right: number; top: number; bottom: number },
): Scale {
  const values = [...points.map(({ value }) => value), ...also];
  const ticks = ticksOf(Math.min(...values), Math.max(...values), 4);
  const [low = 0, high = 1] = [ticks[0], ticks[ticks.length - 1]];
  const [first = 0, last = 0] = [points[0]?.at, points[points.length - 1]?.at];
  return {
    x: (at) => box.left + (last > first ? (at - first) / (last - first) : 0.5) * (box.right - box.left),
    y: (value) => box.bottom - ((value - low) / (high - low)) * (box.bottom - box.top),
    ticks,
  };
}

/** About `count` steps of 1, 2 or 5 times a power of ten that hold `low` and `high`. */
export function ticksOf(low: number, high: number, count: number): number[] {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const from = Math.floor(low / step);
  const to = Math.max(Math.ceil(high / step), from + 1);
  // A product of whole numbers of steps keeps the rounding errors of a sum away.
  return Array.from({ length: to - from + 1 }, (_, i) => Number(((from + i) * step).toPrecision(12)));
}

/** The index of the point nearest to `at`. */
export function nearest(points: readonly Point[], at: number): number {
  return points.reduce(
    (best, point, i) => (Math.abs(point.at - at) < Math.abs((points[best]?.at ?? Infinity) - at) ? i : best),
    0,
  );
}
