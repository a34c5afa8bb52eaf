/**
 * Where we are in the stream's sequence, as a pure function: given a frame, what the sequence says about it. `seq` counts
 * up by one within one named stream; 0 marks frames outside it. After a reconnect the server sends what was missed, or
 * `reload` when it no longer can.
 */
import type { StreamEvent, UnknownEvent } from '@/api/stream-types';

export interface Cursor {
  /** Name of the sequence; `null` before the first `hello` ever. */
  stream: string | null;
  /** The last number seen in it. */
  lastSeq: number;
}

/** What to do with a frame: `apply` its data, `refetch` all state, and `reopen` the connection. */
export interface Step {
  cursor: Cursor;
  apply: boolean;
  refetch: boolean;
  reopen: boolean;
}

export const START: Cursor = { stream: null, lastSeq: 0 };

export function advance(cursor: Cursor, event: StreamEvent | UnknownEvent): Step {
  switch (event.type) {
    case 'hello':
      return hello(cursor, event.data);
    case 'reload':
      // The next numbered frame may be any number: take it as the new beginning.
      return { cursor: { ...cursor, lastSeq: -1 }, apply: false, refetch: true, reopen: false };
    case 'closing':
      return { cursor, apply: false, refetch: false, reopen: true };
    default:
      return numbered(cursor, event.seq);
  }
}

function hello(cursor: Cursor, data: { stream: string; last_seq: number }): Step {
  const resumed = cursor.stream === data.stream && cursor.lastSeq >= 0 && cursor.lastSeq <= data.last_seq;
  if (resumed) return { cursor, apply: false, refetch: false, reopen: false };
  // A first connection, or another run of the server: state fetched before this moment may be stale.
  const fresh = { stream: data.stream, lastSeq: data.last_seq };
  return { cursor: fresh, apply: false, refetch: true, reopen: false };
}

function numbered(cursor: Cursor, seq: number): Step {
  if (seq === 0) return { cursor, apply: true, refetch: false, reopen: false };
  if (cursor.lastSeq < 0) return { cursor: { ...cursor, lastSeq: seq }, apply: true, refetch: false, reopen: false };
  if (seq <= cursor.lastSeq) return { cursor, apply: false, refetch: false, reopen: false };
  const gap = seq > cursor.lastSeq + 1;
  return { cursor: { ...cursor, lastSeq: seq }, apply: true, refetch: gap, reopen: false };
}

/** The query of the next connection: resume where there is something to resume. */
export function resumeQuery(cursor: Cursor): { stream?: string; resume_from?: number } {
  return cursor.stream !== null && cursor.lastSeq >= 0 ? { stream: cursor.stream, resume_from: cursor.lastSeq } : {};
}
