//! A user whose keys sign only while the user is present: what is opened fills at once, and what cannot be guarded at its venue is undone.

use nija_core::{Order, OrderState, Protection, ProtectionPart, TimeInForce, UserId};
use rust_decimal::Decimal;
use std::sync::Arc;

use super::platform::Platform;

/// 6: nothing rests that could open a position, and each that an entry opened has its stop at the venue or is closed.
pub(crate) fn check(platform: &Platform) {
    let Some(user) = platform.attended else { return };
    let orders = platform.ledger.orders_of(user);
    for order in orders.iter().filter(|order| !order.intent.signal.signal_type.is_exit()) {
        let signal = &order.intent.signal;
        let waits = signal.time_in_force == TimeInForce::Gtc || signal.kind.waits();
        if waits && order.schedule.is_none() && was_taken(order) {
            platform
                .witness
                .note(6, format!("an entry rested under a key that is locked some day: {order:?}"));
        }
    }
    for order in &orders {
        kept_unguarded(platform, order, &orders);
    }
    for standing in platform.ledger.guarded().iter().filter(|standing| standing.user == user) {
        unguarded(platform, user, standing, &orders);
    }
}

/// The name of the stop that was to rest before this one, where this is one.
fn before(order: &Order) -> Option<String> {
    let name = order.intent.signal.client_order_id.as_str();
    let (cause, n) = name.rsplit_once(':')?;
    let rests = cause.strip_prefix("nija:p")?.ends_with('r');
    let n: u32 = n.parse().ok()?;
    rests.then(|| n.checked_sub(1)).flatten().map(|n| format!("{cause}:{n}"))
}

/// A stop that its venue refused is not sent anew: what it was to guard is closed. Where other orders of the pair have been under way since, those
/// decided.
fn kept_unguarded(platform: &Platform, order: &Order, orders: &[Arc<Order>]) {
    let Some(name) = before(order) else { return };
    let last = orders.iter().find(|last| last.intent.signal.client_order_id.as_str() == name);
    let Some(last) = last.filter(|last| last.state == OrderState::Rejected && last.leg.is_some()) else {
        return;
    };
    let at = order.intent.received_at;
    let busy = orders.iter().any(|other| {
        let same = other.intent.signal.symbol == order.intent.signal.symbol;
        let there = other.id() != order.id() && other.id() != last.id() && other.intent.received_at <= at;
        same && there && (!other.state.is_final() || other.updated_at >= last.updated_at)
    });
    let brought_along = platform.ledger.records().iter().any(|record| match &record.event {
        nija_core::JournalEvent::ProtectionSet { id, order: Some(_), plan, .. } => {
            name.contains(&id.as_uuid().simple().to_string()) && plan.stop.is_some()
        }
        _ => false,
    });
    if brought_along && !busy {
        platform.witness.note(6, format!("a position was kept after its stop was refused: {last:?}"));
    }
}

fn unguarded(platform: &Platform, user: UserId, standing: &Protection, orders: &[Arc<Order>]) {
    if standing.order.is_none()
        || standing.plan.stop.is_none()
        || standing.hit(ProtectionPart::Stop).is_some()
    {
        return;
    }
    let here = |order: &&Arc<Order>| {
        order.intent.signal.symbol == standing.symbol
            && order.leg.as_ref().is_some_and(|leg| leg.venue == standing.venue)
            && !order.state.is_final()
    };
    let positions = platform.ledger.positions_of(user);
    let open = positions.iter().find(|open| open.venue == standing.venue && open.symbol == standing.symbol);
    let venue = platform.venues.iter().find(|venue| venue.id == standing.venue).unwrap();
    let price = venue.exchange().prices[&standing.symbol];
    let large = open.is_some_and(|open| open.quantity.abs() * price >= Decimal::TWO);
    // Whatever is live there rests, or decides how large what rests is to be.
    if large && !orders.iter().any(|order| here(&order)) {
        platform.witness.note(6, format!("nothing at {} guards {open:?}: {standing:?}", venue.id));
    }
}

/// Whether a venue took it.
fn was_taken(order: &Order) -> bool {
    order.leg.as_ref().is_some_and(|leg| leg.venue_order_id.is_some())
}
