//! Starting: what the ledger holds is taken up, accounts are connected, and everything unsettled is asked for.

use futures::{StreamExt, TryStreamExt, stream};
use nija_core::{LedgerError, Order, OrderId, OrderState, Reason, UserId};
use parking_lot::RwLock;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, atomic::AtomicBool},
};

use super::{
    EngineError, EngineParts, conn::Ask, feedback::Feedback, inner::Inner, live::LiveOrder, market::Market,
    submit::ended, tasks::Tasks, user::User, venue::Venue,
};
use crate::lane::Lane;

/// Users read from the ledger at a time: enough to keep its readers busy, few enough not to flood them.
const LOADED_AT_A_TIME: usize = 16;

impl Inner {
    pub(super) fn new(parts: EngineParts) -> Self {
        let venues = parts
            .executors
            .into_iter()
            .map(|executor| {
                let lane = Lane::new(executor.contract(), &parts.config.lane, parts.clock.clone());
                let lane = Arc::new(lane);
                Arc::new(Venue::new(executor, lane))
            })
            .collect();
        let feedback = Feedback::new(parts.config.feedback_half_life);
        let tiers = parts.config.tiers.iter().map(|(user, tier)| (*user, *tier)).collect();
        let market = Market::new(parts.config.limits.currencies.clone());
        Self {
            vault: parts.vault,
            ledger: parts.ledger,
            bus: parts.bus,
            router: parts.router,
            risk: parts.risk,
            clock: parts.clock,
            entropy: parts.entropy,
            config: parts.config,
            venues,
            orphans: Default::default(),
            market,
            feedback,
            tasks: Tasks::default(),
            kills: Default::default(),
            guards: Default::default(),
            guarded_at_start: Default::default(),
            draining: AtomicBool::new(false),
            routing_latency: metrics::histogram!("nija_routing_latency_seconds"),
            users: Default::default(),
            tiers: RwLock::new(tiers),
        }
    }

    /// Takes up everything; answers with the users whose accounts are being reconciled.
    pub(super) async fn take_up(self: &Arc<Self>) -> Result<Vec<Arc<User>>, EngineError> {
        self.take_up_bans().await?;
        self.take_up_kills().await?;
        *self.guarded_at_start.write() = self.ledger.protections().await?;
        let unsettled = self.put_in_unsettled().await?;
        self.watch_markets().await?;
        self.start_workers();
        let credentials = self.vault.active().await?;
        let holders = self.ledger.open_positions(None).await?;
        let held_by = holders.iter().map(|position| position.user);
        let with_keys = credentials.iter().map(|meta| meta.user);
        let ids: BTreeSet<UserId> = held_by.chain(unsettled.keys().copied()).chain(with_keys).collect();
        // Loading connects the venues that need no key.
        let users: BTreeMap<UserId, Arc<User>> = stream::iter(ids)
            .map(|id| async move { Ok::<_, LedgerError>((id, self.user(id).await?)) })
            .buffer_unordered(LOADED_AT_A_TIME)
            .try_collect()
            .await?;
        for meta in credentials {
            if let (Some(user), Some(venue)) = (users.get(&meta.user), self.venue(&meta.venue))
                && user.conn(&meta.venue).is_none()
            {
                self.connect(user, venue, meta.created_at, meta.custody);
            }
        }
        self.resolve_orphans(&users).await;
        for user in users.values() {
            self.guard_all(user).await;
        }
        self.go_on_killing();
        Ok(users.into_values().collect())
    }

    /// Unsettled orders come first, before a user can be loaded without them.
    async fn put_in_unsettled(self: &Arc<Self>) -> Result<BTreeMap<UserId, Arc<User>>, LedgerError> {
        let mut users: BTreeMap<UserId, Arc<User>> = BTreeMap::new();
        for order in self.ledger.unsettled_orders().await? {
            let id = order.intent.signal.user;
            let user = users.entry(id).or_insert_with(|| Arc::new(User::new(id)));
            let fee_rate = order
                .leg
                .as_ref()
                .and_then(|leg| self.venue(&leg.venue))
                .map(|venue| venue.executor.default_fees().taker);
            if let Some(leg) = order.leg.as_ref().filter(|_| order.state == OrderState::Unknown)
                && let Some(venue) = self.venue(&leg.venue)
            {
                venue.stats.note_doubt(order.id(), true);
            }
            if order.schedule.is_some() {
                // Fills of children that ended may still come.
                let children = self.ledger.children(id, order.id()).await?;
                user.state.lock().await.note_kin(order.id(), children.iter().map(Order::id));
            }
            let unsent = order.leg.is_none() && order.schedule.is_none();
            let waits = unsent && order.intent.signal.signal_type.is_exit();
            let mut live = LiveOrder::new(order, waits).with_fee_rate(fee_rate.unwrap_or_default());
            live.waiting = waits;
            live.taken_up = Some(tokio::time::Instant::now());
            user.state.lock().await.insert(live);
        }
        self.users.write().extend(users.iter().map(|(id, user)| (*id, user.clone())));
        Ok(users)
    }

    /// Orders whose account is not connected any more, or whose venue is gone, have nobody else to look after them.
    async fn resolve_orphans(self: &Arc<Self>, users: &BTreeMap<UserId, Arc<User>>) {
        for user in users.values() {
            let mut state = user.state.lock().await;
            let mut unsent = Vec::new();
            for live in state.orders.values() {
                let (order, leg) = (live.order.id(), live.order.leg.as_ref());
                if let Some(conn) = leg.and_then(|leg| user.conn(&leg.venue)) {
                    if live.cancel_requested {
                        conn.ask(Ask::CHECK);
                    }
                    continue;
                }
                if live.order.schedule.is_some() {
                    self.look_after(user, order);
                    continue;
                }
                if leg.is_none() {
                    if live.waiting {
                        unsent.push(order);
                    } else {
                        self.never_routed(user, order);
                    }
                    continue;
                }
                match leg.and_then(|leg| self.venue(&leg.venue)) {
                    Some(_) if live.in_doubt() => self.resolve_later(user, order),
                    Some(venue) => {
                        venue.alarm(
                            order,
                            &format!("order {order} works at {}, whose account is not connected", venue.id),
                        );
                    }
                    None => {
                        if let Some(leg) = leg {
                            let venue = &leg.venue;
                            tracing::error!(%order, %venue, "an unsettled order is at no venue of this platform");
                            metrics::counter!("nija_order_alarms_total", "venue" => venue.to_string())
                                .increment(1);
                            self.orphans.lock().entry(venue.clone()).or_default().insert(order);
                        }
                    }
                }
            }
            // Exits that waited for their venue.
            for order in unsent {
                self.hold(user, &mut state, order);
            }
        }
    }

    /// Intent and route are one commit, so this is a journal that somebody else wrote. Nothing was sent.
    fn never_routed(self: &Arc<Self>, user: &Arc<User>, order: OrderId) {
        let (inner, user) = (self.clone(), user.clone());
        self.tasks.spawn(async move {
            let reason = Reason::new("interrupted", "the platform ended before it chose a venue");
            let mut state = user.state.lock().await;
            let event = ended(order, OrderState::Failed, reason);
            if let Err(error) = inner.record(&user, &mut state, vec![event]).await {
                tracing::error!(%order, %error, "an end could not be put on record");
            }
        });
    }

    async fn watch_markets(self: &Arc<Self>) -> Result<(), LedgerError> {
        let mut active = HashMap::<_, HashSet<_>>::new();
        for (venue, symbol) in self.ledger.active_symbols().await? {
            active.entry(venue).or_default().insert(symbol);
        }
        self.market.measure(self.config.symbols.iter().chain(active.values().flatten()));
        for venue in &self.venues {
            let mut wanted: HashSet<_> = self.config.symbols.iter().cloned().collect();
            wanted.extend(active.remove(&venue.id).unwrap_or_default());
            self.tasks.spawn(self.clone().watch_market(venue.clone(), wanted));
        }
        self.tasks.spawn(self.clone().publish_marks());
        self.tasks.spawn(self.clone().value_fees());
        Ok(())
    }

    fn start_workers(self: &Arc<Self>) {
        for venue in &self.venues {
            self.tasks.spawn(self.clone().work_on_exits(venue.clone()));
            for _ in 0..self.config.lane.workers.max(1) {
                self.tasks.spawn(self.clone().work(venue.clone()));
            }
        }
    }
}
