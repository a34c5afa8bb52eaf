//! What an order meets in a book, and what sets it off.

use nija_core::{BookLevel, OrderBook, OrderKind, Price, Quantity, Side};

/// Executions of an arriving order: it walks the other side from the best price, no further than its limit.
pub(super) fn walk(
    book: &OrderBook,
    side: Side,
    kind: OrderKind,
    quantity: Quantity,
) -> Vec<(Price, Quantity)> {
    let mut left = quantity;
    let mut executions = Vec::new();
    for level in crossed(book, side, kind) {
        if left.is_zero() {
            break;
        }
        let taken = left.min(level.quantity);
        if !taken.is_zero() {
            executions.push((level.price, taken));
            left = left.minus(taken);
        }
    }
    executions
}

/// How much of a resting order the market now reaches.
pub(super) fn reached(book: &OrderBook, side: Side, limit: Price, left: Quantity) -> Quantity {
    crossed(book, side, OrderKind::Limit { price: limit })
        .fold(Quantity::ZERO, |sum, level| sum.plus(level.quantity))
        .min(left)
}

/// Whether the market touches a stop: for a sell it has fallen to it, for a buy it has risen to it.
pub(super) fn touches(book: &OrderBook, side: Side, stop: Price) -> bool {
    match side {
        Side::Sell => book.bids.first().is_some_and(|best| best.price <= stop),
        Side::Buy => book.asks.first().is_some_and(|best| best.price >= stop),
    }
}

fn crossed(book: &OrderBook, side: Side, kind: OrderKind) -> impl Iterator<Item = &BookLevel> {
    let levels = match side {
        Side::Buy => &book.asks,
        Side::Sell => &book.bids,
    };
    levels.iter().take_while(move |level| match (kind, side) {
        (OrderKind::Market, _) => true,
        (OrderKind::Limit { price }, Side::Buy) => level.price <= price,
        (OrderKind::Limit { price }, Side::Sell) => level.price >= price,
        // They wait: nothing is theirs to take before they have gone off.
        (OrderKind::StopLimit { .. } | OrderKind::Bracket { .. }, _) => false,
    })
}
