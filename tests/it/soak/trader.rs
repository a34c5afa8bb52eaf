//! One user: entries, exits, resting orders, stops, brackets, cancels and repeats, as a seed draws them.

use nija::{
    core::{
        ClientOrderId, Notional, OrderKind, OrderSize, Position, Price, Quantity, Quote, Side, SignalType,
        Symbol, TimeInForce, TradeSignal, UserId, VenueId,
    },
    router::Engine,
};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use rust_decimal::Decimal;
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::time::Instant;

use super::{
    load::{Log, Sent},
    world::World,
};

pub(crate) struct Trading {
    engine: Arc<Engine>,
    markets: Vec<(VenueId, Symbol)>,
    rng: StdRng,
    sent: u64,
    last: Option<TradeSignal>,
    pub(crate) log: Log,
}

impl Trading {
    pub(crate) fn new(world: &World, user: UserId, seed: u64) -> Self {
        Self {
            engine: world.platform.engine().clone(),
            markets: markets(world.platform.engine()),
            rng: StdRng::seed_from_u64(seed),
            sent: 0,
            last: None,
            log: Log { user, orders: Vec::new(), cancels: 0, cancelled: HashSet::new(), repeats: 0 },
        }
    }

    pub(crate) async fn trade(&mut self, until: Instant) {
        while Instant::now() < until {
            match self.rng.random_range(0..100) {
                0..34 => self.enter_at_market().await,
                34..50 => self.enter_at_limit().await,
                50..62 => self.cancel_one().await,
                62..84 => self.exit_one().await,
                84..96 => self.guard_one().await,
                _ => self.repeat().await,
            }
            let pause = Duration::from_millis(self.rng.random_range(100..1_500));
            tokio::time::sleep(pause.min(until.saturating_duration_since(Instant::now()))).await;
        }
    }

    /// Closes what is open; every other user cancels what rests first, and the others leave it.
    pub(crate) async fn leave(&mut self, cancels: bool) {
        if cancels {
            for order in self.log.orders.iter().map(|sent| sent.id).collect::<Vec<_>>() {
                self.cancel(order).await;
            }
        }
        for position in self.positions().await {
            let signal = self.exit(&position, position.quantity.abs(), OrderKind::Market, TimeInForce::Ioc);
            self.submit(signal).await;
        }
    }

    async fn enter_at_market(&mut self) {
        let signal = self.entry(OrderKind::Market, TimeInForce::Ioc, None);
        self.submit(signal).await;
    }

    /// Some rest for good, some may be met by the market, some trade at once or not at all.
    async fn enter_at_limit(&mut self) {
        let (venue, symbol) = self.a_market();
        let Some(quote) = self.quote(&venue, &symbol) else { return };
        let price = self.around(quote.bid, -60..4);
        let in_force = if self.rng.random_bool(0.8) { TimeInForce::Gtc } else { TimeInForce::Ioc };
        let entry = self.entry(OrderKind::Limit { price }, in_force, Some((venue, symbol)));
        self.submit(entry).await;
    }

    async fn exit_one(&mut self) {
        let Some(position) = self.a_position().await else { return };
        let held = position.quantity.abs();
        let part = [held, held / Decimal::TWO].choose(&mut self.rng).copied().unwrap_or(held);
        let signal = self.exit(&position, part, OrderKind::Market, TimeInForce::Ioc);
        self.submit(signal).await;
    }

    /// A take-profit, a stop or both, resting at the position's venue, as far as it has them.
    async fn guard_one(&mut self) {
        let Some(position) = self.a_position().await else { return };
        let Some(quote) = self.quote(&position.venue, &position.symbol) else { return };
        let stop = self.around(quote.bid, -40..-2);
        let worst = self.around(stop, -80..-60);
        let profit = self.around(quote.ask, 2..40);
        let kind = match self.rng.random_range(0..3) {
            0 => OrderKind::Limit { price: profit },
            1 => OrderKind::StopLimit { stop, price: worst },
            _ => OrderKind::Bracket { take_profit: profit, stop, price: worst },
        };
        let half = position.quantity.abs() / Decimal::TWO;
        let signal = self.exit(&position, half, kind, TimeInForce::Gtc);
        self.submit(signal).await;
    }

    async fn cancel_one(&mut self) {
        let order = self.log.orders.choose(&mut self.rng).map(|sent| sent.id);
        if let Some(order) = order {
            self.cancel(order).await;
        }
    }

    /// The same signal again is the same order.
    async fn repeat(&mut self) {
        let (Some(signal), Some(first)) = (self.last.clone(), self.log.orders.last().map(|sent| sent.id))
        else {
            return;
        };
        let again = self.engine.submit(signal).await.expect("a repeat is answered");
        assert!(again.replayed && again.order.id() == first, "the same client order id named two orders");
        self.log.repeats += 1;
    }

    async fn cancel(&mut self, order: nija::core::OrderId) {
        self.log.cancels += 1;
        self.log.cancelled.insert(order);
        // The venue's answer may be lost; what the user wants is carried out all the same, or the order ends by itself.
        if let Err(error) = self.engine.cancel(self.log.user, order).await {
            assert!(
                matches!(error, nija::router::EngineError::Venue(_)),
                "a cancel was refused here: {error}"
            );
        }
    }

    async fn submit(&mut self, signal: TradeSignal) {
        let is_exit = signal.signal_type.is_exit();
        let kind = signal.kind.as_str();
        let taken = self.engine.submit(signal.clone()).await;
        let taken = taken.unwrap_or_else(|error| panic!("not acknowledged: {error}: {signal:?}"));
        assert!(!taken.replayed);
        self.last = Some(signal);
        self.log.orders.push(Sent { id: taken.order.id(), is_exit, kind });
    }

    fn entry(
        &mut self,
        kind: OrderKind,
        time_in_force: TimeInForce,
        at: Option<(VenueId, Symbol)>,
    ) -> TradeSignal {
        let size = OrderSize::Quote(Notional::new(Decimal::from(self.rng.random_range(20..400))).unwrap());
        let free = self.rng.random_bool(0.3);
        let (venue, symbol) = at.unwrap_or_else(|| self.a_market());
        let id = self.next_id();
        let market = TradeSignal::market(self.log.user, id, symbol, Side::Buy, size);
        TradeSignal { kind, time_in_force, venue: (!free).then_some(venue), ..market }
    }

    fn exit(
        &mut self,
        position: &Position,
        quantity: Decimal,
        kind: OrderKind,
        time_in_force: TimeInForce,
    ) -> TradeSignal {
        let size = OrderSize::Base(Quantity::new(quantity).unwrap());
        let (symbol, side) = (position.symbol.clone(), position.side().opposite());
        let market = TradeSignal::market(self.log.user, self.next_id(), symbol, side, size);
        let (venue, signal_type) = (Some(position.venue.clone()), SignalType::Exit);
        TradeSignal { kind, time_in_force, venue, signal_type, ..market }
    }

    fn next_id(&mut self) -> ClientOrderId {
        self.sent += 1;
        ClientOrderId::new(&format!("soak-{}", self.sent)).unwrap()
    }

    fn a_market(&mut self) -> (VenueId, Symbol) {
        self.markets.choose(&mut self.rng).unwrap().clone()
    }

    async fn positions(&self) -> Vec<Position> {
        let account = self.engine.account(self.log.user).await.unwrap();
        account.positions.into_iter().map(|marked| marked.position).collect()
    }

    async fn a_position(&mut self) -> Option<Position> {
        self.positions().await.choose(&mut self.rng).cloned()
    }

    fn quote(&self, venue: &VenueId, symbol: &Symbol) -> Option<Quote> {
        self.engine.market().markets.get(&(venue.clone(), symbol.clone()))?.quote
    }

    /// A price some hundredths of a per cent from another.
    fn around(&mut self, price: Price, basis_points: std::ops::Range<i64>) -> Price {
        let off = Decimal::new(self.rng.random_range(basis_points), 4);
        Price::new((price.get() * (Decimal::ONE + off)).round_dp(2)).unwrap()
    }
}

/// What the venues list of what the platform follows, always in the same order.
fn markets(engine: &Engine) -> Vec<(VenueId, Symbol)> {
    let listed = engine.instruments();
    let mut markets: Vec<_> = listed.iter().map(|it| (it.venue.clone(), it.symbol.clone())).collect();
    markets.sort();
    markets
}
