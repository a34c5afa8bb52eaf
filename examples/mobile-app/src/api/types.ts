/**
 * The JSON of the API. `openapi.d.ts` is generated from the server's document (`tools/web types`); what is here is narrower than that,
 * or has no name there. Open unions (`string`) are read tolerantly: the server may add values and fields.
 */
import type { NewOrder as AnyNewOrder, SealingKeys } from './openapi';

export type * from './openapi';

/** Decimals are strings and stay strings (see `format/decimal.ts`). */
export type DecimalString = string;

/** RFC 3339 in UTC. */
export type Timestamp = string;

export type Side = 'buy' | 'sell';
export type SizeType = 'quote' | 'base';
export type OrderType = 'market' | 'limit' | 'stop_limit' | 'bracket';

export interface NewOrder extends AnyNewOrder {
  side: Side;
  size_type?: SizeType;
  order_type?: OrderType;
}

/** What a credential is sealed to. */
export type SealingKey = Omit<SealingKeys, 'signed'>;

/** One page of a longer list, newest first. */
export interface Page<T> {
  items: T[];
  next_cursor?: string;
}
