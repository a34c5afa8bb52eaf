//! What the engine tells of accounts, markets and venues.

use nija_core::{
    BreakerState, Candle, CandleInterval, FeeSchedule, Instrument, MarketSnapshot, OrderId, Position, Symbol,
    UserId, VenueError, VenueHealth, VenueId,
};
use rust_decimal::Decimal;
use std::{collections::BTreeSet, future::Future, sync::Arc};

use super::{AccountSummary, Engine, EngineError, MarkedPosition, RoutingStats, VenueStatus};
use crate::lane::Sending;

impl Engine {
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
        let lost = |(venue, orders): (&VenueId, &BTreeSet<OrderId>)| {
            let names: Vec<_> = orders.iter().map(ToString::to_string).collect();
            let (name, names) = (venue.to_string(), names.join(", "));
            let detail = format!("{venue} is not configured, and unsettled orders are there: {names}");
            VenueStatus {
                venue: venue.clone(),
                name,
                needs_credential: true,
                health: VenueHealth {
                    breaker: BreakerState::Open,
                    success_rate: Decimal::ZERO,
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
        Ok(self.inner.ask(venue, None, Sending::Read, call).await?)
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
            Some(venue) => self.inner.ask(venue, Some(user), Sending::Read, call).await,
            None => call.await,
        }
    }
}
