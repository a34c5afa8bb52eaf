//! What experience adds to what the book promises.

use nija_core::whole::units;
use rust_decimal::Decimal;

use super::bps::Bps;

/// By how much fills were worse than the book promised of late. Luck is not counted on: a venue that filled better gets nothing for it.
pub(super) fn slippage(of_late: Option<Decimal>) -> Bps {
    of_late.map_or(Bps::of(0), |worse| Bps::of(units(worse, Bps::SCALE).max(0)))
}
