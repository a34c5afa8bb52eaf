//! Orders.

use nija_client::wire;
use nija_core::{Order, OrderKind, OrderSize, SignalType};

pub(crate) fn order(order: &Order) -> wire::Order {
    let signal = &order.intent.signal;
    let (size, size_type) = match signal.size {
        OrderSize::Base(quantity) => (quantity.get(), "base"),
        OrderSize::Quote(notional) => (notional.get(), "quote"),
    };
    let (order_type, limit_price) = match signal.kind {
        OrderKind::Market => ("market", None),
        OrderKind::Limit { price } => ("limit", Some(price.get())),
    };
    wire::Order {
        id: order.id().to_string(),
        client_order_id: signal.client_order_id.to_string(),
        symbol: signal.symbol.to_string(),
        side: signal.side.as_str().to_owned(),
        order_type: order_type.to_owned(),
        size,
        size_type: size_type.to_owned(),
        limit_price,
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
        created_at: order.intent.received_at.to_string(),
        updated_at: order.updated_at.to_string(),
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
