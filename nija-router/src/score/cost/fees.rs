//! What the user's own fees come to.

use rust_decimal::Decimal;

use super::bps::Bps;
use nija_core::whole::times;

/// The fee rate on what is really paid. Below zero for a rebate.
pub(super) fn fees(rate: Decimal, worth: Decimal, at_the_middle: Decimal) -> Bps {
    Bps::of_parts(times(worth, rate), at_the_middle)
}
