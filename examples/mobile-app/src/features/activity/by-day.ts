import type { Activity } from '@/api/types';
import { dayKey } from '@/format/time';

export interface Day {
  key: string;
  items: Activity[];
}

/** Lines, newest first, grouped by the device's day; the order stays. */
export function byDay(rows: readonly Activity[]): Day[] {
  const days: Day[] = [];
  for (const row of rows) {
    const key = dayKey(row.at);
    const last = days[days.length - 1];
    if (last?.key === key) last.items.push(row);
    else days.push({ key, items: [row] });
  }
  return days;
}
