//! The order engine.

mod account;
mod accounts;
mod answers;
mod aside;
mod attended;
mod backoff;
mod balances;
mod bans;
mod bound;
mod cancel;
mod children;
mod config;
mod conn;
mod derived;
mod doubts;
mod draft;
mod dust;
mod entries;
mod error;
mod feedback;
mod fees;
mod fitting;
mod gap;
mod hear;
mod held;
mod ids;
mod inner;
mod keeper;
mod kill;
mod latch;
mod limits;
mod listen;
mod live;
mod load;
mod market;
mod money;
mod names;
mod news;
mod owner;
mod protection;
mod rates;
mod realised;
mod receipt;
mod reconcile;
mod record;
mod reroute;
mod resolve;
mod route;
mod sample;
mod send;
mod stake;
mod start;
mod state;
mod stats;
mod stream_calls;
mod submit;
mod tasks;
mod turn;
mod user;
mod venue;
mod view;

pub use answers::{AccountSummary, MarkedPosition, Preview, Submitted, VenueStatus};
pub use attended::LeftBehind;
pub use children::SlicingConfig;
pub use config::EngineConfig;
pub use error::EngineError;
pub(crate) use ids::{ById, ByName};
pub use kill::{KillReport, VenueProof};
pub use money::CURRENCY;
pub use protection::{ProtectionConfig, ProtectionStatus};
pub use stats::RoutingStats;

use nija_core::{
    Candle, CandleInterval, ClientOrderId, Clock, Entropy, EventBus, Executor, FeeSchedule, Instrument,
    JournalEvent, Ledger, MarketSnapshot, Order, OrderId, OrderKind, OrderSize, OrderState, Position,
    PositionId, Quantity, RiskChain, Router, RoutingPreference, SignalType, Symbol, Tier, TimeInForce,
    Timestamp, TradeSignal, UserId, Vault, VenueError, VenueId,
};
use std::{
    future::Future,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use inner::Inner;
use user::User;

/// What an engine is made of.
pub struct EngineParts {
    /// Opens signers.
    pub vault: Arc<dyn Vault>,
    /// The journal.
    pub ledger: Arc<dyn Ledger>,
    /// The venues.
    pub executors: Vec<Arc<dyn Executor>>,
    /// Where live events go.
    pub bus: Arc<dyn EventBus>,
    /// The scoring policy.
    pub router: Arc<dyn Router>,
    /// The risk policies.
    pub risk: RiskChain,
    /// Time, for every decision.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for ids.
    pub entropy: Arc<dyn Entropy>,
    /// Settings.
    pub config: EngineConfig,
}

/// The order engine: the only way from a signal to a venue. It ends with its last handle; what was in flight then is
/// reconciled by the next start.
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
    /// Users whose accounts were there at the start.
    starting: Vec<Arc<User>>,
}

impl Engine {
    /// Takes up what the ledger and the vault hold, and starts. Venues that are down do not hold it up.
    ///
    /// # Errors
    /// [`EngineError::Ledger`] or [`EngineError::Vault`] when those cannot be read.
    pub async fn start(parts: EngineParts) -> Result<Arc<Self>, EngineError> {
        let inner = Arc::new(Inner::new(parts));
        match inner.take_up().await {
            Ok(starting) => {
                inner.markets_tried().await;
                Ok(Arc::new(Self { inner, starting }))
            }
            Err(error) => {
                inner.tasks.stop().await;
                Err(error)
            }
        }
    }

    /// Waits until every account that was there at the start has been reconciled, or at least tried once. An order that a venue
    /// could not tell about is `Unknown` then.
    pub async fn reconciled(&self) {
        for user in &self.starting {
            for conn in user.conns().iter() {
                conn.tried.wait().await;
            }
        }
    }

    /// Takes up a signal: risk, route, journal, queue. A refusal by risk or routing is on record too: the order comes back
    /// `Rejected` or `Failed` with its reason.
    ///
    /// # Errors
    /// [`EngineError`]; nothing was taken up then.
    pub async fn submit(&self, signal: TradeSignal) -> Result<Submitted, EngineError> {
        let signal = submit::normalise(signal)?;
        let inner = self.inner.clone();
        // A caller that goes away must not leave an order on record that nobody sends.
        self.run(async move { inner.accept(signal).await }).await
    }

    /// What would become of a signal. Nothing is recorded.
    ///
    /// # Errors
    /// [`EngineError`] when the signal makes no sense or the user cannot be read.
    pub async fn preview(&self, signal: TradeSignal) -> Result<Preview, EngineError> {
        self.inner.foresee(submit::normalise(signal)?).await
    }

    /// Cancels an order and answers with it as it stands then; its end comes from the venue. One that has ended is left alone.
    ///
    /// # Errors
    /// [`EngineError::NoSuchOrder`], or what the venue or the vault said.
    pub async fn cancel(&self, user: UserId, order: OrderId) -> Result<Order, EngineError> {
        let inner = self.inner.clone();
        self.run(async move { inner.cancel(user, order).await }).await
    }

    /// Closes an open position by an exit at market, at the position's venue.
    ///
    /// # Errors
    /// [`EngineError::NoSuchPosition`], or as [`Engine::submit`].
    pub async fn close_position(
        &self,
        user: UserId,
        position: &PositionId,
        client_order_id: ClientOrderId,
    ) -> Result<Submitted, EngineError> {
        let strategy = format!("close {position}");
        let strategy = strategy.chars().take(100).collect::<String>();
        let known = self.inner.ledger.order_by_client_id(user, &client_order_id).await?;
        if let Some(order) = known {
            // The size of a close follows the position, so the same request may look different the second time.
            return if order.intent.signal.strategy.as_ref() == Some(&strategy) {
                Ok(Submitted { order, replayed: true })
            } else {
                Err(EngineError::ClientOrderIdReused { order: order.id() })
            };
        }
        let open = {
            let user = self.inner.user(user).await?;
            let state = user.state.lock().await;
            let open = state.positions.values().find(|open| open.id == *position);
            open.cloned().ok_or(EngineError::NoSuchPosition)?
        };
        let size =
            Quantity::new(open.quantity.abs()).map_err(|error| EngineError::Invalid(error.to_string()))?;
        self.submit(TradeSignal {
            user,
            client_order_id,
            side: open.side().opposite(),
            symbol: open.symbol,
            size: OrderSize::Base(size),
            kind: OrderKind::Market,
            time_in_force: TimeInForce::Ioc,
            signal_type: SignalType::Exit,
            venue: Some(open.venue),
            strategy: Some(strategy),
            protection: None,
        })
        .await
    }

    /// Waits until an order has ended, and answers with it; or with its newest state when the time is over.
    ///
    /// # Errors
    /// [`EngineError::NoSuchOrder`].
    pub async fn settled(
        &self,
        user: UserId,
        order: OrderId,
        timeout: Duration,
    ) -> Result<Order, EngineError> {
        self.reached(user, order, timeout, OrderState::is_final).await
    }

    /// Waits until the order's venue took it or refused it, and answers with it; or with its newest state when the time is over. What a
    /// venue took may be filled a moment later: its fills are not waited for.
    ///
    /// # Errors
    /// [`EngineError::NoSuchOrder`].
    pub async fn acknowledged(
        &self,
        user: UserId,
        order: OrderId,
        timeout: Duration,
    ) -> Result<Order, EngineError> {
        self.reached(user, order, timeout, OrderState::is_acknowledged).await
    }

    async fn reached(
        &self,
        user: UserId,
        order: OrderId,
        timeout: Duration,
        reached: impl Fn(OrderState) -> bool,
    ) -> Result<Order, EngineError> {
        let user = self.inner.user(user).await?;
        let over = tokio::time::sleep(timeout);
        tokio::pin!(over);
        loop {
            let mut changed = std::pin::pin!(user.changed.notified());
            changed.as_mut().enable();
            let order = self.inner.standing(&user, order).await?;
            if reached(order.state) {
                return Ok(order);
            }
            tokio::select! {
                biased;
                () = changed => {}
                () = &mut over => return Ok(order),
            }
        }
    }

    /// Pauses or resumes a user's trading; answers since when it is paused. Exits pass all the time.
    ///
    /// # Errors
    /// [`EngineError::Ledger`].
    pub async fn set_paused(&self, user: UserId, paused: bool) -> Result<Option<Timestamp>, EngineError> {
        let inner = self.inner.clone();
        self.run(async move {
            let user = inner.user(user).await?;
            let mut state = user.state.lock().await;
            if state.paused.is_some() != paused {
                let event = JournalEvent::Paused { paused };
                inner.record(&user, &mut state, vec![event]).await?;
            }
            Ok(state.paused)
        })
        .await
    }

    /// How a user wants venues to be chosen.
    ///
    /// # Errors
    /// [`EngineError::Ledger`].
    pub async fn routing_preference(&self, user: UserId) -> Result<RoutingPreference, EngineError> {
        let user = self.inner.user(user).await?;
        Ok(user.state.lock().await.routing)
    }

    /// Sets how a user wants venues to be chosen, from the next order on, where that is still what was `seen`; `None` otherwise.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when the weights do not sum to one, or [`EngineError::Ledger`].
    pub async fn change_routing_preference(
        &self,
        user: UserId,
        seen: RoutingPreference,
        wanted: RoutingPreference,
    ) -> Result<Option<RoutingPreference>, EngineError> {
        if let Some(weights) = wanted.weights {
            weights.check().map_err(|error| EngineError::Invalid(error.to_string()))?;
        }
        let inner = self.inner.clone();
        self.run(async move {
            let user = inner.user(user).await?;
            let mut state = user.state.lock().await;
            if state.routing != seen {
                return Ok(None);
            }
            if state.routing != wanted {
                let event = JournalEvent::RoutingPreferred { preference: wanted };
                inner.record(&user, &mut state, vec![event]).await?;
            }
            Ok(Some(state.routing))
        })
        .await
    }

    /// Sets a user's plan; `Basic` until then.
    pub fn set_tier(&self, user: UserId, tier: Tier) {
        self.inner.tiers.write().insert(user, tier);
    }

    /// A user's account over all venues.
    ///
    /// # Errors
    /// [`EngineError::Ledger`].
    pub async fn account(&self, user: UserId) -> Result<AccountSummary, EngineError> {
        let user = self.inner.user(user).await?;
        self.inner.accounts_tried(&user).await;
        Ok(self.inner.summary(&user).await)
    }

    /// A position as it was at some moment, at today's price.
    ///
    /// # Errors
    /// [`EngineError::Ledger`].
    pub async fn marked(&self, position: &Position) -> Result<MarkedPosition, EngineError> {
        let user = self.inner.user(position.user).await?;
        let state = user.state.lock().await;
        Ok(self.inner.marked(&state, position))
    }

    /// The newest market data of all venues.
    #[must_use]
    pub fn market(&self) -> Arc<MarketSnapshot> {
        self.inner.market.snapshot()
    }

    /// What can be traded.
    #[must_use]
    pub fn instruments(&self) -> Arc<Vec<Arc<Instrument>>> {
        self.inner.market.instruments()
    }

    /// A user's fees for a symbol; the venue's published ones where the user's own are not known. A venue that does not exist
    /// has none.
    #[must_use]
    pub fn fees(&self, user: UserId, venue: &VenueId, symbol: &Symbol) -> FeeSchedule {
        let user = self.inner.users.read().get(&user).cloned();
        self.inner.venue(venue).map_or(
            FeeSchedule { maker: Default::default(), taker: Default::default(), from_venue: false },
            |venue| self.inner.fees(user.as_deref(), venue, symbol),
        )
    }

    /// The venues, by name.
    pub fn venue_ids(&self) -> impl Iterator<Item = &VenueId> {
        self.inner.venues.iter().map(|venue| &venue.id)
    }

    /// How the venues stand.
    #[must_use]
    pub fn venues(&self) -> Vec<VenueStatus> {
        self.inner.venues.iter().map(|venue| venue.status()).collect()
    }

    /// Venues that are not of this platform any more and have unsettled orders there all the same: nobody can look after them until the venue
    /// is configured again.
    #[must_use]
    pub fn lost_venues(&self) -> Vec<VenueStatus> {
        let orphans = self.inner.orphans.lock();
        let lost = |(venue, orders): (&VenueId, &std::collections::BTreeSet<OrderId>)| {
            let names: Vec<_> = orders.iter().map(ToString::to_string).collect();
            let (name, names) = (venue.to_string(), names.join(", "));
            let detail = format!("{venue} is not configured, and unsettled orders are there: {names}");
            VenueStatus {
                venue: venue.clone(),
                name,
                needs_credential: true,
                health: nija_core::VenueHealth {
                    breaker: nija_core::BreakerState::Open,
                    success_rate: rust_decimal::Decimal::ZERO,
                    latency: None,
                    queue_depth: 0,
                    queue_capacity: 0,
                },
                routing: RoutingStats::default(),
                in_doubt: 0,
                alarms: orders.len(),
                up: false,
                detail: Some(detail),
            }
        };
        orphans.iter().map(lost).collect()
    }

    /// Candles of a symbol, from the venue asked for or the first that lists it.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when no venue lists it, or what the venue said.
    pub async fn candles(
        &self,
        venue: Option<&VenueId>,
        symbol: &Symbol,
        interval: CandleInterval,
        limit: usize,
    ) -> Result<Vec<Candle>, EngineError> {
        let lists = |id: &VenueId| self.inner.market.instrument(&(id.clone(), symbol.clone())).is_some();
        let venue = match venue {
            Some(id) => self.inner.known_venue(id)?,
            None => self
                .inner
                .venues
                .iter()
                .find(|venue| lists(&venue.id))
                .ok_or_else(|| EngineError::Invalid(format!("no venue lists {symbol}")))?,
        };
        let call = venue.executor.candles(symbol, interval, limit);
        Ok(self.inner.ask(venue, None, crate::lane::Sending::Read, call).await?)
    }

    /// Asks a venue something under a user's key, as the engine's own questions are asked: it counts in the venue's rate budgets, and is not sent
    /// while the venue wants nothing sent. `call` is what to ask; nothing of it may have been sent before.
    ///
    /// # Errors
    /// What the venue said; [`VenueError::RateLimited`] with the time where nothing may be sent.
    pub async fn ask<T>(
        &self,
        venue: &VenueId,
        user: UserId,
        call: impl Future<Output = Result<T, VenueError>>,
    ) -> Result<T, VenueError> {
        match self.inner.venue(venue) {
            Some(venue) => self.inner.ask(venue, Some(user), crate::lane::Sending::Read, call).await,
            None => call.await,
        }
    }

    /// Takes nothing new and waits, within a bound, until the lanes are empty. What is left is on record and taken up by
    /// the next start.
    pub async fn drain(&self) {
        self.inner.draining.store(true, Ordering::SeqCst);
        let drained = async {
            for venue in &self.inner.venues {
                venue.lane.drained().await;
            }
        };
        if tokio::time::timeout(self.inner.config.drain_timeout, drained).await.is_err() {
            tracing::warn!("orders were still being sent when the time to drain was over");
        }
    }

    /// Ends all background work where it stands and waits until it is gone; [`Engine::drain`] first for a clean end.
    pub async fn stop(&self) {
        self.inner.draining.store(true, Ordering::SeqCst);
        self.inner.tasks.stop().await;
        self.inner.keep_last_bans().await;
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, EngineError>> + Send + 'static,
    ) -> Result<T, EngineError> {
        self.inner.tasks.run(work).await.unwrap_or(Err(EngineError::Draining))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.inner.tasks.abort();
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let venues: Vec<_> = self.inner.venues.iter().map(|venue| &venue.id).collect();
        f.debug_struct("Engine").field("venues", &venues).finish_non_exhaustive()
    }
}
