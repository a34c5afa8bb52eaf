//! Orders.

use nija_client::wire;
use nija_core::{NO_EXECUTION_VENUE_AVAILABLE, Order, OrderSize, OrderState, Price, SignalType};

/// An order as it stands.
pub fn order(order: &Order) -> wire::Order {
    let signal = &order.intent.signal;
    let (size, size_type) = match signal.size {
        OrderSize::Base(quantity) => (quantity.get(), "base"),
        OrderSize::Quote(notional) => (notional.get(), "quote"),
    };
    wire::Order {
        id: order.id().to_string(),
        client_order_id: signal.client_order_id.to_string(),
        symbol: signal.symbol.to_string(),
        side: signal.side.as_str().to_owned(),
        order_type: signal.kind.as_str().to_owned(),
        size,
        size_type: size_type.to_owned(),
        limit_price: signal.kind.worst_price().map(Price::get),
        stop_price: signal.kind.stop().map(Price::get),
        take_profit_price: signal.kind.take_profit().map(Price::get),
        state: order.state.as_str().to_owned(),
        reason: order.reason.as_ref().map(|reason| reason.text.clone()),
        reason_code: order.reason.as_ref().map(|reason| reason.code.clone()),
        venue: order.leg.as_ref().map(|leg| leg.venue.to_string()),
        venue_order_id: order
            .leg
            .as_ref()
            .and_then(|leg| leg.venue_order_id.as_ref())
            .map(ToString::to_string),
        filled: order.filled.get().normalize(),
        average_price: order.average_price().map(|price| price.get().normalize()),
        fees: order.fees.normalize(),
        signal_type: signal_type(signal.signal_type).to_owned(),
        strategy: signal.strategy.clone(),
        method: order.schedule.as_ref().map(|it| it.method.as_str().to_owned()),
        children: order.schedule.as_ref().map(|it| it.children),
        parent: order.intent.parent.map(|id| id.to_string()),
        created_at: order.intent.received_at.to_string(),
        updated_at: order.updated_at.to_string(),
    }
}

/// The problem code of an order that never went out, for its caller: `risk_refused` or `no_execution_venue_available`. What a
/// venue did with one that went out is its state, not a problem.
#[must_use]
pub fn order_problem(order: &Order) -> Option<&'static str> {
    let reason = order.reason.as_ref()?;
    match order.state {
        OrderState::Rejected | OrderState::Failed if reason.code == NO_EXECUTION_VENUE_AVAILABLE => {
            Some(NO_EXECUTION_VENUE_AVAILABLE)
        }
        OrderState::Rejected if order.leg.is_none() => Some("risk_refused"),
        _ => None,
    }
}

const fn signal_type(signal: SignalType) -> &'static str {
    match signal {
        SignalType::StopLoss => "stop_loss",
        SignalType::Exit => "exit",
        SignalType::Entry => "entry",
        SignalType::Other => "other",
    }
}
