//! What a share of an order must be for its venue to take it.

use nija_core::{Quantity, RoutePlan, Side, VenueView};
use rust_decimal::Decimal;

/// A venue's lot for the symbol.
pub(super) fn lot(view: &VenueView) -> Decimal {
    view.instrument.as_ref().map_or(Decimal::ZERO, |rules| rules.lot_size)
}

/// A venue's smallest order, on its lot.
pub(super) fn least(view: &VenueView, plan: &RoutePlan) -> Option<Quantity> {
    let rules = view.instrument.as_ref()?;
    let price = plan.kind.worst_price().unwrap_or(plan.price);
    let worth = rules.min_notional.get().checked_div(price.get())?;
    let least = rules.min_quantity.get().max(worth);
    let lots = least.checked_div(rules.lot_size).map_or(least, |lots| lots.ceil() * rules.lot_size);
    Quantity::new(lots).ok()
}

/// Whether a venue takes an order of exactly this size.
pub(super) fn takes(view: &VenueView, side: Side, plan: &RoutePlan, share: Quantity) -> bool {
    let fits = view.instrument.as_ref().map(|rules| rules.fit(side, plan.kind, share, plan.price));
    matches!(fits, Some(Ok((fitted, _))) if fitted == share)
}
