/** Times for people, in the device's zone. The wire's are UTC. */
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const two = (n: number) => String(n).padStart(2, '0');

/** `14:03:21` */
export function clock(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime())
    ? '–'
    : `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `23 Nov 2026` */
export function day(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '–' : `${date.getDate()} ${MONTHS[date.getMonth()]} ${date.getFullYear()}`;
}

/** A UTC day of the wire, `2026-11-23`, as `23 Nov 2026`: it names a day, not a moment, so no zone moves it. */
export function utcDay(text: string): string {
  const [year, month, date] = text.split('-').map(Number);
  const name = MONTHS[(month ?? 0) - 1];
  return name === undefined ? text : `${date} ${name} ${year}`;
}

/** `23 Nov 2026, 14:03:21` */
export const dateTime = (at: string): string => `${day(at)}, ${clock(at)}`;

/** `23 Nov, 14:03`, for lists; the year where it is not this one. */
export function shortDateTime(at: string, now: number): string {
  const date = day(at);
  const year = ` ${new Date(now).getFullYear()}`;
  return `${date.endsWith(year) ? date.slice(0, -year.length) : date}, ${clock(at).slice(0, 5)}`;
}

/** `Today`, `Yesterday` or `Monday, 23 Nov 2026`. */
export function dayHeading(at: string, now: number): string {
  const days = Math.round((midnight(now) - midnight(Date.parse(at))) / 86_400_000);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return `${DAYS[new Date(at).getDay()]}, ${day(at)}`;
}

/** The local day as a key: `2026-11-23`. */
export function dayKey(at: string): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** How long ago, roughly: `just now`, `5 min ago`, `3 h ago`, else the date. */
export function ago(at: string, now: number): string {
  const seconds = Math.max(0, (now - Date.parse(at)) / 1000);
  if (!(seconds < Infinity)) return '–';
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return day(at);
}

function midnight(ms: number): number {
  const date = new Date(ms);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
