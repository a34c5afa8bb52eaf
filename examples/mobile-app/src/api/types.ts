/**
 * The JSON of the API, one file a subject, mirroring `nija-client/src/wire`. Open unions (`string`) are read tolerantly: the
 * server may add values and fields. `npm run types` generates `openapi.d.ts` from a running server to compare with.
 */
export type * from './wire/scalars';
export type * from './wire/auth';
export type * from './wire/credentials';
export type * from './wire/dashboard';
export type * from './wire/positions';
export type * from './wire/orders';
export type * from './wire/receipt';
export type * from './wire/settings';
export type * from './wire/problem';
export type * from './wire/page';
