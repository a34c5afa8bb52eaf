//! The most of an order that a venue can take.

use nija_core::{Notional, OrderIntent, Quantity, Side, VenueView};
use rust_decimal::Decimal;

use super::{RouteRules, plan::Planned};

/// Base units on the lot: no more than was planned, than the user's money or goods there pay for at worst, and than the book bears.
pub(super) fn most(
    intent: &OrderIntent,
    view: &VenueView,
    planned: &Planned,
    rules: &RouteRules,
) -> Quantity {
    let lot = view.instrument.as_ref().map_or(Decimal::ZERO, |rules| rules.lot_size);
    let paid = match intent.signal.side {
        Side::Buy => payable(view, planned, lot),
        Side::Sell => view.available_base.and_then(|base| Quantity::new(base.max(Decimal::ZERO)).ok()),
    };
    let mut most = planned.plan.quantity.min(paid.unwrap_or(Quantity::ZERO));
    if let Some(book) = &view.book {
        let depth = book
            .against(intent.signal.side)
            .iter()
            .fold(Quantity::ZERO, |sum, level| sum.plus(level.quantity));
        let borne =
            depth.get().checked_div(rules.liquidity_multiple).and_then(|borne| Quantity::new(borne).ok());
        // A multiple of zero asks for nothing.
        most = borne.map_or(most, |borne| most.min(borne));
    }
    most.floor_to(lot)
}

/// What the money there buys at the worst price, fees included.
fn payable(view: &VenueView, planned: &Planned, lot: Decimal) -> Option<Quantity> {
    let available = view.available_quote?.max(Decimal::ZERO);
    Notional::new(available).ok()?.buys_at(planned.worst_unit, lot.scale()).ok()
}
