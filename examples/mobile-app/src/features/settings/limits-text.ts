/** One's own risk limits as they are typed: shares in per cent; empty where there is none of one's own. Pure, so that it can be tested without a screen. */
import type { RiskLimits } from '@/api/types';
import { compare, divide, multiply, parse, round, sign, trim } from '@/format/decimal';

const SHARES = ['max_equity_share', 'max_daily_loss', 'max_drawdown', 'price_collar'] as const;
type Share = (typeof SHARES)[number];
export type LimitField = Share | 'largest_position' | 'positions' | 'allowed_symbols';

/** Typed where nothing may be traded; an empty field leaves it to the plan. */
export const NOTHING = 'none';

export type LimitsText = Record<LimitField, string>;

export function textOf(limits: RiskLimits): LimitsText {
  const percent = (field: Share) => {
    const share = limits[field];
    return share === undefined ? '' : trim(round(multiply(share, '100'), 4));
  };
  return {
    max_equity_share: percent('max_equity_share'),
    max_daily_loss: percent('max_daily_loss'),
    max_drawdown: percent('max_drawdown'),
    price_collar: percent('price_collar'),
    largest_position: limits.largest_position ?? '',
    positions: limits.positions === undefined ? '' : String(limits.positions),
    allowed_symbols: limits.allowed_symbols?.length === 0 ? NOTHING : (limits.allowed_symbols?.join(', ') ?? ''),
  };
}

/** The limits, or what is wrong with them field by field. The server has the last word. */
export function limitsOf(text: LimitsText): { limits?: RiskLimits; problems: Partial<LimitsText> } {
  const problems: Partial<LimitsText> = {};
  const limits: RiskLimits = {};
  SHARES.forEach((field) => {
    const value = clean(text[field]);
    if (value === '') return;
    const wrong = numberError(value) ?? (compare(value, '100') > 0 ? 'At most 100 %.' : null);
    if (wrong) problems[field] = wrong;
    else limits[field] = trim(divide(value, '100', 8) ?? '0');
  });
  const largest = clean(text.largest_position);
  if (largest !== '') {
    const wrong = numberError(largest);
    if (wrong) problems.largest_position = wrong;
    else limits.largest_position = largest;
  }
  const positions = clean(text.positions);
  if (/^\d{1,6}$/.test(positions)) limits.positions = Number(positions);
  else if (positions !== '') problems.positions = 'Use a whole number.';
  const nothing = text.allowed_symbols.trim().toLowerCase() === NOTHING;
  const symbols = (nothing ? '' : text.allowed_symbols)
    .split(',')
    .map((symbol) => symbol.trim().toUpperCase())
    .filter(Boolean);
  const odd = symbols.find((symbol) => !/^[A-Z0-9]+-[A-Z0-9]+$/.test(symbol));
  if (odd !== undefined) problems.allowed_symbols = `${odd} is not a pair like BTC-USD.`;
  else if (symbols.length || nothing) limits.allowed_symbols = symbols;
  return Object.keys(problems).length ? { problems } : { limits, problems };
}

function numberError(text: string): string | null {
  if (!parse(text)) return 'Use digits and one decimal point.';
  return sign(text) > 0 ? null : 'Enter more than zero.';
}

const clean = (text: string): string => text.replace(/[\s,%]/g, '');
