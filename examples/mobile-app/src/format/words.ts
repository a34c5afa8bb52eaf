/** The wire's codes in words. Unknown codes are made readable rather than hidden. */
const STATES: Readonly<Record<string, string>> = {
  pending: 'Received',
  routing: 'Routing',
  queued: 'Queued',
  executing: 'Being sent',
  working: 'Working at the exchange',
  partial_fill: 'Partly filled',
  filled: 'Filled',
  rejected: 'Rejected',
  cancelled: 'Cancelled',
  expired: 'Expired',
  failed: 'Failed',
  unknown: 'Not known yet',
};

const FACTORS: Readonly<Record<string, string>> = {
  fees: 'Fees',
  reliability: 'Reliability',
  latency: 'Speed',
  load: 'Load',
  pair_record: 'Record with this pair',
  record: 'Record with this pair',
};

const REJECTIONS: Readonly<Record<string, string>> = {
  insufficient_usd: 'Not enough USD there',
  insufficient_base: 'Nothing to sell there',
  insufficient_position: 'Not enough of a position there',
  pair_not_listed: 'Does not list this pair',
  venue_silent: 'Has not answered since the server started',
  breaker_open: 'Paused after errors',
  no_credentials: 'Not connected',
  below_min_notional: 'Below its smallest order',
  above_max_size: 'Above its largest order',
  market_closed: 'Closed for trading',
  stale_quote: 'No fresh price',
  tier_venue_limit: 'Not in your tier',
  not_requested: 'Another exchange was asked for',
  insufficient_liquidity: 'Its book is too thin',
  queue_full: 'Too busy',
  rate_limited: 'Limiting requests',
  kind_not_supported: 'Has no orders of this type',
  kill_switch: 'Its kill switch is on',
  stop_must_rest: 'Needs a stop that rests there',
};

const PURPOSES: Readonly<Record<string, string>> = {
  entry: 'Opens or adds to a position',
  exit: 'Closes or reduces a position',
  stop_loss: 'Stop of a position',
  other: 'Not said',
};

const CHECKS: Readonly<Record<string, string>> = {
  allowed_pairs: 'Pairs that may be traded',
  daily_loss: 'Loss of the day',
  drawdown: 'Loss below the best',
  duplicate_intent: 'Not the same entry again',
  entry_rate: 'Orders in a short time',
  equity_floor: 'Smallest order',
  equity_share: 'Share of your equity',
  exit_reduces: 'Exit only reduces',
  halted: 'No trading halt',
  position_count: 'Number of positions',
  position_size: 'Size of the position',
  price_collar: 'Price near the market',
  protection_fits: 'Stop and targets fit',
  stale_balance: 'Fresh balance',
};

/** `pair_record` becomes `Pair record`. */
export function humanise(code: string): string {
  const words = code.replace(/[_-]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const orderState = (state: string): string => STATES[state] ?? humanise(state);
/** What an order is for. */
export const purpose = (signal: string): string => PURPOSES[signal] ?? humanise(signal);
export const checkName = (name: string): string => CHECKS[name] ?? humanise(name);
export const factorName = (name: string): string => FACTORS[name] ?? humanise(name);

export function rejection(code: string): string {
  return REJECTIONS[code] ?? humanise(code);
}

/** Several reasons as one sentence. */
export function rejections(codes: readonly string[]): string {
  const [first = '', ...more] = codes.map(rejection);
  return [first, ...more.map((words) => words.charAt(0).toLowerCase() + words.slice(1))].join(', ');
}

/** An order that can still change. */
export function isOpenOrder(state: string): boolean {
  return ['pending', 'routing', 'queued', 'executing', 'working', 'partial_fill', 'unknown'].includes(state);
}
