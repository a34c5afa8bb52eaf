//! What the tests speak of: a user, an order of 10 BTC, and what becomes of it.

use nija_core::{
    AccountState, Approved, Fill, Liquidity, OrderId, OrderIntent, OrderKind, OrderLeg, OrderSize, Price,
    Quantity, RiskChain, RiskPolicy, RouteDecision, SeededEntropy, Side, Symbol, Timestamp, TradeSignal,
    UserId, VenueClientId, VenueFill, VenueId, Verdict,
};
use rust_decimal::Decimal;
use std::{fmt::Debug, str::FromStr, sync::Arc};

pub(crate) const START: Timestamp = Timestamp::from_micros(1_760_000_000_000_000);

/// Any of the types that are read from text.
pub(crate) fn of<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub(crate) fn dec(text: &str) -> Decimal {
    of(text)
}

pub(crate) fn user() -> UserId {
    UserId::generate(START, &SeededEntropy::new(1))
}

pub(crate) fn order_id(n: u64) -> OrderId {
    OrderId::generate(START, &SeededEntropy::new(n))
}

/// A buy of 10 BTC at the market.
pub(crate) fn intent() -> OrderIntent {
    let size = OrderSize::Base(of("10"));
    let signal = TradeSignal::market(user(), of("first"), of("BTC-USD"), Side::Buy, size);
    OrderIntent::new(order_id(2), START, signal)
}

/// Lets everything through.
pub(crate) struct Anything;

impl RiskPolicy for Anything {
    fn name(&self) -> &'static str {
        "anything"
    }

    fn assess(&self, _: &OrderIntent, _: &AccountState) -> Verdict {
        Verdict::Allow
    }
}

pub(crate) fn approved(intent: OrderIntent) -> Approved<OrderIntent> {
    let account = AccountState::empty(intent.signal.user, START);
    RiskChain::new(vec![Arc::new(Anything)]).unwrap().assess(intent, &account).verdict.unwrap()
}

/// The attempt of an order at a venue, for 10 BTC at about 100 USD.
pub(crate) fn leg(order: OrderId) -> OrderLeg {
    OrderLeg {
        venue: of("kraken"),
        attempt: 0,
        client_id: VenueClientId::derive(order, 0),
        venue_order_id: None,
        quantity: of("10"),
        kind: OrderKind::Market,
        reference_price: of("100"),
        deadline: START,
    }
}

/// A decision for a venue, or for none.
pub(crate) fn decision(venue: Option<&str>) -> RouteDecision {
    RouteDecision {
        symbol: of("BTC-USD"),
        side: Side::Buy,
        policy: "weighted_score".into(),
        venue: venue.map(of::<VenueId>),
        reason: "the best score".to_owned(),
        candidates: Vec::new(),
        split: Vec::new(),
        incomplete: None,
        decided_at: START,
    }
}

/// An execution of an order: so many BTC at a price, for a dollar.
pub(crate) fn fill(order: Option<OrderId>, quantity: &str, price: &str) -> Fill {
    let execution = VenueFill {
        venue: of("kraken"),
        execution_id: of("T-1"),
        venue_order_id: of("O-1"),
        client_id: order.map(|order| VenueClientId::derive(order, 0)),
        symbol: of::<Symbol>("BTC-USD"),
        side: Side::Buy,
        quantity: of::<Quantity>(quantity),
        price: of::<Price>(price),
        fee_asset: "USD".to_owned(),
        fee: dec("1"),
        liquidity: Liquidity::Taker,
        at: START,
    };
    Fill { user: user(), order, fee_in_quote: dec("1"), execution }
}
