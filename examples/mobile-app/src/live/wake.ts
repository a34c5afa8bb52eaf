/** Calls back when the network is back, so that nobody waits out a backoff that has no reason any more. */
export function onWake(callback: () => void): () => void {
  window.addEventListener('online', callback);
  return () => window.removeEventListener('online', callback);
}
