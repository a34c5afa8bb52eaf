//! 5 and 6: what the journal says of exits, and what a kill switch says is flat, held against what was so.

use nija_core::{
    Ineligible, JournalEvent, JournalRecord, NO_EXECUTION_VENUE_AVAILABLE, OrderId, OrderLeg, OrderState,
    Symbol, Timestamp,
};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

use super::platform::Platform;
use crate::KillReport;

/// Reasons against a venue that an exit must never meet.
const NOT_AT_VENUES: [Ineligible; 4] =
    [Ineligible::QueueFull, Ineligible::BreakerOpen, Ineligible::TierVenueLimit, Ineligible::StaleQuote];

/// Whether an exit in the journal met something that must not hold exits up: at a venue, or between its route and the wire.
pub(crate) fn check_exits_on_record(platform: &Platform) {
    let orders: BTreeMap<_, _> =
        platform.ledger.all_orders().into_iter().map(|order| (order.id(), order)).collect();
    let records = platform.ledger.records();
    platform.witness.note_turns_given_up();
    for (at, record) in records.iter().enumerate() {
        let (id, decision, leg) = match &record.event {
            JournalEvent::Routed { order, decision, leg } => (order, decision, Some(leg)),
            JournalEvent::NotRouted { order, decision } => (order, decision, None),
            _ => continue,
        };
        let Some(order) = orders.get(id).filter(|order| order.intent.signal.signal_type.is_exit()) else {
            continue;
        };
        for candidate in &decision.candidates {
            // Of a venue that has not answered yet and holds nothing of it there is no price at all.
            let nothing = [Ineligible::VenueSilent, Ineligible::InsufficientPosition];
            let unheard = nothing.iter().all(|reason| candidate.rejections.contains(reason));
            if candidate.rejections == [Ineligible::VenueSilent]
                && leg.is_none()
                // One that waits for it says so.
                && decision.incomplete.as_ref().is_none_or(|why| why.code != "venue_silent")
                && order.reason.as_ref().is_some_and(|reason| reason.code == NO_EXECUTION_VENUE_AVAILABLE)
            {
                let what = format!("exit {id} was refused since {} had not answered yet", candidate.venue);
                platform.witness.note(5, what);
            }
            if !unheard && candidate.rejections.iter().any(|reason| NOT_AT_VENUES.contains(reason)) {
                let what = format!("exit {id} was kept from {}: {:?}", candidate.venue, candidate.rejections);
                platform.witness.note(5, what);
            }
        }
        // Without a signer nothing can be sent, and a dead process sends nothing.
        let excused = platform.trouble.signers > 0
            || platform.witness.ended_after(record.at)
            || order.state == OrderState::Cancelled;
        if let Some(leg) = leg.filter(|_| !excused)
            && !platform.witness.was_tried(leg.client_id)
            && !was_closed_by_hand(&records[at..], *id, leg)
            && !platform.witness.words.excuse(
                &leg.venue,
                order.intent.signal.user,
                record.at,
                platform.witness.first_end(record.at, leg.deadline),
            )
        {
            platform
                .witness
                .note(5, format!("attempt {} of exit {id} was never sent: {order:?}", leg.attempt));
        }
    }
}

/// When a switch said so, by a venue's clock.
fn told_at(switch: &nija_core::KillSwitch, skew: i64) -> Timestamp {
    let at = switch.outcome.as_ref().map_or(switch.since, |outcome| outcome.at);
    Timestamp::from_micros(at.micros() + skew)
}

/// Where a kill switch says that all is flat, the venues have no order of ours, and had nothing when they were asked.
pub(crate) fn check_flat(platform: &Platform, report: &KillReport) {
    let stands = platform.ledger.kills().iter().any(|on| on.id == report.switch.id);
    if !stands || !report.done || !report.flat {
        return;
    }
    if !report.unconfirmed.is_empty() {
        platform.witness.note(6, format!("a kill switch says flat and unconfirmed: {report:?}"));
    }
    for proof in &report.proof {
        let venue = platform.venues.iter().find(|venue| venue.id == proof.venue).unwrap();
        let mut exchange = venue.exchange();
        let (asked_at, skew) = (exchange.clock(proof.asked_at), exchange.skew);
        let account = exchange.account(proof.user);
        let open: Vec<_> =
            account.orders.iter().filter(|order| order.is_open() && order.client.is_some()).collect();
        // Others may have closed the last of it while the venue was being asked, and opened more by hand since it was.
        let until = told_at(&report.switch, skew);
        let held_at = |moment: Timestamp| {
            let mut held: BTreeMap<Symbol, Decimal> = BTreeMap::new();
            for fill in account.fills.iter().filter(|fill| fill.at <= moment) {
                *held.entry(fill.symbol.clone()).or_default() += fill.base_change();
            }
            held.retain(|_, held| !held.is_zero());
            held
        };
        let later = account.fills.iter().map(|fill| fill.at).filter(|at| *at > asked_at && *at <= until);
        let held = held_at(asked_at);
        let was_flat = held.is_empty() || later.into_iter().any(|moment| held_at(moment).is_empty());
        if !open.is_empty() || !was_flat {
            let what = format!("{:?} says flat and {} has {open:?}, {held:?}", report.switch, proof.venue);
            platform.witness.note(6, what);
        }
    }
}

/// Whether an exit's attempt was given up since its user closed by hand, after it was routed, what it was to close.
fn was_closed_by_hand(since: &[JournalRecord], exit: OrderId, routed: &OrderLeg) -> bool {
    let given_up = since.iter().position(|record| {
        matches!(&record.event, JournalEvent::AttemptEnded { order, attempt, reason, .. }
            if (*order, *attempt) == (exit, routed.attempt) && reason.code == "position_changed")
    });
    let by_hand = |record: &JournalRecord| matches!(&record.event, JournalEvent::Filled(fill) if fill.order.is_none() && fill.execution.venue == routed.venue);
    given_up.is_some_and(|end| since[..end].iter().any(by_hand))
}
