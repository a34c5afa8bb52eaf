//! Settings of the scoring.

use rust_decimal::Decimal;
use std::time::Duration;

use super::Weights;

/// Settings of [`super::WeightedScore`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreConfig {
    /// What counts how much.
    pub weights: Weights,
    /// An entry at market goes out as a limit that may be worse than the best price by at most this share of it: `0.0050` is
    /// 50 basis points.
    pub collar: Decimal,
    /// Quotes older than this are not traded on.
    pub max_quote_age: Duration,
    /// How many times its size an entry must find in the book.
    pub liquidity_multiple: Decimal,
}

impl Default for ScoreConfig {
    fn default() -> Self {
        Self {
            weights: Weights::default(),
            collar: Decimal::new(50, 4),
            max_quote_age: Duration::from_secs(30),
            liquidity_multiple: Decimal::TWO,
        }
    }
}
