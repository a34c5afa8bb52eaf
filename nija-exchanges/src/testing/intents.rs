//! Orders as the engine makes them, past a risk chain that lets everything through.

use nija_core::{
    AccountState, ClientOrderId, OrderId, OrderIntent, OrderKind, OrderSize, Quantity, RiskChain, RiskPolicy,
    Side, SignalType, Symbol, TimeInForce, Timestamp, TradeSignal, UserId, VenueClientId, VenueOrder,
    Verdict,
};
use std::sync::Arc;

struct LetThrough;

impl RiskPolicy for LetThrough {
    fn name(&self) -> &'static str {
        "let_through"
    }

    fn assess(&self, _: &OrderIntent, _: &AccountState) -> Verdict {
        Verdict::Allow
    }
}

/// An order ready to be placed.
#[must_use]
#[allow(clippy::too_many_arguments)]
pub fn venue_order(
    user: UserId,
    client_id: VenueClientId,
    symbol: Symbol,
    side: Side,
    kind: OrderKind,
    quantity: Quantity,
    time_in_force: TimeInForce,
    deadline: Timestamp,
) -> VenueOrder {
    let signal = TradeSignal {
        user,
        client_order_id: ClientOrderId::new(&client_id.to_string()).unwrap(),
        symbol,
        side,
        size: OrderSize::Base(quantity),
        kind,
        time_in_force,
        signal_type: SignalType::Entry,
        venue: None,
        strategy: None,
        protection: None,
    };
    let intent = OrderIntent::new(OrderId::from_uuid(client_id.as_uuid()), deadline, signal);
    let chain = RiskChain::new(vec![Arc::new(LetThrough)]).unwrap();
    let approved = chain.assess(intent, &account(user, deadline)).verdict.unwrap();
    VenueOrder::from_approved(&approved, client_id, kind, quantity, deadline)
}

fn account(user: UserId, now: Timestamp) -> AccountState {
    AccountState::empty(user, now)
}
