/** Names of what is cached, so that reads and live updates meet. */
export const keys = {
  overview: ['overview'],
  venues: ['venues'],
  markets: ['markets'],
  candles: (symbol: string, venue: string) => ['candles', symbol, venue],
  open: ['positions', 'open'],
  closed: ['positions', 'closed'],
  orders: ['orders'],
  order: (id: string) => ['order', id],
  activity: (kind: string | undefined) => ['activity', kind ?? 'all'],
  activityAll: ['activity'],
  decisions: ['decisions'],
  credentials: ['credentials'],
  rotations: ['credentials', 'rotations'],
  policy: ['credentials', 'policy'],
  keyEvents: ['credentials', 'events'],
} as const;
