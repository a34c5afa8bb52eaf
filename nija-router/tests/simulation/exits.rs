//! 2: an exit closes what there is to close of what was asked for, or says what it leaves and why. 6: it closes no more than that, whoever closed
//! a part of it meanwhile.

use nija_core::{
    ExecutionId, ExecutionMethod, Ineligible, JournalEvent, Order, OrderId, OrderKind, OrderSize, OrderState,
    Position, RouteDecision, Side, Symbol, Timestamp, UserId, VenueFill, VenueId,
};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

use super::platform::Platform;

/// What lots may cut off at each of three venues.
const LOTS: Decimal = Decimal::from_parts(3, 0, 0, false, 6);
/// A balance that is told late may be this share of a position below it.
const LATE: Decimal = Decimal::from_parts(2, 0, 0, false, 2);

type Key = (UserId, VenueId, Symbol);

/// The journal as far as it has been read.
#[derive(Default)]
struct Past {
    positions: BTreeMap<Key, Position>,
    orders: BTreeMap<OrderId, Order>,
    seen: BTreeSet<(VenueId, ExecutionId)>,
}

impl Past {
    /// Base units at each venue that an exit could close in this moment: those that no other order closes.
    fn free(&self, exit: &Order) -> BTreeMap<VenueId, Decimal> {
        let signal = &exit.intent.signal;
        let alike = |key: &&Key| key.0 == signal.user && key.2 == signal.symbol;
        let here = |key: &Key| signal.venue.as_ref().is_none_or(|venue| *venue == key.1);
        let mut free = BTreeMap::new();
        for (key, open) in self.positions.iter().filter(|(key, _)| alike(key) && here(key)) {
            let held = if signal.side == Side::Sell { open.quantity } else { -open.quantity };
            let closing: Decimal = self
                .orders
                .values()
                .filter(|order| !order.state.is_final() && order.id() != exit.id())
                .filter(|order| order.leg.as_ref().is_some_and(|leg| leg.venue == key.1))
                .map(|order| (&order.intent.signal, order.remaining().get()))
                .filter(|(other, _)| {
                    (other.user, &other.symbol, other.side) == (signal.user, &signal.symbol, signal.side)
                })
                .map(|(_, remaining)| remaining)
                .sum();
            if held > closing {
                free.insert(key.1.clone(), held - closing);
            }
        }
        free
    }

    /// Base units that were executed on an exit's side at a venue by then and are not on record yet: all of them, and those that its user
    /// traded by hand and the engine had been told of.
    fn not_on_record(
        &self,
        platform: &Platform,
        exit: &Order,
        venue: &VenueId,
        at: Timestamp,
    ) -> (Decimal, Decimal) {
        let signal = &exit.intent.signal;
        let venue = platform.venues.iter().find(|known| known.id == *venue).unwrap();
        let mut exchange = venue.exchange();
        let clock = exchange.clock(at);
        let account = exchange.account(signal.user);
        let by_hand = |fill: &VenueFill| {
            account.orders.iter().any(|order| order.id == fill.venue_order_id && order.client.is_none())
        };
        let (mut all, mut told) = (Decimal::ZERO, Decimal::ZERO);
        for fill in account.fills.iter().filter(|fill| fill.at <= clock) {
            let alike = fill.symbol == signal.symbol && fill.side == signal.side;
            if alike && !self.seen.contains(&(fill.venue.clone(), fill.execution_id.clone())) {
                all += fill.quantity.get();
                // What a disk that failed did not take is told again some time.
                if platform.trouble.appends == 0 && by_hand(fill) && platform.witness.was_told(fill, at) {
                    told += fill.quantity.get();
                }
            }
        }
        (all, told)
    }

    fn follow(&mut self, event: &JournalEvent, at: Timestamp) {
        if let JournalEvent::IntentAccepted { intent } = event {
            self.orders.insert(intent.id, Order::new(intent.clone()));
        }
        if let JournalEvent::Filled(fill) = event {
            let key = (fill.user, fill.execution.venue.clone(), fill.execution.symbol.clone());
            self.seen.insert((key.1.clone(), fill.execution.execution_id.clone()));
            if let Some(open) = Position::fold(self.positions.remove(&key), fill).open {
                self.positions.insert(key, open);
            }
        }
        if let Some(order) = event.order().and_then(|order| self.orders.get_mut(&order)) {
            // That it may be applied is checked where the journal is replayed.
            let _ = order.apply(event, at);
        }
    }
}

/// Walks the journal: each exit against the positions of the moment in which it was routed.
pub(crate) fn say_what_they_leave(platform: &Platform) {
    let mut past = Past::default();
    for record in platform.ledger.records() {
        let routed = match &record.event {
            JournalEvent::Routed { order, decision, leg } => Some((order, decision, leg.quantity.get())),
            JournalEvent::Scheduled {
                order,
                method: ExecutionMethod::Split,
                decision: Some(decision),
                ..
            } => Some((order, decision, decision.split.iter().map(|share| share.plan.quantity.get()).sum())),
            _ => None,
        };
        if let Some((order, decision, out)) = routed
            && let Some(exit) =
                past.orders.get(order).filter(|order| order.intent.signal.signal_type.is_exit())
        {
            check(platform, &past, exit, decision, (out, record.at));
        }
        past.follow(&record.event, record.at);
    }
    for exit in platform.ledger.all_orders().iter().filter(|order| order.state == OrderState::Filled) {
        let signal = &exit.intent.signal;
        let OrderSize::Base(asked) = signal.size else { continue };
        if signal.signal_type.is_exit() && exit.reason.is_none() && exit.filled.get() + LOTS < asked.get() {
            let what = format!("{} filled {} of {asked} and says nothing: {exit:?}", exit.id(), exit.filled);
            platform.witness.note(2, what);
        }
    }
}

fn check(
    platform: &Platform,
    past: &Past,
    exit: &Order,
    decision: &RouteDecision,
    (out, at): (Decimal, Timestamp),
) {
    let signal = &exit.intent.signal;
    let OrderSize::Base(asked) = signal.size else { return };
    let free = past.free(exit);
    let several = signal.kind == OrderKind::Market && exit.leg.is_none() && exit.intent.parent.is_none();
    // What was executed by nobody knows whom yet is perhaps closed.
    let surely = free.iter().map(|(venue, free)| {
        let (executed, _) = past.not_on_record(platform, exit, venue, at);
        (free - executed).max(Decimal::ZERO)
    });
    let most = if several { surely.sum() } else { surely.max().unwrap_or_default() };
    let due = asked.get().min(most);
    let uses = |venue: &VenueId| {
        decision.venue.as_ref() == Some(venue) || decision.split.iter().any(|share| share.venue == *venue)
    };
    for venue in decision.candidates.iter().map(|candidate| &candidate.venue).filter(|venue| uses(venue)) {
        let share = decision.split.iter().find(|share| share.venue == *venue);
        let share = share.map_or(out, |share| share.plan.quantity.get());
        let there = free.get(venue).copied().unwrap_or_default();
        let (_, told) = past.not_on_record(platform, exit, venue, at);
        if share > there - told {
            let what = format!("{} closes {share} of {there} less {told} at {venue}: {exit:?}", exit.id());
            platform.witness.note(6, what);
        }
    }
    if out + LOTS >= due {
        return;
    }
    // Something else than the size keeps a venue from closing what it holds.
    let held_up = decision.candidates.iter().any(|candidate| {
        free.contains_key(&candidate.venue)
            && !uses(&candidate.venue)
            && candidate.rejections.iter().any(|reason| *reason != Ineligible::InsufficientPosition)
    });
    let late = out >= due * (Decimal::ONE - LATE);
    if decision.incomplete.is_none() || !(held_up || late) {
        let what =
            format!("{} closes {out} of {due} that are free at {free:?}: {exit:?}, {decision:?}", exit.id());
        platform.witness.note(2, what);
    }
}
