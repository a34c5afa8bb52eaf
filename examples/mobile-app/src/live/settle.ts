/** Collects what has to be fetched again and does so once for a burst of events. */
import { hashKey, type QueryClient } from '@tanstack/react-query';

export class Settler {
  private readonly due = new Map<string, readonly unknown[]>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly client: QueryClient,
    private readonly delayMs: number,
  ) {}

  add(queryKeys: readonly (readonly unknown[])[]): void {
    queryKeys.forEach((key) => this.due.set(hashKey(key), key));
    if (this.due.size > 0) this.timer ??= setTimeout(() => this.flush(), this.delayMs);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.due.clear();
  }

  private flush(): void {
    const queryKeys = [...this.due.values()];
    this.stop();
    queryKeys.forEach((queryKey) => void this.client.invalidateQueries({ queryKey }));
  }
}
