/** Decimals as people read them: grouped digits, a real minus sign, a currency. */
import { multiply, parse, round, sign, trim } from './decimal';

const MINUS = '\u2212';
const SYMBOLS: Readonly<Record<string, string>> = { USD: '$', EUR: '€', GBP: '£' };
/** Shown where there is no value yet. */
export const NONE = '–';

/** `1234567.8` becomes `1,234,567.8`. */
export function group(text: string): string {
  const [whole = '', fraction] = text.replace('-', '').split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${text.startsWith('-') ? MINUS : ''}${grouped}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** `$1,234.50`; other currencies without a symbol come after: `1,234.50 CHF`. */
export function money(text: string | undefined, currency = 'USD'): string {
  if (text === undefined || !parse(text)) return NONE;
  return withCurrency(round(text, 2), currency, '');
}

/** As `money`, with the sign said: `+$12.30`, `−$4.00`, `$0.00`. */
export function signedMoney(text: string | undefined, currency = 'USD'): string {
  if (text === undefined || !parse(text)) return NONE;
  const rounded = round(text, 2);
  return withCurrency(rounded, currency, sign(rounded) > 0 ? '+' : '');
}

function withCurrency(rounded: string, currency: string, plus: string): string {
  const negative = sign(rounded) < 0;
  const digits = group(rounded.replace('-', ''));
  const symbol = SYMBOLS[currency];
  const lead = negative ? MINUS : plus;
  return symbol ? `${lead}${symbol}${digits}` : `${lead}${digits} ${currency}`;
}

/** A round value of a chart's scale: `$1,500`, `−$0.02`. */
export function axisMoney(value: number, currency = 'USD'): string {
  const plain = trim(value.toFixed(6));
  const text = plain.split('.')[1]?.length === 1 ? `${plain}0` : plain;
  return withCurrency(text, currency, '');
}

/** A price with as many places as its size calls for: cents for thousands, more below one. */
export function price(text: string | undefined, currency = 'USD'): string {
  if (text === undefined) return NONE;
  const parts = parse(text);
  if (!parts) return NONE;
  const digits = group(round(text, pricePlaces(text)));
  const symbol = SYMBOLS[currency];
  return symbol ? `${symbol}${digits}` : `${digits} ${currency}`;
}

function pricePlaces(text: string): number {
  const whole = text.replace('-', '').split('.')[0]?.replace(/^0+/, '') ?? '';
  if (whole.length >= 3) return 2;
  if (whole.length >= 1) return 4;
  const zeros = /^-?0*\.(0*)/.exec(text)?.[1]?.length ?? 0;
  return Math.min(12, zeros + 4);
}

/** Base units: at most 8 places, no trailing zeros. */
export function quantity(text: string | undefined): string {
  return text === undefined || !parse(text) ? NONE : group(trim(round(text, 8)));
}

/** `1.234` (per cent) becomes `+1.23 %`. */
export function signedPercent(text: string | undefined): string {
  if (text === undefined || !parse(text)) return NONE;
  const rounded = round(text, 2);
  return `${sign(rounded) > 0 ? '+' : ''}${group(rounded)}\u00a0%`;
}

/** What is held of an asset: money as money, the rest in its units. */
export function holding(asset: string, value: string): string {
  return asset in SYMBOLS ? money(value, asset) : `${quantity(value)} ${asset}`;
}

/** A rate such as `0.0025` becomes `0.25 %`. */
export function rate(text: string): string {
  return parse(text) ? `${group(trim(round(multiply(text, '100'), 4)))}\u00a0%` : NONE;
}

/** `1.5` basis points become `1.5 bps`. */
export function basisPoints(text: string | undefined): string {
  return text === undefined || !parse(text) ? NONE : `${group(trim(round(text, 2)))}\u00a0bps`;
}

/** `BTC-USD` becomes base `BTC` and quote `USD`. */
export function assets(symbol: string): { base: string; quote: string } {
  const [base = symbol, quote = 'USD'] = symbol.split('-');
  return { base, quote };
}
