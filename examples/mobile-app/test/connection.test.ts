import { NoAnswerError, SignedOutError } from '@/api/errors';
import type { StateEvent } from '@/api/stream-types';
import { LiveConnection, type LiveStatus, type Socket } from '@/live/connection';
import { AT, activity } from './fixtures';

class FakeSocket implements Socket {
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  closed = false;
  constructor(readonly path: string) {}
  close() {
    this.closed = true;
  }
  say(frame: object) {
    this.onmessage?.({ data: JSON.stringify({ at: AT, ...frame }) } as MessageEvent<unknown>);
  }
  drop() {
    this.onclose?.({} as CloseEvent);
  }
}

function setUp(
  ticket: () => Promise<{ ticket: string; expires_in: number }> = () =>
    Promise.resolve({ ticket: 't', expires_in: 30 }),
) {
  const seen = { sockets: [] as FakeSocket[], events: [] as StateEvent[], refetches: 0, status: [] as LiveStatus[] };
  const live = new LiveConnection({
    ticket,
    open: (path) => {
      const socket = new FakeSocket(path);
      seen.sockets.push(socket);
      return socket;
    },
    onEvent: (event) => seen.events.push(event),
    onRefetch: () => {
      seen.refetches += 1;
    },
    onStatus: (status) => seen.status.push(status),
    random: () => 0.5,
  });
  return { live, seen };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());
const settle = () => jest.advanceTimersByTimeAsync(0);
const trade = (seq: number) => ({ seq, type: 'trade.executed', data: activity() });
const hello = (last_seq: number) => ({ seq: 0, type: 'hello', data: { stream: 's', last_seq } });

test('a dropped connection comes back and asks for what it missed', async () => {
  const { live, seen } = setUp();
  live.start();
  await settle();
  seen.sockets[0]?.say(hello(4));
  seen.sockets[0]?.say(trade(5));
  seen.sockets[0]?.drop();
  expect(seen.status).toEqual(['connecting', 'live', 'offline']);
  await jest.advanceTimersByTimeAsync(1000);
  expect(seen.sockets[1]?.path).toBe('/v1/stream?ticket=t&stream=s&resume_from=5');
  seen.sockets[1]?.say(hello(7));
  seen.sockets[1]?.say(trade(6));
  seen.sockets[1]?.say(trade(7));
  expect(seen.events.map((event) => event.seq)).toEqual([5, 6, 7]);
  expect(seen.refetches).toBe(1);
  live.stop();
});

test('a socket that was given up is not listened to', async () => {
  const { live, seen } = setUp();
  live.start();
  await settle();
  const [first] = seen.sockets;
  first?.say(hello(0));
  live.retryNow();
  await settle();
  first?.say(trade(1));
  first?.drop();
  expect(first?.closed).toBe(true);
  expect(seen.events).toEqual([]);
  expect(seen.sockets).toHaveLength(2);
  live.stop();
});

test('silence is taken for a dead line', async () => {
  const { live, seen } = setUp();
  live.start();
  await settle();
  seen.sockets[0]?.say(hello(0));
  await jest.advanceTimersByTimeAsync(59_000);
  expect(seen.sockets).toHaveLength(1);
  await jest.advanceTimersByTimeAsync(20_000);
  expect(seen.sockets.length).toBeGreaterThan(1);
  live.stop();
});

test('without a server it keeps trying, with growing pauses, until it is stopped', async () => {
  let asked = 0;
  const { live, seen } = setUp(() => {
    asked += 1;
    return Promise.reject(new NoAnswerError('network'));
  });
  live.start();
  await jest.advanceTimersByTimeAsync(120_000);
  expect(asked).toBeGreaterThan(10);
  expect(asked).toBeLessThan(40);
  live.stop();
  const before = asked;
  await jest.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(before);
  expect(seen.sockets).toHaveLength(0);
});

test('a session that is over is not asked again', async () => {
  let asked = 0;
  const { live } = setUp(() => {
    asked += 1;
    return Promise.reject(new SignedOutError());
  });
  live.start();
  await jest.advanceTimersByTimeAsync(120_000);
  expect(asked).toBe(1);
});

test('a server that says it is closing is left at once', async () => {
  const { live, seen } = setUp();
  live.start();
  await settle();
  seen.sockets[0]?.say(hello(3));
  seen.sockets[0]?.say({ seq: 0, type: 'closing', data: { reason: 'drain' } });
  expect(seen.sockets[0]?.closed).toBe(true);
  await jest.advanceTimersByTimeAsync(1000);
  expect(seen.sockets[1]?.path).toContain('resume_from=3');
  live.stop();
});
