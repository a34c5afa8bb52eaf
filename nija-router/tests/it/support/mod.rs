//! In-memory fakes of core's traits, and an engine put together from them.

mod book;
mod bus;
mod clock;
mod ledger;
pub(crate) mod route;
mod vault;
mod venue;
mod world;

pub(crate) use bus::TestBus;
pub(crate) use clock::TestClock;
pub(crate) use ledger::{Crash, MemoryLedger, Pace};
pub(crate) use vault::FakeVault;
pub(crate) use venue::{Answer, FakeVenue, attempts_of};
pub(crate) use world::{Filling, World};

use nija_core::{
    Clock, Executor, Order, OrderId, OrderKind, OrderSize, OrderState, Position, Quantity, SeededEntropy,
    Side, SignalType, Symbol, TimeInForce, Timestamp, TradeSignal, UserId,
};
use nija_router::{
    Engine, EngineConfig, EngineParts, Policies, RiskChain, RiskLimits, RoutingConfig, default_policies,
};
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

/// Virtual time: long enough for everything that is going to happen by itself.
pub(crate) const LONG: Duration = Duration::from_secs(120);

pub(crate) fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn symbol(text: &str) -> Symbol {
    Symbol::new(text).unwrap()
}

pub(crate) fn user(seed: u64) -> UserId {
    UserId::generate(Timestamp::from_micros(0), &SeededEntropy::new(seed))
}

/// Limits that hold nothing up.
pub(crate) fn loose() -> RiskLimits {
    let mut limits = RiskLimits::default();
    limits.basic.largest_position = None;
    limits.basic.positions = None;
    limits.basic.venues = None;
    limits.entry_interval = Duration::ZERO;
    limits.max_equity_share = Decimal::ONE;
    limits.max_daily_loss = Decimal::ONE;
    limits.max_drawdown = None;
    limits
}

/// Everything around an engine; survives its restarts.
pub(crate) struct Platform {
    pub(crate) clock: TestClock,
    pub(crate) ledger: Arc<MemoryLedger>,
    pub(crate) vault: Arc<FakeVault>,
    pub(crate) bus: Arc<TestBus>,
    pub(crate) venues: Vec<Arc<FakeVenue>>,
    pub(crate) config: EngineConfig,
    pub(crate) routing: RoutingConfig,
    entropy: Arc<SeededEntropy>,
}

impl Platform {
    pub(crate) fn new(clock: TestClock, venues: Vec<Arc<FakeVenue>>) -> Self {
        let config = EngineConfig { limits: loose(), ..EngineConfig::default() };
        Self {
            clock,
            ledger: Arc::default(),
            vault: Arc::default(),
            bus: Arc::default(),
            venues,
            config,
            routing: RoutingConfig::default(),
            entropy: Arc::new(SeededEntropy::new(7)),
        }
    }

    /// One venue `a` where `user(1)` has 10,000 USD.
    pub(crate) fn single() -> (Self, Arc<FakeVenue>) {
        let clock = TestClock::new();
        let venue = FakeVenue::new("a", &clock, |_| {});
        let platform = Self::new(clock, vec![venue.clone()]);
        platform.join(user(1), 10_000);
        (platform, venue)
    }

    /// Two venues `a` and `b`; `a` wins by name when all else is equal.
    pub(crate) fn pair() -> (Self, Arc<FakeVenue>, Arc<FakeVenue>) {
        let clock = TestClock::new();
        let (a, b) = (FakeVenue::new("a", &clock, |_| {}), FakeVenue::new("b", &clock, |_| {}));
        let platform = Self::new(clock, vec![a.clone(), b.clone()]);
        platform.join(user(1), 10_000);
        (platform, a, b)
    }

    /// A user with a key and money at every venue.
    pub(crate) fn join(&self, user: UserId, usd: i64) {
        for venue in &self.venues {
            self.vault.grant(user, &venue.id, self.clock.now());
            venue.fund(user, usd);
        }
    }

    pub(crate) async fn start(&self) -> Arc<Engine> {
        let engine = self.start_unheard().await;
        let listed: usize = self.venues.iter().map(|venue| venue.world().prices.len()).sum();
        assert_eq!(engine.market().markets.len(), listed);
        engine
    }

    /// The same where a venue may say nothing yet.
    pub(crate) async fn start_unheard(&self) -> Arc<Engine> {
        let executors = self.venues.iter().map(|venue| venue.clone() as Arc<dyn Executor>).collect();
        let engine = Engine::start(EngineParts {
            vault: self.vault.clone(),
            ledger: self.ledger.clone(),
            executors,
            bus: self.bus.clone(),
            router: Arc::new(Policies::new(self.routing.clone()).unwrap()),
            risk: RiskChain::new(default_policies(&self.config.limits)).unwrap(),
            clock: Arc::new(self.clock.clone()),
            entropy: self.entropy.clone(),
            config: self.config.clone(),
        })
        .await
        .unwrap();
        engine.reconciled().await;
        engine
    }

    pub(crate) async fn position(&self, user: UserId, text: &str) -> Option<Position> {
        use nija_core::Ledger;
        let open = self.ledger.open_positions(Some(user)).await.unwrap();
        open.into_iter().find(|position| position.symbol == symbol(text))
    }
}

/// Waits, in virtual time, for something to become true.
pub(crate) async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + LONG * 10;
    while !condition().await {
        assert!(tokio::time::Instant::now() < deadline, "never came: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits for an order to be in a state.
pub(crate) async fn state(engine: &Engine, user: UserId, order: OrderId, wanted: OrderState) -> Order {
    let deadline = tokio::time::Instant::now() + LONG * 10;
    loop {
        let order = engine.settled(user, order, Duration::from_millis(5)).await.unwrap();
        if order.state == wanted {
            return order;
        }
        assert!(
            tokio::time::Instant::now() < deadline && !order.state.is_final(),
            "{} instead of {wanted}: {:?}",
            order.state,
            order.reason
        );
    }
}

/// An entry for 100 USD of BTC at market.
pub(crate) fn entry(user: UserId, id: &str) -> TradeSignal {
    TradeSignal { strategy: Some("test".into()), ..route::buy(user, id) }
}

/// An exit of up to this many BTC at market.
pub(crate) fn exit(user: UserId, id: &str, quantity: &str) -> TradeSignal {
    TradeSignal {
        side: Side::Sell,
        size: OrderSize::Base(Quantity::new(dec(quantity)).unwrap()),
        signal_type: SignalType::Exit,
        ..entry(user, id)
    }
}

/// A limit entry that rests: 0.01 BTC at 1 per cent below the market.
pub(crate) fn resting(user: UserId, id: &str) -> TradeSignal {
    let price = nija_core::Price::new(dec("59400")).unwrap();
    TradeSignal {
        size: OrderSize::Base(Quantity::new(dec("0.01")).unwrap()),
        kind: OrderKind::Limit { price },
        time_in_force: TimeInForce::Gtc,
        ..entry(user, id)
    }
}
