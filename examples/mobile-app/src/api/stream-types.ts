/** Frames of `GET /v1/stream`, as `nija-client/src/wire/stream.rs` describes them. */
import type { Activity, BotStatus, Order, PnlUpdate, Position, RoutingDecision, Timestamp } from './types';

interface Body<T extends string, D> {
  type: T;
  data: D;
}

export type HelloBody = Body<'hello', { stream: string; last_seq: number }>;
export type ControlBody = HelloBody | Body<'reload', { reason: string }> | Body<'closing', { reason: string }>;
export type StateBody =
  | Body<'position.update', Position>
  | Body<'trade.executed', Activity>
  | Body<'pnl.update', PnlUpdate>
  | Body<'bot.status', BotStatus>
  | Body<'order.update', Order>
  | Body<'route.decided', RoutingDecision>;

export interface Stamp {
  seq: number;
  at: Timestamp;
}
export type StateEvent = Stamp & StateBody;
export type StreamEvent = Stamp & (ControlBody | StateBody);

const KNOWN: ReadonlySet<string> = new Set<StreamEvent['type']>([
  'hello',
  'reload',
  'closing',
  'position.update',
  'trade.executed',
  'pnl.update',
  'bot.status',
  'order.update',
  'route.decided',
]);

/** A frame of a kind this build does not know: it still counts in the sequence. */
export interface UnknownEvent extends Stamp {
  type: 'unknown';
}

/** Reads one text frame; `null` when it is not a stream event at all. */
export function parseFrame(text: string): StreamEvent | UnknownEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { seq, at, type, data } = value as Record<string, unknown>;
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || typeof at !== 'string' || typeof type !== 'string')
    return null;
  if (!KNOWN.has(type)) return { seq, at, type: 'unknown' };
  if (typeof data !== 'object' || data === null) return null;
  return value as StreamEvent;
}
