/**
 * Decimals as strings, exactly. A JavaScript number cannot hold `0.1` or a large balance with cents, so amounts of money
 * never become one: arithmetic is on BigInt with a scale.
 */
export interface Parts {
  units: bigint;
  scale: number;
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?$/;

/** Reads a plain decimal (no exponent); `null` when the text is not one. */
export function parse(text: string): Parts | null {
  const match = DECIMAL.exec(text.trim());
  if (!match) return null;
  const [, sign, whole = '', fraction = ''] = match;
  if (whole === '' && fraction === '') return null;
  const units = BigInt(whole + fraction || '0');
  return { units: sign === '-' ? -units : units, scale: fraction.length };
}

/** -1, 0 or 1; 0 for text that is not a decimal. */
export function sign(text: string): -1 | 0 | 1 {
  const parts = parse(text);
  if (!parts || parts.units === 0n) return 0;
  return parts.units < 0n ? -1 : 1;
}

/** Rounds half away from zero to `places` decimals, padding with zeros. */
export function round(text: string, places: number): string {
  const parts = parse(text);
  return parts ? render(rescale(parts, places)) : text;
}

/** Cuts trailing zeros: `0.0100` becomes `0.01`, `5.000` becomes `5`. */
export function trim(text: string): string {
  return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}

export function compare(a: string, b: string): number {
  const [x, y] = align(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

export function add(a: string, b: string): string {
  const [x, y, scale] = align(a, b);
  return render({ units: x + y, scale });
}

export function multiply(a: string, b: string): string {
  const x = need(a);
  const y = need(b);
  return render({ units: x.units * y.units, scale: x.scale + y.scale });
}

/** `a / b` rounded to `places`; `null` when `b` is zero. */
export function divide(a: string, b: string, places: number): string | null {
  const x = need(a);
  const y = need(b);
  if (y.units === 0n) return null;
  const guard = places + 1 + y.scale;
  const units = (x.units * 10n ** BigInt(guard)) / y.units;
  return render(rescale({ units, scale: guard + x.scale - y.scale }, places));
}

/** The share of `text` in `max` from 0 to 1, for drawing bars only. */
export function fraction(text: string, max: number): number {
  const value = Number(text);
  return Number.isFinite(value) && max > 0 ? Math.min(1, Math.max(0, value / max)) : 0;
}

export function rescale({ units, scale }: Parts, places: number): Parts {
  if (scale <= places) return { units: units * 10n ** BigInt(places - scale), scale: places };
  const cut = 10n ** BigInt(scale - places);
  const magnitude = units < 0n ? -units : units;
  const rounded = (magnitude + cut / 2n) / cut;
  return { units: units < 0n ? -rounded : rounded, scale: places };
}

export function render({ units, scale }: Parts): string {
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const text = scale ? `${whole}.${digits.slice(-scale)}` : whole;
  return negative ? `-${text}` : text;
}

function need(text: string): Parts {
  const parts = parse(text);
  if (!parts) throw new RangeError(`not a decimal: ${text}`);
  return parts;
}

function align(a: string, b: string): [bigint, bigint, number] {
  const x = need(a);
  const y = need(b);
  const scale = Math.max(x.scale, y.scale);
  return [rescale(x, scale).units, rescale(y, scale).units, scale];
}
