//! Trading fees.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A user's fees for a symbol, as rates: `0.0040` is 40 basis points of the notional.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeSchedule {
    /// For orders that rest.
    pub maker: Decimal,
    /// For orders that take.
    pub taker: Decimal,
    /// Whether the venue said so for this user, or it is the published default.
    pub from_venue: bool,
}
