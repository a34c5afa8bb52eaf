//! Hard eligibility: which venues can take an order at all, each refusal with its reason.

use nija_core::{
    AmountError, BreakerState, Ineligible, OrderIntent, Quantity, Quote, Side, Timestamp, VenueView,
    whole::{compare, times},
};
use rust_decimal::Decimal;

use super::{RouteRules, plan::Planned};
use crate::planted::{Bug, planted};

/// What can be said before an order is sized. An exit passes whatever would merely hold it up: tier, breaker, queue,
/// the quote's age.
pub(super) fn before_sizing(
    intent: &OrderIntent,
    view: &VenueView,
    now: Timestamp,
    rules: &RouteRules,
) -> Vec<Ineligible> {
    let signal = &intent.signal;
    let entry = !signal.signal_type.is_exit();
    let mut reasons = Vec::new();
    let mut refuse = |when: bool, reason| {
        if when {
            reasons.push(reason);
        }
    };
    refuse(signal.venue.as_ref().is_some_and(|venue| *venue != view.venue), Ineligible::NotRequested);
    let unknown = if view.listed { Ineligible::PairNotListed } else { Ineligible::VenueSilent };
    refuse(view.instrument.is_none(), unknown);
    refuse(
        view.instrument.as_ref().is_some_and(|rules| !rules.resting.takes(signal.kind)),
        Ineligible::KindNotSupported,
    );
    refuse(view.instrument.as_ref().is_some_and(|rules| !rules.tradable), Ineligible::MarketClosed);
    refuse(!view.connected, Ineligible::NoCredentials);
    let nothing = view.closable.is_some_and(|there| there <= Decimal::ZERO);
    refuse(!entry && nothing, Ineligible::InsufficientPosition);
    refuse(entry && !view.within_tier, Ineligible::TierVenueLimit);
    if entry && let Some(barred) = view.barred {
        refuse(true, barred);
    }
    refuse(entry && view.health.breaker == BreakerState::Open, Ineligible::BreakerOpen);
    refuse(entry && view.health.queue_depth >= view.health.queue_capacity, Ineligible::QueueFull);
    refuse(usable_quote(entry, view, now, rules).is_none(), Ineligible::StaleQuote);
    reasons
}

/// The quote to size by. An exit takes an old one rather than none.
pub(super) fn usable_quote<'a>(
    entry: bool,
    view: &'a VenueView,
    now: Timestamp,
    rules: &RouteRules,
) -> Option<&'a Quote> {
    view.quote.as_ref().filter(|quote| !entry || now.since(quote.at) <= rules.max_quote_age)
}

/// What only the sized order shows: money, goods, the position that an exit closes, and depth.
pub(super) fn after_sizing(
    intent: &OrderIntent,
    view: &VenueView,
    planned: &Planned,
    rules: &RouteRules,
) -> Vec<Ineligible> {
    let (signal, plan) = (&intent.signal, &planned.plan);
    let exit = signal.signal_type.is_exit();
    // A balance that is not known refuses an entry; an exit is tried all the same.
    let short_of = |available: Option<Decimal>, needed: Decimal| match available {
        Some(available) => compare(available, needed).is_lt(),
        None => !exit,
    };
    let mut reasons = Vec::new();
    let holds_less = view.closable.is_some_and(|there| compare(there, planned.asked.get()).is_lt());
    if exit && holds_less && !planted(Bug::ClosesAPart) {
        reasons.push(Ineligible::InsufficientPosition);
    }
    match signal.side {
        Side::Buy => {
            if short_of(view.available_quote, planned.worst_cost) {
                reasons.push(Ineligible::InsufficientUsd);
            }
        }
        Side::Sell => {
            if short_of(view.available_base, plan.quantity.get()) {
                reasons.push(Ineligible::InsufficientBase);
            }
        }
    }
    let thin = view.book.as_ref().is_some_and(|book| {
        match Quantity::new(times(plan.quantity.get(), rules.liquidity_multiple)) {
            Ok(wanted) => !book.holds(signal.side, wanted),
            // Less than nothing is always there; more than any amount never is.
            Err(error) => error == AmountError::TooLarge,
        }
    });
    if thin && !exit {
        reasons.push(Ineligible::InsufficientLiquidity);
    }
    reasons
}
