//! A route request's surroundings, for the tests of the scoring and for its bench, which takes this file in by its path: it uses
//! nothing of the other helpers.

use nija_core::{
    AccountState, Approved, BreakerState, ClientOrderId, FeeSchedule, Instrument, Notional, OrderId,
    OrderIntent, OrderKind, OrderSize, Price, PriceReach, Quantity, Quote, RestingOrders, RiskChain,
    RiskPolicy, SeededEntropy, Side, SignalType, Symbol, TimeInForce, Timestamp, TradeSignal, UserId,
    VenueHealth, VenueId, VenueView, Verdict,
};
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_760_000_000_000_000);

struct AllowAll;

impl RiskPolicy for AllowAll {
    fn name(&self) -> &'static str {
        "allow_all"
    }

    fn assess(&self, _: &OrderIntent, _: &AccountState) -> Verdict {
        Verdict::Allow
    }
}

/// Lets any signal through.
pub(crate) fn approved(signal: TradeSignal) -> Approved<OrderIntent> {
    let account = AccountState::empty(signal.user, NOW);
    let id = OrderId::generate(NOW, &SeededEntropy::new(1));
    let intent = OrderIntent::new(id, NOW, signal);
    RiskChain::new(vec![Arc::new(AllowAll)]).unwrap().assess(intent, &account).verdict.unwrap()
}

/// A hundred USD of BTC at market.
pub(crate) fn buy(user: UserId, id: &str) -> TradeSignal {
    TradeSignal {
        user,
        client_order_id: ClientOrderId::new(id).unwrap(),
        symbol: Symbol::new("BTC-USD").unwrap(),
        side: Side::Buy,
        size: OrderSize::Quote(Notional::new(Decimal::ONE_HUNDRED).unwrap()),
        kind: OrderKind::Market,
        time_in_force: TimeInForce::Ioc,
        signal_type: SignalType::Entry,
        venue: None,
        strategy: None,
        protection: None,
    }
}

/// A venue that can take an order, and where 1,000 USD and 1 BTC are free.
pub(crate) fn view(id: &str) -> VenueView {
    let venue = VenueId::new(id).unwrap();
    let size = Quantity::new(Decimal::TEN).unwrap();
    VenueView {
        instrument: Some(Arc::new(Instrument {
            venue: venue.clone(),
            symbol: Symbol::new("BTC-USD").unwrap(),
            venue_symbol: "BTCUSD".into(),
            lot_size: Decimal::new(1, 5),
            tick_size: Decimal::new(1, 1),
            min_quantity: Quantity::new(Decimal::new(1, 4)).unwrap(),
            max_quantity: None,
            min_notional: Notional::new(Decimal::from(5)).unwrap(),
            reach: PriceReach::UNBOUNDED,
            tradable: true,
            resting: RestingOrders::ALL,
        })),
        venue,
        quote: Some(Quote {
            bid: Price::new(Decimal::from(49_990)).unwrap(),
            bid_size: size,
            ask: Price::new(Decimal::from(50_000)).unwrap(),
            ask_size: size,
            at: NOW,
        }),
        book: None,
        fees: FeeSchedule { maker: Decimal::new(16, 4), taker: Decimal::new(26, 4), from_venue: true },
        health: VenueHealth {
            breaker: BreakerState::Closed,
            success_rate: Decimal::ONE,
            latency: Some(Duration::from_millis(100)),
            queue_depth: 0,
            queue_capacity: 1024,
        },
        connected: true,
        within_tier: true,
        available_base: Some(Decimal::ONE),
        available_quote: Some(Decimal::ONE_THOUSAND),
        closable: None,
        pair_record: None,
        pair_slippage: None,
        barred: None,
        listed: true,
    }
}
