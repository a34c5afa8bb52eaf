/** The WebSocket's life: ticket, open, resume, and reconnect for as long as it is wanted. */
import { SignedOutError } from '@/api/errors';
import { parseFrame, type StateEvent } from '@/api/stream-types';
import type { StreamTicket } from '@/api/types';
import { withQuery } from '@/api/http';
import { backoff } from './backoff';
import { advance, resumeQuery, START, type Cursor } from './cursor';

export type LiveStatus = 'connecting' | 'live' | 'offline';

/** The part of WebSocket that is used, so that tests can stand in for it. */
export interface Socket {
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  close(): void;
}

export interface LiveOptions {
  ticket: () => Promise<StreamTicket>;
  /** Opens a socket for a path such as `/v1/stream?ticket=...`. */
  open: (path: string) => Socket;
  onEvent: (event: StateEvent) => void;
  onRefetch: () => void;
  onStatus: (status: LiveStatus) => void;
  random: () => number;
}

/** Pings are invisible to scripts, so a line that died quietly shows only as silence. Resuming loses nothing. */
const SILENCE_MS = 60_000;
/** A ticket that was answered and a socket that never says hello counts as failed after this long. */
const HELLO_MS = 10_000;

export class LiveConnection {
  private cursor: Cursor = START;
  private socket: Socket | null = null;
  private attempt = 0;
  private wanted = false;
  private generation = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: LiveOptions) {}

  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.options.onStatus('connecting');
    void this.connect();
  }

  stop(): void {
    this.wanted = false;
    this.drop();
  }

  /** Tries at once instead of waiting: the person asked, or the network came back. */
  retryNow(): void {
    if (!this.wanted) return;
    this.attempt = 0;
    this.drop();
    this.options.onStatus('connecting');
    void this.connect();
  }

  private async connect(): Promise<void> {
    const generation = ++this.generation;
    try {
      const { ticket } = await this.options.ticket();
      if (generation !== this.generation || !this.wanted) return;
      const socket = this.options.open(withQuery('/v1/stream', { ticket, ...resumeQuery(this.cursor) }));
      this.socket = socket;
      socket.onmessage = ({ data }) => generation === this.generation && this.receive(data);
      socket.onclose = () => generation === this.generation && this.lost();
      this.expect(HELLO_MS);
    } catch (error) {
      if (generation !== this.generation) return;
      if (error instanceof SignedOutError) return this.stop();
      this.lost();
    }
  }

  private receive(data: unknown): void {
    this.expect(SILENCE_MS);
    const event = typeof data === 'string' ? parseFrame(data) : null;
    if (event === null) return this.options.onRefetch();
    const step = advance(this.cursor, event);
    this.cursor = step.cursor;
    if (event.type === 'hello') {
      this.attempt = 0;
      this.options.onStatus('live');
    }
    if (step.apply && isState(event)) this.options.onEvent(event);
    if (step.refetch) this.options.onRefetch();
    if (step.reopen) this.lost();
  }

  private lost(): void {
    this.drop();
    if (!this.wanted) return;
    this.options.onStatus('offline');
    this.timer = setTimeout(() => void this.connect(), backoff(this.attempt++, this.options.random()));
  }

  private expect(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.lost(), ms);
  }

  private drop(): void {
    this.generation++;
    clearTimeout(this.timer);
    this.socket?.close();
    this.socket = null;
  }
}

function isState(event: { type: string }): event is StateEvent {
  return !['hello', 'reload', 'closing', 'unknown'].includes(event.type);
}
