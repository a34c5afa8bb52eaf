//! Positions.

use nija_client::wire;

use super::mirror::{Cross, mirror};

mirror! {
    /// A position. Money is in its quote currency, fees not counted where not said.
    Position without usd_rate {
        /// Opaque id.
        id: String,
        /// The venue that holds it.
        venue: String,
        /// Canonical symbol.
        symbol: String,
        /// `long` or `short`.
        side: String,
        /// Base units, never negative.
        quantity: String,
        /// Average entry price.
        entry_price: String,
        /// The venue's current price, once seen.
        current_price: Option<String>,
        /// Quantity at the current price.
        market_value: Option<String>,
        /// Profit or loss at the current price.
        unrealised_pnl: Option<String>,
        /// Per cent of the entry value.
        unrealised_pnl_pct: Option<String>,
        /// Profit or loss taken.
        realised_pnl: String,
        /// Fees paid on its fills.
        fees: String,
        /// Whether it is less than its venue takes in one order, so that it cannot be closed.
        dust: bool,
        /// RFC 3339, UTC.
        opened_at: String,
        /// RFC 3339, UTC.
        updated_at: String,
        /// RFC 3339, UTC; absent while open.
        closed_at: Option<String>,
    }
}

/// One page of positions, newest first.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct PositionPage {
    /// The rows.
    pub items: Vec<Position>,
    /// Gets the next page; absent on the last one.
    pub next_cursor: Option<String>,
}

impl From<wire::Page<wire::Position>> for PositionPage {
    fn from(page: wire::Page<wire::Position>) -> Self {
        Self { items: page.items.cross(), next_cursor: page.next_cursor }
    }
}
