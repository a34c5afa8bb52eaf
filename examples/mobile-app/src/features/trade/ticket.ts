/** The order ticket's contents, its rules and the order it makes: pure, so that it can be tested without a screen. */
import type { Market, NewOrder, OrderType, Side, SizeType } from '@/api/types';
import { compare, divide, multiply, parse, round, sign, trim } from '@/format/decimal';
import { assets, money, quantity } from '@/format/money';

export interface Ticket {
  symbol: string;
  side: Side;
  size: string;
  sizeType: SizeType;
  orderType: OrderType;
  limitPrice: string;
  /** Empty: the router chooses. */
  venue: string;
}

export const EMPTY: Ticket = {
  symbol: '',
  side: 'buy',
  size: '',
  sizeType: 'quote',
  orderType: 'market',
  limitPrice: '',
  venue: '',
};

export interface Problems {
  size?: string;
  limitPrice?: string;
}

/** What has to be put right before the order can be previewed. */
export function problemsOf(ticket: Ticket): Problems {
  const problems: Problems = {};
  const size = amountError(ticket.size);
  if (size) problems.size = size;
  const limit = ticket.orderType === 'limit' ? amountError(ticket.limitPrice) : null;
  if (limit) problems.limitPrice = limit;
  return problems;
}

function amountError(text: string): string | null {
  const clean = normalise(text);
  if (clean === '') return 'Enter an amount.';
  if (!parse(clean)) return 'Use digits and one decimal point, such as 250.50.';
  return sign(clean) > 0 ? null : 'Enter more than zero.';
}

/** Spaces and grouping commas out; digits stay exactly as typed. */
export function normalise(text: string): string {
  return text.replace(/[\s,]/g, '');
}

/** The order as the API takes it. Call only where `problemsOf` found nothing. */
export function orderOf(ticket: Ticket, clientOrderId: string): NewOrder {
  const limit = ticket.orderType === 'limit';
  return {
    client_order_id: clientOrderId,
    symbol: ticket.symbol,
    side: ticket.side,
    size: normalise(ticket.size),
    size_type: ticket.sizeType,
    order_type: ticket.orderType,
    ...(limit ? { limit_price: normalise(ticket.limitPrice) } : {}),
    ...(ticket.venue ? { venue: ticket.venue } : {}),
  };
}

/** The best price over the venues for the ticket's side: the lowest ask to buy, the highest bid to sell. */
export function bestPrice(markets: readonly Market[], ticket: Ticket): string | undefined {
  return markets
    .filter((m) => m.symbol === ticket.symbol && (!ticket.venue || m.venue === ticket.venue))
    .map((m) => (ticket.side === 'buy' ? m.ask : m.bid))
    .filter((p): p is string => p !== undefined)
    .reduce<string | undefined>((best, p) => {
      if (best === undefined) return p;
      return (ticket.side === 'buy' ? compare(p, best) < 0 : compare(p, best) > 0) ? p : best;
    }, undefined);
}

/** The size in the other unit at today's price: `≈ 0.0015 BTC`. */
export function estimate(ticket: Ticket, atPrice: string | undefined): string | null {
  const size = normalise(ticket.size);
  const at = ticket.orderType === 'limit' && !amountError(ticket.limitPrice) ? normalise(ticket.limitPrice) : atPrice;
  if (amountError(size) || at === undefined) return null;
  const { base, quote } = assets(ticket.symbol);
  if (ticket.sizeType === 'base') return `≈ ${money(round(multiply(size, at), 2), quote)}`;
  const units = divide(size, at, 8);
  return units === null ? null : `≈ ${quantity(trim(units))} ${base}`;
}
