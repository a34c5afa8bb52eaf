/** Every call of the API that the app makes, typed. */
import type { Session as SessionStore } from '@/session/session';
import { send, type Call, type Http } from './http';
import type {
  Activity,
  BotStatus,
  Candle,
  ChangeRiskSettings,
  ChangeRoutingSettings,
  Credential,
  EquityCurve,
  EquityDay,
  Erasure,
  KeyDerivation,
  KeyEvent,
  KeyRotation,
  KillSwitch,
  Market,
  NewOrder,
  NewProtection,
  Order,
  OrderPolicy,
  OrderPreview,
  OrderReceipt,
  Overview,
  Page,
  PnlRow,
  PolicySetting,
  Position,
  Locked,
  Protection,
  ReleaseKill,
  RiskSettings,
  RoutingDecisions,
  RoutingSettings,
  SealingKeys,
  StoreCredential,
  StoreSessionKey,
  StreamTicket,
  Unlocked,
  UnlockKey,
  ThrowKill,
  User,
  Venue,
} from './types';

/** How long the server may hold the answer to an order until it is settled, in milliseconds. */
const ORDER_WAIT_MS = 3000;
/** How long it may hold the answer to a kill switch until the venues have confirmed everything. */
const KILL_WAIT_MS = 2000;
const PAGE = 50;

export type ApiClient = ReturnType<typeof createClient>;

export function createClient(http: Http, session: SessionStore) {
  const call = <T>(c: Omit<Call, 'token'>): Promise<T> => session.authorised((token) => send<T>(http, { ...c, token }));
  const get = <T>(path: string, query?: Call['query'], signal?: AbortSignal) =>
    call<T>({ method: 'GET', path, query, signal });
  const post = <T>(path: string, body?: unknown, query?: Call['query']) =>
    call<T>({ method: 'POST', path, body, query });
  const id = encodeURIComponent;

  return {
    me: (signal?: AbortSignal) => get<User>('/v1/me', undefined, signal),
    overview: (signal?: AbortSignal) => get<Overview>('/v1/dashboard/overview', undefined, signal),
    equity: (days: number, signal?: AbortSignal) => get<EquityDay[]>('/v1/dashboard/equity', { days }, signal),
    equityCurve: (from: string | undefined, points: number, signal?: AbortSignal) =>
      get<EquityCurve>('/v1/dashboard/equity/curve', { from, points }, signal),
    pnl: (by: 'pair' | 'venue', cursor?: string, signal?: AbortSignal) =>
      get<Page<PnlRow>>('/v1/dashboard/pnl', { by, cursor, limit: PAGE }, signal),
    venues: (signal?: AbortSignal) => get<Venue[]>('/v1/venues', undefined, signal),
    markets: (signal?: AbortSignal) => get<Market[]>('/v1/markets', undefined, signal),

    candles: (symbol: string, venue: string, limit: number, signal?: AbortSignal) =>
      get<Candle[]>(`/v1/markets/${id(symbol)}/candles`, { venue, interval: '5m', limit }, signal),

    openPositions: (signal?: AbortSignal) => get<Position[]>('/v1/positions/open', undefined, signal),
    closedPositions: (cursor?: string, signal?: AbortSignal) =>
      get<Page<Position>>('/v1/positions/closed', { cursor, limit: PAGE }, signal),
    closePosition: (position: string) =>
      post<Order>(`/v1/positions/${id(position)}/close`, undefined, { wait_ms: ORDER_WAIT_MS }),

    protections: (signal?: AbortSignal) => get<Protection[]>('/v1/positions/protection', undefined, signal),
    protect: (position: string, plan: NewProtection) =>
      call<Protection>({ method: 'PUT', path: `/v1/positions/${id(position)}/protection`, body: plan }),
    unprotect: (position: string) =>
      call<undefined>({ method: 'DELETE', path: `/v1/positions/${id(position)}/protection` }),

    orders: (cursor?: string, signal?: AbortSignal) => get<Page<Order>>('/v1/orders', { cursor, limit: PAGE }, signal),
    order: (order: string, signal?: AbortSignal) => get<Order>(`/v1/orders/${id(order)}`, undefined, signal),
    receipt: (order: string, signal?: AbortSignal) =>
      get<OrderReceipt>(`/v1/orders/${id(order)}/receipt`, undefined, signal),
    preview: (order: NewOrder) => post<OrderPreview>('/v1/orders', order, { dry_run: true }),
    placeOrder: (order: NewOrder) => post<Order>('/v1/orders', order, { wait_ms: ORDER_WAIT_MS }),
    cancelOrder: (order: string) => post<Order>(`/v1/orders/${id(order)}/cancel`),

    activity: (kind: string | undefined, cursor?: string, signal?: AbortSignal) =>
      get<Page<Activity>>('/v1/activity', { kind, cursor, limit: PAGE }, signal),
    decisions: (limit: number, signal?: AbortSignal) =>
      get<RoutingDecisions>('/v1/routing/decisions', { limit }, signal),

    riskSettings: (signal?: AbortSignal) => get<RiskSettings>('/v1/settings/risk', undefined, signal),
    changeRiskSettings: (version: string, change: ChangeRiskSettings) =>
      call<RiskSettings>({ method: 'PUT', path: '/v1/settings/risk', body: change, ifMatch: version }),
    keepRiskSettings: () => call<RiskSettings>({ method: 'DELETE', path: '/v1/settings/risk/pending' }),

    routingSettings: (signal?: AbortSignal) => get<RoutingSettings>('/v1/settings/routing', undefined, signal),
    changeRoutingSettings: (version: string, change: ChangeRoutingSettings) =>
      call<RoutingSettings>({ method: 'PUT', path: '/v1/settings/routing', body: change, ifMatch: version }),

    killSwitches: (signal?: AbortSignal) => get<KillSwitch[]>('/v1/kill-switch', undefined, signal),
    throwKillSwitch: (flatten: boolean) =>
      post<KillSwitch[]>('/v1/kill-switch', { on: true, flatten }, { wait_ms: KILL_WAIT_MS }),
    releaseKillSwitch: (password: string) => post<KillSwitch[]>('/v1/kill-switch', { on: false, password }),

    allKillSwitches: (signal?: AbortSignal) => get<KillSwitch[]>('/v1/admin/kill', undefined, signal),
    throwAnyKillSwitch: (wanted: ThrowKill) => post<KillSwitch>('/v1/admin/kill', wanted, { wait_ms: KILL_WAIT_MS }),
    releaseAnyKillSwitch: (wanted: ReleaseKill) =>
      call<KillSwitch[]>({ method: 'DELETE', path: '/v1/admin/kill', body: wanted }),

    pauseBot: () => post<BotStatus>('/v1/bot/pause'),
    resumeBot: () => post<BotStatus>('/v1/bot/resume'),

    sealingKeys: () => get<SealingKeys>('/v1/credentials/sealing-key'),
    credentials: (signal?: AbortSignal) => get<Credential[]>('/v1/credentials', undefined, signal),
    storeCredential: (sealed: StoreCredential) => post<Credential>('/v1/credentials/store', sealed),
    revokeCredential: (credential: string) =>
      call<undefined>({ method: 'DELETE', path: `/v1/credentials/${id(credential)}` }),

    destroyCredential: (credential: string, password: string) =>
      post<undefined>(`/v1/credentials/${id(credential)}/destroy`, { password }),

    checkCredential: (credential: string) => post<Credential>(`/v1/credentials/${id(credential)}/check`),
    eraseCredentials: (password: string) =>
      call<Erasure>({ method: 'DELETE', path: '/v1/credentials', body: { password } }),

    rotations: (signal?: AbortSignal) => get<KeyRotation[]>('/v1/credentials/rotate', undefined, signal),
    beginRotation: (sealed: StoreCredential) => post<KeyRotation>('/v1/credentials/rotate', sealed),
    stepRotation: (venue: string, step: 'switch' | 'retire' | 'rollback') =>
      post<KeyRotation>(`/v1/credentials/rotate/${id(venue)}/${step}`),

    storeSessionKey: (key: StoreSessionKey) => post<Credential>('/v1/credentials/session', key),
    keyDerivation: (venue: string) => get<KeyDerivation>(`/v1/credentials/session/${id(venue)}`),
    unlock: (venue: string, unlock: UnlockKey) => post<Unlocked>(`/v1/credentials/session/${id(venue)}/unlock`, unlock),
    lock: (venue: string) => post<Locked>(`/v1/credentials/session/${id(venue)}/lock`),

    policy: (signal?: AbortSignal) => get<PolicySetting>('/v1/credentials/policy', undefined, signal),
    setPolicy: (version: string, policy: OrderPolicy | undefined, password?: string) =>
      call<PolicySetting>({
        method: 'PUT',
        path: '/v1/credentials/policy',
        body: { policy, password },
        ifMatch: version,
      }),
    keyEvents: (limit: number, cursor?: string, signal?: AbortSignal) =>
      get<Page<KeyEvent>>('/v1/credentials/audit', { limit, cursor }, signal),
    /** Unchecked: `src/audit` reads and checks it. */
    keyEventProof: (seq: number) => get<unknown>(`/v1/credentials/audit/${seq}/proof`),

    streamTicket: () => post<StreamTicket>('/v1/stream/ticket'),
  };
}
