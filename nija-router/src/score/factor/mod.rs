//! What a venue is scored by, one factor a file. Each is a number from 0 to 100.

mod fees;
mod latency;
mod load;
mod record;
mod reliability;

pub(crate) use fees::fees;
pub(crate) use latency::latency;
pub(crate) use load::load;
pub(crate) use record::record;
pub(crate) use reliability::reliability;

use rust_decimal::Decimal;

/// A factor that nothing is known about counts as middling.
const UNKNOWN: Decimal = Decimal::from_parts(50, 0, 0, false, 0);

fn bounded(score: Decimal) -> Decimal {
    score.clamp(Decimal::ZERO, Decimal::ONE_HUNDRED)
}
