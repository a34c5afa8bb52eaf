/** A position's protection as it is typed, and the plan that it makes: pure, so that it can be tested without a screen. */
import type { NewProtection, Position, Protection, TakeProfit } from '@/api/types';
import { add, compare, divide, multiply, parse, round, sign, trim } from '@/format/decimal';
import { assets, price } from '@/format/money';

export type Trail = 'none' | 'share' | 'distance';

export interface ProfitText {
  price: string;
  /** Per cent of the position. */
  share: string;
}

export interface PlanText {
  stop: string;
  trail: Trail;
  /** Per cent, or quote units. */
  trailBy: string;
  profits: ProfitText[];
}

export interface Problems {
  stop?: string;
  trailBy?: string;
  /** One for each take-profit. */
  profits: { price?: string; share?: string }[];
  /** Of the plan as a whole. */
  all?: string;
}

/** TP1 to TP3. */
export const MOST = 3;

export const percentOf = (share: string): string => trim(round(multiply(share, '100'), 4));
const shareOf = (percent: string): string => trim(divide(percent, '100', 8) ?? '0');

/** What is typed to begin with: what guards the position now. Take-profits that are done are left out; the shares of the others are of what is left. */
export function textOf(protection: Protection | undefined): PlanText {
  const { stop_price, trailing_share, trailing_distance, take_profits = [] } = protection?.plan ?? {};
  const isTaken = (i: number) => protection?.taken.includes(i + 1) ?? false;
  const gone = take_profits.reduce((sum, { share }, i) => (isTaken(i) ? add(sum, share) : sum), '0');
  const left = add('1', negate(gone));
  const still = take_profits.filter((_, i) => !isTaken(i));
  const profits = still.map(({ price, share }) => ({ price, share: percentOf(shareLeft(share, left)) }));
  return {
    stop: stop_price ?? '',
    trail: trailing_share !== undefined ? 'share' : trailing_distance !== undefined ? 'distance' : 'none',
    trailBy: trailing_share !== undefined ? percentOf(trailing_share) : (trailing_distance ?? ''),
    profits: [...profits, ...Array.from({ length: MOST - profits.length }, () => ({ price: '', share: '' }))],
  };
}

/** A share of the whole as one of what is left; rounded down, so that all together stay within it. */
function shareLeft(share: string, left: string): string {
  if (sign(left) <= 0 || compare(left, '1') === 0) return share;
  const near = divide(share, left, 8) ?? share;
  const down = round(near, 4);
  return compare(down, near) > 0 ? add(down, '-0.0001') : down;
}

/** The plan, or what is wrong with it field by field. The server has the last word. */
export function planOf(text: PlanText, position: Position): { plan?: NewProtection; problems: Problems } {
  const long = position.side !== 'short';
  const market = position.current_price;
  const problems: Problems = { profits: text.profits.map(() => ({})) };
  const plan: NewProtection = {};

  const stop = clean(text.stop);
  if (stop) {
    const wrong = amountError(stop) ?? stopError(stop, market, long, position);
    if (wrong) problems.stop = wrong;
    plan.stop_price = stop;
  }

  const by = clean(text.trailBy);
  if (text.trail !== 'none') {
    const wrong = amountError(by) ?? trailError(text.trail, by, market, position);
    if (wrong) problems.trailBy = wrong;
    else if (text.trail === 'share') plan.trailing_share = shareOf(by);
    else plan.trailing_distance = by;
  }

  const profits: TakeProfit[] = [];
  let last = market ?? (stop || undefined);
  text.profits.forEach((profit, i) => {
    const [at, share] = [clean(profit.price), clean(profit.share)];
    const here = problems.profits[i];
    if ((!at && !share) || !here) return;
    const wrong =
      amountError(at) ?? (last === undefined ? null : profitError(at, last, last === market, long, position));
    if (wrong) here.price = wrong;
    else last = at;
    const few = amountError(share) ?? (compare(share, '100') > 0 ? 'At most 100 %.' : null);
    if (few) here.share = few;
    else profits.push({ price: at, share: shareOf(share) });
  });
  const together = profits.reduce((sum, { share }) => add(sum, share), '0');
  if (compare(together, '1') > 0)
    problems.all = `The take-profits close ${percentOf(together)} % of the position together. Make it 100 % at most.`;
  if (profits.length) plan.take_profits = profits;

  const empty =
    !stop && text.trail === 'none' && text.profits.every(({ price, share }) => !clean(price) && !clean(share));
  if (empty) problems.all = 'Enter a stop, a trailing stop or a take-profit.';
  const fine =
    !problems.stop && !problems.trailBy && !problems.all && problems.profits.every((one) => !one.price && !one.share);
  return fine ? { plan, problems } : { problems };
}

function stopError(at: string, market: string | undefined, long: boolean, p: Position): string | null {
  if (market === undefined) return null;
  const worse = long ? compare(at, market) < 0 : compare(at, market) > 0;
  return worse
    ? null
    : `A stop of a ${p.side} position is ${long ? 'below' : 'above'} the price, now ${told(market, p)}.`;
}

function profitError(at: string, last: string, isMarket: boolean, long: boolean, p: Position): string | null {
  const better = long ? compare(at, last) > 0 : compare(at, last) < 0;
  if (better) return null;
  const than = isMarket ? `the price, now ${told(last, p)}` : `the one before it, ${told(last, p)}`;
  return `This must be ${long ? 'above' : 'below'} ${than}.`;
}

function trailError(trail: Trail, by: string, market: string | undefined, p: Position): string | null {
  if (trail === 'share') return compare(by, '100') < 0 ? null : 'Less than 100 %.';
  if (market === undefined || compare(by, market) < 0) return null;
  return `This must be less than the price, now ${told(market, p)}.`;
}

function amountError(text: string): string | null {
  if (text === '') return 'Enter a number.';
  if (!parse(text)) return 'Use digits and one decimal point, such as 250.50.';
  return sign(text) > 0 ? null : 'Enter more than zero.';
}

const told = (text: string, { symbol }: Position): string => price(text, assets(symbol).quote);
const clean = (text: string): string => text.replace(/[\s,%]/g, '');
const negate = (text: string): string => (text.startsWith('-') ? text.slice(1) : `-${text}`);
