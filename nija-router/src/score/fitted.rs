//! What every policy begins with: the venues that can take an order, and the order fitted to each.

use nija_core::{Candidate, Ineligible, Quote, RouteRequest, VenueView};

use super::{
    RouteRules, eligibility,
    plan::{Planned, plan},
};

/// An order fitted to a venue that can take it.
pub(super) struct Fitted<'a> {
    pub(super) quote: &'a Quote,
    pub(super) planned: Planned,
}

/// Why a venue cannot take an order; where only the order's size is in the way, fitted to it all the same: it may take a part.
pub(super) struct Refusal<'a> {
    pub(super) reasons: Vec<Ineligible>,
    pub(super) sized: Option<Box<Fitted<'a>>>,
}

impl From<Vec<Ineligible>> for Refusal<'_> {
    fn from(reasons: Vec<Ineligible>) -> Self {
        Self { reasons, sized: None }
    }
}

/// Fits the order to a venue, or says why the venue cannot take it.
#[inline]
pub(super) fn fit<'a>(
    request: &RouteRequest<'_>,
    view: &'a VenueView,
    rules: &RouteRules,
) -> Result<Fitted<'a>, Refusal<'a>> {
    let intent = request.intent.get();
    let early = eligibility::before_sizing(intent, view, request.now, rules);
    if !early.is_empty() {
        return Err(early.into());
    }
    let entry = !intent.signal.signal_type.is_exit();
    let quote = eligibility::usable_quote(entry, view, request.now, rules)
        .ok_or_else(|| vec![Ineligible::StaleQuote])?;
    let planned = plan(intent, view, quote, rules).map_err(|reason| vec![reason])?;
    let late = eligibility::after_sizing(intent, view, &planned, rules);
    let fitted = Fitted { quote, planned };
    if late.is_empty() { Ok(fitted) } else { Err(Refusal { reasons: late, sized: Some(Box::new(fitted)) }) }
}

/// A venue that cannot take it.
pub(super) fn refused(view: &VenueView, rejections: Vec<Ineligible>) -> Candidate {
    Candidate {
        venue: view.venue.clone(),
        score: None,
        factors: Vec::new(),
        cost: None,
        rejections,
        plan: None,
    }
}
