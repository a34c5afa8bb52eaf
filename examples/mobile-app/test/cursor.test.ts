import { parseFrame, type StreamEvent } from '@/api/stream-types';
import { advance, resumeQuery, START, type Cursor } from '@/live/cursor';
import { AT, activity } from './fixtures';

const hello = (stream: string, last_seq: number): StreamEvent => ({
  seq: 0,
  at: AT,
  type: 'hello',
  data: { stream, last_seq },
});
const trade = (seq: number): StreamEvent => ({ seq, at: AT, type: 'trade.executed', data: activity() });
const at = (lastSeq: number): Cursor => ({ stream: 's', lastSeq });

test('the first hello begins at the newest number and has state fetched', () => {
  expect(advance(START, hello('s', 7))).toEqual({ cursor: at(7), apply: false, refetch: true, reopen: false });
});

test('a hello of the same stream resumes without fetching', () => {
  expect(advance(at(7), hello('s', 9))).toMatchObject({ cursor: at(7), refetch: false });
});

test('a hello of another run, or one behind us, begins anew', () => {
  expect(advance(at(7), hello('t', 2))).toMatchObject({ cursor: { stream: 't', lastSeq: 2 }, refetch: true });
  expect(advance(at(7), hello('s', 3))).toMatchObject({ cursor: at(3), refetch: true });
});

test('the next number is applied, an old one is not, a gap is applied and has state fetched', () => {
  expect(advance(at(7), trade(8))).toMatchObject({ cursor: at(8), apply: true, refetch: false });
  expect(advance(at(7), trade(7))).toMatchObject({ cursor: at(7), apply: false, refetch: false });
  expect(advance(at(7), trade(10))).toMatchObject({ cursor: at(10), apply: true, refetch: true });
});

test('frames outside the sequence are applied and do not move it', () => {
  const pnl = { seq: 0, at: AT, type: 'pnl.update', data: {} } as StreamEvent;
  expect(advance(at(7), pnl)).toMatchObject({ cursor: at(7), apply: true, refetch: false });
});

test('after reload the next number is the new beginning, and only then can be resumed', () => {
  const reloaded = advance(at(7), { seq: 0, at: AT, type: 'reload', data: { reason: 'gone' } });
  expect(reloaded).toMatchObject({ apply: false, refetch: true });
  expect(resumeQuery(reloaded.cursor)).toEqual({});
  const next = advance(reloaded.cursor, trade(50));
  expect(next).toMatchObject({ cursor: at(50), apply: true, refetch: false });
  expect(resumeQuery(next.cursor)).toEqual({ stream: 's', resume_from: 50 });
});

test('closing reopens', () => {
  expect(advance(at(7), { seq: 0, at: AT, type: 'closing', data: { reason: 'drain' } })).toMatchObject({
    reopen: true,
    cursor: at(7),
  });
});

test('a kind that is not known counts in the sequence and is not applied as one that is', () => {
  const event = parseFrame(JSON.stringify({ seq: 8, at: AT, type: 'price.alert', data: {} }));
  expect(event).toEqual({ seq: 8, at: AT, type: 'unknown' });
  expect(advance(at(7), event!)).toMatchObject({ cursor: at(8), refetch: false });
});

test('what is not a frame is refused', () => {
  for (const text of [
    '',
    '[]',
    'null',
    '{"seq":"1"}',
    '{"seq":1.5,"at":"x","type":"hello","data":{}}',
    '{"seq":1,"at":"x","type":"hello"}',
  ]) {
    expect(parseFrame(text)).toBeNull();
  }
});
