/** Decimals are strings and stay strings (see `format/decimal.ts`); times are RFC 3339 in UTC. */
export type DecimalString = string;

export type Timestamp = string;
