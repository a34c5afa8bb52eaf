//! What a venue brings to the suite.

use async_trait::async_trait;
use nija_core::{
    Clock, Executor, Instrument, OrderKind, OrderRef, Placement, Price, Quantity, Side, Symbol, TimeInForce,
    Timestamp, VenueAccount, VenueClientId, VenueError,
};
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

use super::venue_order;

/// Something that goes wrong at or before a venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum VenueFault {
    /// The next order's connection breaks before the venue acts on it.
    LostBefore,
    /// The next order is carried out and its connection breaks.
    LostAfter,
    /// The next order meets a 503 and is not carried out.
    ServerError,
    /// The next order is carried out and answered with an HTML page.
    Html,
    /// The next order meets the rate limit.
    RateLimit,
    /// The next order's nonce is refused.
    BadNonce,
    /// The next order meets the venue's own "service unavailable".
    Unavailable,
    /// Keys lose the right to trade.
    RightsRevoked,
    /// All streams are cut, once.
    StreamCut,
    /// Nothing listens at the venue's address.
    Gone,
    /// The next order is carried out and nothing ever comes back on its connection.
    NeverAnswered,
    /// The next order is carried out and its answer drips in.
    SlowAnswer,
    /// The next order meets a ban, as who went on in spite of the rate limit does.
    Ban,
    /// The next order takes only a part of what its price would get.
    PartialFill,
    /// The venue's clock is 8 s ahead from now on.
    ClockSkew,
    /// The venue's clock is 200 s behind from now on.
    ClockBehind,
    /// The venue forgets the nonces that it saw.
    NonceForgotten,
    /// The next reports of orders are streamed twice.
    RepeatedReports,
    /// Reports of orders are streamed late, until healed.
    LateReports,
    /// The next messages of all streams are swallowed.
    LostReports,
    /// Streamed books stand still, until healed.
    StaleBook,
    /// The venue takes no connection and drops those that it has, until healed.
    Down,
}

/// A venue under test, with what is needed to make things happen there.
#[async_trait]
pub trait Harness: Send + Sync {
    /// The executor.
    fn executor(&self) -> Arc<dyn Executor>;

    /// The clock that the executor reads.
    fn clock(&self) -> Arc<dyn Clock>;

    /// A symbol to trade. Its best level holds at least ten times the smallest order.
    fn symbol(&self) -> Symbol;

    /// A new user with 10,000 of the symbol's quote asset and nothing that is held.
    async fn account(&self) -> VenueAccount;

    /// Moves the market until an order of this side with this limit would trade.
    async fn reach(&self, side: Side, limit: Price);

    /// Whether the venue tells a user's own fees for the symbol; where it does not, the configured ones are given.
    fn tells_fees(&self) -> bool {
        true
    }

    /// How far below the market the limit of a sell may stand, in thousandths of the price: some venues refuse what is beyond a band.
    fn price_band(&self) -> i64 {
        200
    }

    /// Whether an order that waits for a price holds what it would sell; elsewhere that is looked for when the price comes.
    fn stops_hold_goods(&self) -> bool {
        true
    }

    /// HTTP requests that have come to the venue so far, those that open streams included, where it counts them.
    fn requests(&self) -> Option<u64> {
        None
    }

    /// Causes a fault; false where this venue cannot have it.
    fn fault(&self, fault: VenueFault) -> bool;

    /// Ends the faults that last. Only asked for where one was caused.
    fn heal(&self) {}
}

/// A user who trades, as the rules of the suite use it.
#[derive(Clone)]
pub struct Trader {
    /// The venue.
    pub executor: Arc<dyn Executor>,
    /// The user.
    pub account: VenueAccount,
    /// What is traded.
    pub instrument: Instrument,
    clock: Arc<dyn Clock>,
}

impl Trader {
    /// A new user.
    pub async fn new(harness: &dyn Harness) -> Self {
        let executor = harness.executor();
        let instruments = executor.instruments().await.unwrap();
        let symbol = harness.symbol();
        let instrument = instruments.into_iter().find(|one| one.symbol == symbol);
        Self {
            executor,
            account: harness.account().await,
            instrument: instrument.expect("the symbol is listed"),
            clock: harness.clock(),
        }
    }

    /// The symbol.
    #[must_use]
    pub const fn symbol(&self) -> &Symbol {
        &self.instrument.symbol
    }

    /// Now, by the executor's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Five times the smallest order.
    pub async fn quantity(&self) -> Quantity {
        let ask = self.executor.quote(self.symbol()).await.unwrap().ask;
        let by_notional = self.instrument.min_notional.over(ask).unwrap().get();
        let quantity = self.instrument.min_quantity.get().max(by_notional) * Decimal::from(5);
        Quantity::new(quantity).unwrap().floor_to(self.instrument.lot_size)
    }

    /// Places an order with a deadline in ten seconds.
    ///
    /// # Errors
    /// As the executor.
    pub async fn place(
        &self,
        side: Side,
        kind: OrderKind,
        quantity: Quantity,
        time_in_force: TimeInForce,
    ) -> (OrderRef, Result<Placement, VenueError>) {
        let id = VenueClientId::from_new_uuid();
        let placed = self.place_as(id, side, kind, quantity, time_in_force).await;
        let venue_order_id = placed.as_ref().ok().map(|placed| placed.venue_order_id.clone());
        let order = OrderRef { symbol: self.symbol().clone(), client_id: id, venue_order_id };
        (order, placed)
    }

    /// Places an order under a client id of the caller's.
    ///
    /// # Errors
    /// As the executor.
    pub async fn place_as(
        &self,
        id: VenueClientId,
        side: Side,
        kind: OrderKind,
        quantity: Quantity,
        time_in_force: TimeInForce,
    ) -> Result<Placement, VenueError> {
        let deadline = self.now().plus(Duration::from_secs(10));
        let symbol = self.symbol().clone();
        let order = venue_order(self.account.user, id, symbol, side, kind, quantity, time_in_force, deadline);
        let price = self.executor.quote(self.symbol()).await.unwrap().ask;
        let notional = quantity.at(price).unwrap();
        self.executor.place(&self.account, &order, notional).await
    }

    /// A market order that must be taken.
    pub async fn trade(&self, side: Side, quantity: Quantity) -> OrderRef {
        let (order, placed) = self.place(side, OrderKind::Market, quantity, TimeInForce::Gtc).await;
        placed.unwrap();
        order
    }

    /// A limit order that must be taken and rests, a fifth below or above the market.
    pub async fn rest(&self, side: Side, quantity: Quantity) -> OrderRef {
        let price = self.far(side).await;
        let (order, placed) = self.place(side, OrderKind::Limit { price }, quantity, TimeInForce::Gtc).await;
        placed.unwrap();
        order
    }

    /// A price that the market will not come to by itself.
    pub async fn far(&self, side: Side) -> Price {
        let quote = self.executor.quote(self.symbol()).await.unwrap();
        let price = match side {
            Side::Buy => quote.bid.get() * Decimal::new(8, 1),
            Side::Sell => quote.ask.get() * Decimal::new(12, 1),
        };
        Price::new(price).unwrap().floor_to(self.instrument.tick_size).unwrap()
    }

    /// What there is of an asset: all, and free.
    pub async fn balance(&self, asset: &str) -> (Decimal, Decimal) {
        let balances = self.executor.balances(&self.account).await.unwrap();
        let found = balances.iter().find(|balance| balance.asset == asset);
        found.map_or((Decimal::ZERO, Decimal::ZERO), |balance| (balance.total, balance.available))
    }
}

trait NewUuid {
    fn from_new_uuid() -> Self;
}

impl NewUuid for VenueClientId {
    fn from_new_uuid() -> Self {
        uuid::Uuid::new_v4().to_string().parse().unwrap()
    }
}
