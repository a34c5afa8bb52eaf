//! What every policy asks of a venue, and how orders are fitted to it.

use rust_decimal::Decimal;
use std::time::Duration;

/// Rules that hold whichever policy chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteRules {
    /// An entry at market goes out as a limit that may be worse than the best price by at most this share of it: `0.0050` is
    /// 50 basis points.
    pub collar: Decimal,
    /// Quotes older than this are not traded on.
    pub max_quote_age: Duration,
    /// How many times its size an entry must find in the book.
    pub liquidity_multiple: Decimal,
}

impl Default for RouteRules {
    fn default() -> Self {
        Self {
            collar: Decimal::new(50, 4),
            max_quote_age: Duration::from_secs(30),
            liquidity_multiple: Decimal::TWO,
        }
    }
}
