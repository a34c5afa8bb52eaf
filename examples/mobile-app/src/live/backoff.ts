/** Waiting between attempts: exponential with full jitter, so that a server coming back is not met by all clients at once. */
const FIRST_MS = 500;
const CAP_MS = 15_000;
const FLOOR_MS = 200;

/** Milliseconds before attempt number `attempt` (0 is the first retry); `random` is in [0, 1). */
export function backoff(attempt: number, random: number): number {
  const ceiling = Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return FLOOR_MS + Math.floor(random * (ceiling - FLOOR_MS));
}
