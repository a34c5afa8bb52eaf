//! What the book asks for this size.

use nija_core::{BookLevel, OrderKind, Price, Quantity, Side, VenueView, Walk, whole::times};
use rust_decimal::Decimal;

use super::bps::Bps;
use crate::score::fitted::Fitted;

/// An order's expected worth at a venue.
pub(super) struct Filled {
    /// Quote units, all of the order counted.
    pub(super) worth: Decimal,
    /// The share that finds nothing within its limit.
    pub(super) missed: Bps,
}

/// Walks the book. What it does not hold is counted at the order's limit, or, at market, a collar beyond the last price; only the first is missed.
pub(super) fn filled(
    view: &VenueView,
    fitted: &Fitted<'_>,
    side: Side,
    quantity: Quantity,
    collar: Decimal,
) -> Filled {
    let planned = &fitted.planned;
    let limit = planned.plan.kind.worst_price();
    if !planned.crosses {
        // It waits for its price.
        let price = limit.unwrap_or(planned.plan.price);
        return Filled { worth: times(quantity.get(), price.get()), missed: Bps::of(0) };
    }
    let touch = [BookLevel {
        price: fitted.quote.taker_price(side),
        quantity: match side {
            Side::Buy => fitted.quote.ask_size,
            Side::Sell => fitted.quote.bid_size,
        },
    }];
    let levels = view.book.as_ref().map(|book| book.against(side)).filter(|levels| !levels.is_empty());
    let walk = Walk::through(levels.unwrap_or(&touch), side, quantity, limit);
    let rest = quantity.get() - walk.found.get();
    if rest.is_zero() {
        return Filled { worth: walk.worth, missed: Bps::of(0) };
    }
    let (price, missed) = match planned.plan.kind {
        OrderKind::Market => (beyond(walk.last.unwrap_or(planned.plan.price), side, collar), Bps::of(0)),
        _ => (limit.unwrap_or(planned.plan.price).get(), Bps::of_parts(rest, quantity.get())),
    };
    Filled { worth: walk.worth + times(rest, price), missed }
}

/// A price worse by the collar.
fn beyond(last: Price, side: Side, collar: Decimal) -> Decimal {
    let factor = match side {
        Side::Buy => Decimal::ONE + collar,
        Side::Sell => Decimal::ONE - collar,
    };
    times(last.get(), factor.max(Decimal::ZERO))
}

/// What is paid beyond the middle of the market.
pub(super) fn price(side: Side, worth: Decimal, at_the_middle: Decimal) -> Bps {
    let beyond = match side {
        Side::Buy => worth - at_the_middle,
        Side::Sell => at_the_middle - worth,
    };
    Bps::of_parts(beyond, at_the_middle)
}
