//! Positions.

use nija_client::wire;
use nija_core::{Position, Price, Side};
use nija_router::MarkedPosition;
use rust_decimal::Decimal;

/// An open position at its venue's price.
pub fn marked_position(marked: &MarkedPosition) -> wire::Position {
    let usd_rate = marked.rate.filter(|_| marked.position.closed_at.is_none());
    wire::Position {
        dust: marked.dust,
        usd_rate: usd_rate.map(|rate| rate.round_dp(12).normalize()),
        ..position(&marked.position, marked.price)
    }
}

/// A position; `price` is what closing it would get now.
pub fn position(position: &Position, price: Option<Price>) -> wire::Position {
    let price = price.filter(|_| position.closed_at.is_none());
    let unrealised = price.map(|price| position.unrealised_pnl(price));
    let per_cent = |won: Decimal| (won * Decimal::ONE_HUNDRED).checked_div(position.cost.abs());
    wire::Position {
        id: position.id.to_string(),
        venue: position.venue.to_string(),
        symbol: position.symbol.to_string(),
        side: match position.side() {
            Side::Buy => "long",
            Side::Sell => "short",
        }
        .to_owned(),
        quantity: position.quantity.abs().normalize(),
        entry_price: position.entry_price().round_dp(12).normalize(),
        current_price: price.map(|price| price.get().normalize()),
        market_value: price.map(|price| (position.quantity.abs() * price.get()).round_dp(8).normalize()),
        usd_rate: None,
        unrealised_pnl: unrealised.map(|won| won.round_dp(8).normalize()),
        unrealised_pnl_pct: unrealised.and_then(per_cent).map(|share| share.round_dp(4).normalize()),
        realised_pnl: position.realised_pnl.round_dp(8).normalize(),
        fees: position.fees.round_dp(8).normalize(),
        dust: false,
        opened_at: position.opened_at.to_string(),
        updated_at: position.updated_at.to_string(),
        closed_at: position.closed_at.map(|at| at.to_string()),
    }
}
