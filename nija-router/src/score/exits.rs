//! Exits of which no venue holds all: they go to those that do together, or close the most that one venue can; and what stays open is said.

use nija_core::{
    Candidate, Ineligible, OrderKind, Quantity, Reason, RouteDecision, RoutePlan, RouteRequest, RouteShare,
    Side, TradeSignal, VenueView,
};
use rust_decimal::Decimal;
use std::{cmp::Ordering, fmt::Write as _};

use super::{
    RouteRules,
    fitted::{Fitted, Refusal, fit},
    lots,
};
use crate::planted::{Bug, planted};

/// Whether an order may close positions at several venues at once: an exit at market that no venue was asked for.
pub(crate) fn may_go_to_several(signal: &TradeSignal) -> bool {
    signal.signal_type.is_exit() && signal.kind == OrderKind::Market && signal.venue.is_none()
}

/// A venue that holds less than the exit is to close.
struct Part<'a> {
    view: &'a VenueView,
    /// As if it could take the order, cut to what it holds.
    candidate: Candidate,
    plan: RoutePlan,
    asked: Quantity,
    share: Quantity,
}

/// What goes out of what was asked for, and the lots that cut it.
struct Closed {
    asked: Quantity,
    out: Quantity,
    lots: Decimal,
}

/// Completes the decision about an exit: nothing but the venues that hold its position can close it, and each no more than it holds. `score` makes
/// a candidate of a venue that takes a part.
pub(super) fn close<'a>(
    decision: &mut RouteDecision,
    request: &RouteRequest<'a>,
    rules: &RouteRules,
    score: impl Fn(&'a VenueView, Fitted<'a>) -> Candidate,
) {
    let intent = request.intent.get();
    if !intent.signal.signal_type.is_exit() {
        return;
    }
    let closed = match &decision.venue {
        Some(venue) => request.venues.iter().find(|view| view.venue == *venue).and_then(|view| {
            let Fitted { planned, .. } = fit(request, view, rules).ok()?;
            Some(Closed { asked: planned.asked, out: planned.plan.quantity, lots: lots::lot(view) })
        }),
        None => {
            let mut parts = parts(request, rules, score);
            parts.sort_by(|a, b| rank(&a.candidate, &b.candidate));
            if request.may_split && intent.parent.is_none() && may_go_to_several(&intent.signal) {
                share(&mut parts, intent.signal.side);
            }
            match parts.iter().filter(|part| !part.share.is_zero()).count() {
                0 | 1 => alone(decision, parts),
                _ => Some(together(decision, &parts)),
            }
        }
    };
    let incomplete = closed.and_then(|closed| incomplete(decision, request, &closed));
    if let Some(reason) = incomplete.filter(|_| !planted(Bug::ClosesAPart)) {
        // Writing to a string cannot fail.
        let _ = write!(decision.reason, "; {}", reason.text);
        decision.incomplete = Some(reason);
    }
}

fn parts<'a>(
    request: &RouteRequest<'a>,
    rules: &RouteRules,
    score: impl Fn(&'a VenueView, Fitted<'a>) -> Candidate,
) -> Vec<Part<'a>> {
    let part = |view: &'a VenueView| match fit(request, view, rules) {
        Err(Refusal { reasons, sized: Some(fitted) }) if reasons == [Ineligible::InsufficientPosition] => {
            let asked = fitted.planned.asked;
            let candidate = score(view, *fitted);
            let plan = candidate.plan.clone()?;
            Some(Part { view, candidate, plan, asked, share: Quantity::ZERO })
        }
        _ => None,
    };
    request.venues.iter().filter_map(part).collect()
}

/// The best first; equal ones by name.
fn rank(a: &Candidate, b: &Candidate) -> Ordering {
    let better = match (&a.cost, &b.cost) {
        (Some(a), Some(b)) => a.total().cmp(&b.total()),
        _ => b.score.cmp(&a.score),
    };
    better.then_with(|| a.venue.cmp(&b.venue))
}

/// How much there is to close: for an amount of money the dearest venue sets the size, so that no more is closed than it is worth.
fn size(parts: &[Part<'_>]) -> Quantity {
    parts.iter().map(|part| part.asked).min().unwrap_or(Quantity::ZERO)
}

/// Each venue in turn closes what it holds, until all is closed. One that is left with less than its smallest order gets that much, and a venue
/// before it closes the less.
fn share(parts: &mut [Part<'_>], side: Side) {
    let mut missing = size(parts);
    for place in 0..parts.len() {
        let (before, rest) = parts.split_at_mut(place);
        let Some(part) = rest.first_mut() else { return };
        let fits = |part: &Part<'_>, share: Quantity| {
            !share.is_zero() && lots::takes(part.view, side, &part.plan, share)
        };
        let cut = |part: &Part<'_>, share: Quantity| share.floor_to(lots::lot(part.view));
        let mut share = cut(part, part.plan.quantity.min(missing));
        if !fits(part, share)
            && let Some(least) = lots::least(part.view, &part.plan).filter(|least| *least > missing)
        {
            let lent = least.minus(missing);
            let lender = before.iter_mut().find_map(|lender| {
                let less = cut(lender, lender.share.minus(lent));
                fits(lender, less).then_some((lender, less))
            });
            if let Some((lender, less)) = lender.filter(|_| !missing.is_zero() && fits(part, least)) {
                missing = missing.plus(lender.share.minus(less));
                lender.share = less;
                share = cut(part, part.plan.quantity.min(missing));
            }
        }
        if fits(part, share) {
            part.share = share;
            missing = missing.minus(share);
        }
    }
}

/// All that have a share close it.
fn together(decision: &mut RouteDecision, parts: &[Part<'_>]) -> Closed {
    let mut closed = Closed { asked: size(parts), out: Quantity::ZERO, lots: Decimal::ZERO };
    for part in parts.iter().filter(|part| !part.share.is_zero()) {
        closed.out = closed.out.plus(part.share);
        closed.lots += lots::lot(part.view);
        let fees = (part.plan.fees * part.share.get()).checked_div(part.plan.quantity.get());
        let plan = RoutePlan {
            quantity: part.share,
            fees: fees.unwrap_or(part.plan.fees).round_dp(12),
            ..part.plan.clone()
        };
        let (venue, cost) = (part.view.venue.clone(), part.candidate.cost);
        decision.split.push(RouteShare { venue, plan, cost });
    }
    decision.split.sort_by(|a, b| b.plan.quantity.cmp(&a.plan.quantity).then_with(|| a.venue.cmp(&b.venue)));
    let shares: Vec<_> =
        decision.split.iter().map(|share| format!("{} at {}", share.plan.quantity, share.venue)).collect();
    decision.reason = format!("split: {}; no venue holds all of it", shares.join(", "));
    closed
}

/// The venue that holds the most closes that.
fn alone(decision: &mut RouteDecision, parts: Vec<Part<'_>>) -> Option<Closed> {
    // Of equal ones the first.
    let most = parts.into_iter().rev().max_by_key(|part| part.plan.quantity)?;
    let venue = most.view.venue.clone();
    decision.reason = format!("{venue} holds the most of it");
    decision.candidates.retain(|candidate| candidate.venue != venue);
    decision.candidates.insert(0, most.candidate);
    decision.venue = Some(venue);
    Some(Closed { asked: most.asked, out: most.plan.quantity, lots: lots::lot(most.view) })
}

/// Why less goes out than was asked for. What lots cut off is not worth a word.
fn incomplete(decision: &RouteDecision, request: &RouteRequest<'_>, closed: &Closed) -> Option<Reason> {
    let missing = closed.asked.minus(closed.out);
    if missing.is_zero() || missing.get() < closed.lots {
        return None;
    }
    let goes = |candidate: &Candidate| {
        decision.venue.as_ref() == Some(&candidate.venue)
            || decision.split.iter().any(|share| share.venue == candidate.venue)
    };
    let holds = |view: &&VenueView| view.closable.is_some_and(|there| there > Decimal::ZERO);
    let mut why = Vec::new();
    for candidate in &decision.candidates {
        let view = request.venues.iter().find(|view| view.venue == candidate.venue).filter(holds);
        let asked_for = !candidate.rejections.contains(&Ineligible::NotRequested);
        if let Some(view) = view.filter(|_| asked_for && !goes(candidate)) {
            let words: Vec<_> = candidate.rejections.iter().map(|reason| reason.words()).collect();
            why.push(format!("{}: {}", view.venue, words.join(", ")));
        }
    }
    let chosen =
        request.venues.iter().find(|view| decision.venue.as_ref() == Some(&view.venue)).and_then(|view| {
            view.instrument.as_ref().and_then(|rules| rules.max_quantity).map(|most| (view, most))
        });
    if let Some((view, _)) = chosen.filter(|(_, most)| *most == closed.out) {
        why.push(format!("{} takes no more in one order", view.venue));
    }
    if why.is_empty() {
        why.push("no more of the position is free".to_owned());
    }
    let base = request.intent.get().signal.symbol.base();
    let text = format!("it closes {} of {} {base}; {}", closed.out, closed.asked, why.join("; "));
    Some(Reason::new("partly_closed", text))
}
