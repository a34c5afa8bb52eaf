//! Activity lines, from the journal.

use nija_client::wire::Activity;
use nija_core::{
    ExecutionMethod, Fill, HitCause, JournalEvent, JournalRecord, Order, OrderState, ProtectionPart,
    SettledFill, Side,
};

use super::words::{number, size};

/// Which kind of line an event becomes, if it is worth one.
pub fn is_told(event: &JournalEvent) -> Option<&'static str> {
    match event {
        JournalEvent::Filled(_) => Some("trade"),
        JournalEvent::StateChanged { state, .. } if verb(*state).is_some() => Some("order"),
        JournalEvent::ExternalOrder { .. } | JournalEvent::Scheduled { .. } => Some("order"),
        JournalEvent::Paused { .. }
        | JournalEvent::KillSwitchOn { .. }
        | JournalEvent::KillSwitchOff { .. }
        | JournalEvent::ProtectionHit { .. } => Some("bot"),
        _ => None,
    }
}

/// The line of an event that [`is_told`]. `order` is the order it belongs to, `settled` what its fill came to.
pub fn activity(record: &JournalRecord, order: Option<&Order>, settled: Option<&SettledFill>) -> Activity {
    let mut line = Activity {
        id: record.seq.to_string(),
        kind: is_told(&record.event).unwrap_or("order").to_owned(),
        title: String::new(),
        detail: None,
        symbol: order.map(|order| order.intent.signal.symbol.to_string()),
        venue: order.and_then(|order| order.leg.as_ref()).map(|leg| leg.venue.to_string()),
        side: order.map(|order| order.intent.signal.side.as_str().to_owned()),
        quantity: None,
        price: None,
        fee: None,
        realised_pnl: None,
        order_id: record.event.order().map(|id| id.to_string()),
        at: record.at.to_string(),
    };
    match &record.event {
        JournalEvent::Filled(fill) => trade(&mut line, fill, settled),
        JournalEvent::StateChanged { state, reason, .. } => {
            let what = order.map_or_else(
                || "an order".to_owned(),
                |order| format!("{} {}", order.intent.signal.side, size(order)),
            );
            line.title = format!("{}: {what}", verb(*state).unwrap_or("Order changed"));
            line.detail = reason.as_ref().map(|reason| reason.text.clone());
        }
        JournalEvent::Scheduled { method, .. } => {
            let what = order.map_or_else(
                || "an order".to_owned(),
                |order| format!("{} {}", order.intent.signal.side, size(order)),
            );
            line.title = match method {
                ExecutionMethod::Twap { slices, .. } => format!("In {slices} slices: {what}"),
                ExecutionMethod::Split => format!("At several venues: {what}"),
            };
        }
        JournalEvent::ExternalOrder { report } => {
            line.title =
                format!("Found at {}: {} {}", report.venue, report.side, number(report.quantity.get(), 0));
            line.detail = Some("made elsewhere with the same exchange account; left alone".to_owned());
            line.symbol = Some(report.symbol.to_string());
            line.venue = Some(report.venue.to_string());
            line.side = Some(report.side.as_str().to_owned());
        }
        JournalEvent::Paused { paused } => {
            line.title = if *paused { "Trading paused" } else { "Trading resumed" }.to_owned();
        }
        JournalEvent::KillSwitchOn { flatten, .. } => {
            line.title = "Kill switch thrown".to_owned();
            line.detail = flatten.then(|| "every position is closed at market".to_owned());
        }
        JournalEvent::KillSwitchOff { .. } => line.title = "Kill switch taken off".to_owned(),
        JournalEvent::ProtectionHit { venue, symbol, part, price, cause, .. } => {
            line.title = match (part, cause) {
                (_, HitCause::CannotRest) => format!("Entry undone: {symbol} at {venue}"),
                (ProtectionPart::Stop, _) => format!("Stop hit: {symbol} at {venue}"),
                (ProtectionPart::TakeProfit(n), _) => {
                    format!("Take profit {} reached: {symbol} at {venue}", n + 1)
                }
            };
            line.detail = (*cause == HitCause::CannotRest).then(|| {
                format!("{venue} keeps no stop for it, and your key there signs only while you are here")
            });
            (line.symbol, line.venue) = (Some(symbol.to_string()), Some(venue.to_string()));
            line.price = price.map(|price| price.get().normalize());
        }
        _ => {}
    }
    line
}

fn trade(line: &mut Activity, fill: &Fill, settled: Option<&SettledFill>) {
    let it = &fill.execution;
    let verb = match it.side {
        Side::Buy => "Bought",
        Side::Sell => "Sold",
    };
    let quantity = number(it.quantity.get(), 0);
    let price = number(it.price.get(), 2);
    line.title = format!("{verb} {quantity} {} at {price} on {}", it.symbol.base(), it.venue);
    line.symbol = Some(it.symbol.to_string());
    line.venue = Some(it.venue.to_string());
    line.side = Some(it.side.as_str().to_owned());
    line.quantity = Some(it.quantity.get().normalize());
    line.price = Some(it.price.get().normalize());
    // Its worth may have been told later than the trade; while nobody has told it, it is not zero.
    let paid = settled.map_or(fill, |settled| &settled.fill);
    line.fee = Some(paid.fee_in_quote.normalize()).filter(|_| !paid.lacks_fee());
    // A fill that opens wins nothing; zero would read like a draw.
    let realised = settled.map(|settled| settled.realised_pnl);
    line.realised_pnl = realised.filter(|won| !won.is_zero()).map(|won| won.round_dp(8).normalize());
    line.at = it.at.to_string();
}

/// How an order's end (or doubt) is told; other states are not worth a line.
const fn verb(state: OrderState) -> Option<&'static str> {
    match state {
        OrderState::Rejected => Some("Refused"),
        OrderState::Failed => Some("Failed"),
        OrderState::Cancelled => Some("Cancelled"),
        OrderState::Expired => Some("Expired"),
        OrderState::Unknown => Some("In doubt"),
        _ => None,
    }
}
