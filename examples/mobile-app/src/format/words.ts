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
};

const REJECTIONS: Readonly<Record<string, string>> = {
  insufficient_usd: 'Not enough USD there',
  no_credential: 'Not connected',
  not_connected: 'Not connected',
  symbol_not_listed: 'Does not list this pair',
  below_minimum: 'Below its smallest order',
  venue_down: 'Down at the moment',
  breaker_open: 'Paused after errors',
};

/** `pair_record` becomes `Pair record`. */
export function humanise(code: string): string {
  const words = code.replace(/[_-]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const orderState = (state: string): string => STATES[state] ?? humanise(state);
export const factorName = (name: string): string => FACTORS[name] ?? humanise(name);

export function rejection(code: string): string {
  const known = REJECTIONS[code];
  if (known) return known;
  const short = /^insufficient_(\w+)$/.exec(code);
  return short ? `Not enough ${short[1]?.toUpperCase()} there` : humanise(code);
}

/** An order that can still change. */
export function isOpenOrder(state: string): boolean {
  return ['pending', 'routing', 'queued', 'executing', 'working', 'partial_fill', 'unknown'].includes(state);
}
