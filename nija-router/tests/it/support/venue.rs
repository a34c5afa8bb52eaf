//! A venue in memory whose answers can be scripted.

use async_trait::async_trait;
use futures::{StreamExt, stream::BoxStream};
use nija_core::{
    AccountEvent, AmbiguityBound, Candle, CandleInterval, Clock, ExecutionReport, Executor, FeeSchedule,
    Instrument, KeyRights, LimitScope, LimitUsage, Lookup, MarketEvent, Notional, OrderBook, OrderLookup,
    OrderRef, OrderState, Placement, PolicyRefusal, Price, PriceReach, Quantity, Quote, RepeatedClientId,
    RestingOrders, SignError, StreamLane, Symbol, Timestamp, UserId, VenueAccount, VenueBalance,
    VenueClientId, VenueContract, VenueError, VenueFill, VenueId, VenueOrder,
};
use parking_lot::{Mutex, MutexGuard};
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

use super::{
    TestClock,
    world::{FakeOrder, World},
};

/// How a placement ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Taken, and said so with a report.
    Taken,
    /// Taken, and said so without one.
    TakenBriefly,
    /// Taken; the answer comes after this time.
    TakenSlowly(Duration),
    /// The request never arrives and nobody says so.
    LostBefore,
    /// Taken, and the answer is lost.
    LostAfter,
    /// Arrives after this time, when the answer was given up as lost.
    Late(Duration),
    /// Refused for a reason of its own.
    Rejected,
    /// Not signed: the user's own order policy forbids it.
    AgainstPolicy,
    /// The account has too little.
    InsufficientFunds,
    /// Not open for business.
    Unavailable,
    /// No connection.
    NotSent,
    /// Too many requests.
    RateLimited,
    /// Too many requests of this key; none for this long.
    RateLimitedFor(Duration),
    /// Too many of this address.
    AddressLimitedFor(Duration),
    /// This address is banned for this long.
    Banned(Duration),
}

pub(crate) struct FakeVenue {
    pub(crate) id: VenueId,
    pub(crate) clock: TestClock,
    contract: VenueContract,
    fees: FeeSchedule,
    world: Arc<Mutex<World>>,
}

/// Lost on the way to the venue or back: half of it each way.
const LATENCY: Duration = Duration::from_millis(10);

impl FakeVenue {
    pub(crate) fn new(id: &str, clock: &TestClock, contract: impl FnOnce(&mut VenueContract)) -> Arc<Self> {
        let id = VenueId::new(id).unwrap();
        let mut promises = VenueContract {
            venue: id.clone(),
            name: "Fake",
            needs_credential: true,
            repeated_client_id: RepeatedClientId::UniqueWhileOpen,
            lookup: OrderLookup::ByClientId,
            ambiguity_bound: AmbiguityBound::Deadline(Duration::from_secs(5)),
            limit_scopes: vec![LimitScope::Key],
            resting: RestingOrders::ALL,
            ordered_nonces: false,
            reach: PriceReach::UNBOUNDED,
        };
        contract(&mut promises);
        let mut world = World::new(id.clone());
        for (symbol, price) in [("BTC-USD", 60_000), ("ETH-USD", 3_000)] {
            world.prices.insert(Symbol::new(symbol).unwrap(), Decimal::from(price));
        }
        Arc::new(Self {
            id,
            clock: clock.clone(),
            contract: promises,
            fees: FeeSchedule { maker: Decimal::new(16, 4), taker: Decimal::new(26, 4), from_venue: false },
            world: Arc::new(Mutex::new(world)),
        })
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock()
    }

    /// The next placements end like this.
    pub(crate) fn script(&self, answers: impl IntoIterator<Item = Answer>) {
        self.world().script.extend(answers);
    }

    pub(crate) fn fund(&self, user: UserId, usd: i64) {
        self.world().account(user).balances.insert("USD".into(), Decimal::from(usd));
    }

    pub(crate) fn orders(&self, user: UserId) -> Vec<FakeOrder> {
        self.world().account(user).orders.clone()
    }

    pub(crate) fn placements(&self) -> usize {
        self.world().placed.len()
    }

    pub(crate) fn disconnect(&self, user: UserId) {
        self.world().tell(user, &AccountEvent::Disconnected("test".into()));
        self.world().streaming = false;
    }

    pub(crate) fn reconnect(&self, user: UserId) {
        self.world().streaming = true;
        self.world().tell(user, &AccountEvent::Connected);
    }

    fn quote_of(&self, symbol: &Symbol) -> Option<Quote> {
        let (mid, touch) = {
            let world = self.world();
            (*world.prices.get(symbol)?, world.touch)
        };
        let size = Quantity::new(touch).unwrap();
        let price = |factor: Decimal| Price::new(mid * factor).unwrap();
        Some(Quote {
            bid: price(Decimal::new(9999, 4)),
            bid_size: size,
            ask: price(Decimal::new(10001, 4)),
            ask_size: size,
            at: self.clock.now(),
        })
    }

    /// Whether this address is heard at all.
    fn hears(&self) -> Result<(), VenueError> {
        let mut world = self.world();
        let now = tokio::time::Instant::now();
        let Some((until, told)) = world.banned.filter(|(until, _)| now < *until) else {
            return Ok(());
        };
        world.turned_away += 1;
        Err(limited(self.id.clone(), LimitScope::Ip, true, told.then(|| until.duration_since(now))))
    }

    /// From now on this address is banned for so long.
    pub(crate) fn ban(&self, time: Duration, told: bool) {
        self.world().banned = Some((tokio::time::Instant::now() + time, told));
    }

    async fn readable(&self) -> Result<(), VenueError> {
        self.world().reads += 1;
        self.hears()?;
        while self.hangs() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        if self.world().reads_fail {
            Err(VenueError::Unavailable { venue: self.id.clone(), message: "maintenance".into() })
        } else {
            Ok(())
        }
    }

    fn hangs(&self) -> bool {
        self.world().reads_hang
    }

    fn lost(&self) -> VenueError {
        VenueError::AnswerLost { venue: self.id.clone(), message: "connection reset".into() }
    }
}

fn limited(venue: VenueId, scope: LimitScope, banned: bool, retry_after: Option<Duration>) -> VenueError {
    VenueError::RateLimited { venue, scope, banned, retry_after }
}

/// What arrives at the venue: dropped when too late, refused when the id is taken.
fn arrive(
    world: &Mutex<World>,
    contract: &VenueContract,
    order: &VenueOrder,
    now: Timestamp,
) -> Option<FakeOrder> {
    let bounded = contract.ambiguity_bound != AmbiguityBound::Unbounded;
    if bounded && now > order.deadline() {
        return None;
    }
    let mut world = world.lock();
    let account = world.account(order.user());
    let known = account.orders.iter().find(|known| known.client == Some(order.client_id())).cloned();
    match (known, contract.repeated_client_id) {
        (Some(known), RepeatedClientId::ReturnsExisting) => return Some(known),
        (Some(_), RepeatedClientId::Rejected) => return None,
        (Some(known), RepeatedClientId::UniqueWhileOpen) if known.state == OrderState::Working => {
            return None;
        }
        _ => {}
    }
    let client = Some(order.client_id());
    let time_in_force = order.time_in_force();
    Some(world.arrive(
        order.user(),
        client,
        order.symbol(),
        order.side(),
        order.kind(),
        order.quantity(),
        time_in_force,
        now,
    ))
}

#[async_trait]
impl Executor for FakeVenue {
    fn contract(&self) -> &VenueContract {
        &self.contract
    }

    async fn instruments(&self) -> Result<Vec<Instrument>, VenueError> {
        self.hears()?;
        if !self.world().lists {
            let message = "maintenance".to_owned();
            return Err(VenueError::Unavailable { venue: self.id.clone(), message });
        }
        let largest = self.world().largest;
        let symbols: Vec<_> = self.world().prices.keys().cloned().collect();
        let rules = symbols.into_iter().map(|symbol| Instrument {
            venue: self.id.clone(),
            venue_symbol: symbol.as_str().to_owned(),
            lot_size: Decimal::new(1, 6),
            tick_size: if symbol.quote() == "BTC" { Decimal::new(1, 8) } else { Decimal::new(1, 2) },
            min_quantity: Quantity::new(Decimal::new(1, 6)).unwrap(),
            max_quantity: largest,
            min_notional: Notional::new(if symbol.quote() == "BTC" {
                Decimal::new(1, 5)
            } else {
                Decimal::ONE
            })
            .unwrap(),
            symbol,
            reach: self.contract.reach,
            tradable: true,
            resting: self.contract.resting,
        });
        Ok(rules.collect())
    }

    async fn quote(&self, symbol: &Symbol) -> Result<Quote, VenueError> {
        let hangs = self.world().quote_hangs.as_ref() == Some(symbol);
        if hangs {
            std::future::pending::<()>().await;
        }
        self.quote_of(symbol)
            .ok_or_else(|| VenueError::NotListed { venue: self.id.clone(), symbol: symbol.clone() })
    }

    async fn book(&self, symbol: &Symbol, _: usize) -> Result<OrderBook, VenueError> {
        Err(VenueError::NotListed { venue: self.id.clone(), symbol: symbol.clone() })
    }

    async fn candles(&self, _: &Symbol, _: CandleInterval, _: usize) -> Result<Vec<Candle>, VenueError> {
        Ok(Vec::new())
    }

    fn default_fees(&self) -> FeeSchedule {
        self.fees
    }

    async fn fees(&self, _: &VenueAccount, _: &Symbol) -> Result<FeeSchedule, VenueError> {
        self.readable().await?;
        Ok(FeeSchedule { from_venue: true, ..self.fees })
    }

    async fn balances(&self, account: &VenueAccount) -> Result<Vec<VenueBalance>, VenueError> {
        self.readable().await?;
        let now = self.clock.now();
        let mut world = self.world();
        let assets: Vec<_> = world.account(account.user).balances.keys().cloned().collect();
        Ok(assets.iter().map(|asset| world.balance(account.user, asset, now)).collect())
    }

    async fn key_rights(&self, _: &VenueAccount) -> Result<KeyRights, VenueError> {
        Ok(KeyRights::default())
    }

    async fn place(
        &self,
        account: &VenueAccount,
        order: &VenueOrder,
        _: Notional,
    ) -> Result<Placement, VenueError> {
        assert_eq!(account.user, order.user(), "an order under another user's key");
        let answer = {
            let mut world = self.world();
            if let Some(witness) = &world.witness {
                witness();
            }
            world.placed.push(order.client_id());
            world.placed_at.push(tokio::time::Instant::now());
            world.script.pop_front().unwrap_or(Answer::Taken)
        };
        tokio::time::sleep(LATENCY / 2).await;
        self.hears()?;
        let (venue, message) = (self.id.clone(), "scripted".to_owned());
        match answer {
            Answer::Rejected => return Err(VenueError::Rejected { venue, code: "no".into(), message }),
            Answer::AgainstPolicy => {
                let pair = order.symbol().to_string();
                return Err(VenueError::Sign(SignError::Policy(PolicyRefusal::Pair { pair })));
            }
            Answer::InsufficientFunds => return Err(VenueError::InsufficientFunds { venue, message }),
            Answer::Unavailable => return Err(VenueError::Unavailable { venue, message }),
            Answer::NotSent => return Err(VenueError::NotSent { venue, message }),
            Answer::RateLimited => return Err(limited(venue, LimitScope::Key, false, None)),
            Answer::RateLimitedFor(wait) => return Err(limited(venue, LimitScope::Key, false, Some(wait))),
            Answer::AddressLimitedFor(wait) => return Err(limited(venue, LimitScope::Ip, false, Some(wait))),
            Answer::Banned(wait) => return Err(limited(venue, LimitScope::Ip, true, Some(wait))),
            Answer::LostBefore => return Err(self.lost()),
            Answer::Late(after) => {
                let (world, contract) = (self.world.clone(), self.contract.clone());
                let (order, clock) = (order.clone(), self.clock.clone());
                tokio::spawn(async move {
                    tokio::time::sleep(after).await;
                    arrive(&world, &contract, &order, clock.now());
                });
                return Err(self.lost());
            }
            Answer::Taken | Answer::TakenBriefly | Answer::TakenSlowly(_) | Answer::LostAfter => {}
        }
        let arrived = arrive(&self.world, &self.contract, order, self.clock.now());
        tokio::time::sleep(LATENCY / 2).await;
        if let Answer::TakenSlowly(wait) = answer {
            tokio::time::sleep(wait).await;
        }
        let Some(arrived) = arrived.filter(|_| answer != Answer::LostAfter) else {
            return Err(self.lost());
        };
        let report = (answer != Answer::TakenBriefly).then(|| self.world().report(&arrived));
        Ok(Placement { venue_order_id: arrived.id, report, fills: Vec::new() })
    }

    async fn cancel(&self, account: &VenueAccount, order: &OrderRef) -> Result<(), VenueError> {
        self.hears()?;
        let mut world = self.world();
        world.cancels += 1;
        if let Some(left) = world.cancels_lost.checked_sub(1) {
            world.cancels_lost = left;
            return Err(self.lost());
        }
        let orders = &world.account(account.user).orders;
        let known =
            orders.iter().find(|known| known.client == Some(order.client_id)).map(|known| known.id.clone());
        if let Some(id) = known {
            world.end(account.user, &id);
        }
        Ok(())
    }

    async fn cancel_all(&self, _: &VenueAccount) -> Result<Option<u64>, VenueError> {
        Ok(None)
    }

    async fn find(
        &self,
        account: &VenueAccount,
        order: &OrderRef,
        _: Timestamp,
    ) -> Result<Lookup, VenueError> {
        self.readable().await?;
        let again = self.world().find_again;
        if let Some(pause) = again {
            tokio::time::sleep(pause).await;
            self.readable().await?;
        }
        let mut world = self.world();
        let orders = &world.account(account.user).orders;
        let known = orders.iter().find(|known| known.client == Some(order.client_id)).cloned();
        Ok(known.map_or(Lookup::Absent, |known| {
            let mut report = world.report(&known);
            report.client_id = Some(order.client_id);
            Lookup::Found(report)
        }))
    }

    async fn open_orders(&self, account: &VenueAccount) -> Result<Vec<ExecutionReport>, VenueError> {
        self.readable().await?;
        let mut world = self.world();
        let orders = world.account(account.user).orders.clone();
        let open = orders.iter().filter(|o| matches!(o.state, OrderState::Working | OrderState::PartialFill));
        Ok(open.map(|order| world.report(order)).collect())
    }

    async fn fills_since(
        &self,
        account: &VenueAccount,
        since: Timestamp,
    ) -> Result<Vec<VenueFill>, VenueError> {
        self.readable().await?;
        let mut world = self.world();
        Ok(world.account(account.user).fills.iter().filter(|fill| fill.at >= since).cloned().collect())
    }

    fn limits_used(&self, user: Option<UserId>) -> Vec<LimitUsage> {
        user.and_then(|user| self.world().used.get(&user).cloned()).into_iter().collect()
    }

    fn market_stream(
        &self,
        symbols: Vec<Symbol>,
        lane: Arc<dyn StreamLane>,
    ) -> BoxStream<'static, MarketEvent> {
        self.world().lanes.insert(None, lane);
        let fake = Self {
            id: self.id.clone(),
            clock: self.clock.clone(),
            contract: self.contract.clone(),
            fees: self.fees,
            world: self.world.clone(),
        };
        let ticks = futures::stream::unfold((fake, symbols, false), |(fake, symbols, again)| async move {
            if again {
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
            let quotes: Vec<_> = symbols
                .iter()
                .filter_map(|symbol| {
                    Some(MarketEvent::Quote { symbol: symbol.clone(), quote: fake.quote_of(symbol)? })
                })
                .collect();
            Some((futures::stream::iter(quotes), (fake, symbols, true)))
        });
        futures::stream::iter([MarketEvent::Connected]).chain(ticks.flatten()).boxed()
    }

    fn account_stream(
        &self,
        account: VenueAccount,
        lane: Arc<dyn StreamLane>,
    ) -> BoxStream<'static, AccountEvent> {
        self.world().lanes.insert(Some(account.user), lane);
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        let mut world = self.world();
        if world.streaming {
            sender.send(AccountEvent::Connected).unwrap();
        }
        world.account(account.user).listeners.push(sender);
        futures::stream::unfold(receiver, |mut receiver| async move {
            let event = receiver.recv().await?;
            Some((event, receiver))
        })
        .boxed()
    }
}

/// The attempts of an order that are known at this venue.
pub(crate) fn attempts_of(orders: &[FakeOrder], order: nija_core::OrderId) -> Vec<FakeOrder> {
    let ids: Vec<_> = (0..10).map(|attempt| VenueClientId::derive(order, attempt)).collect();
    orders.iter().filter(|known| known.client.is_some_and(|id| ids.contains(&id))).cloned().collect()
}
