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

/// A factor, in ten-thousandths of a point. It is no money but a dimensionless number, so whole numbers of a fixed
/// resolution serve: exact to add and compare, the same everywhere, and several times as fast as decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Points(i64);

impl Points {
    /// Digits behind the point.
    pub(crate) const SCALE: u32 = 4;
    const FULL: Self = Self(1_000_000);
    /// A factor that nothing is known about counts as middling.
    const UNKNOWN: Self = Self(500_000);

    /// Brings any number of ten-thousandths into 0 to 100 points.
    fn bounded(ten_thousandths: i64) -> Self {
        Self(ten_thousandths.clamp(0, Self::FULL.0))
    }

    /// So many ten-thousandths.
    pub(crate) const fn get(self) -> i64 {
        self.0
    }

    /// As it goes on record.
    pub(crate) fn decimal(self) -> Decimal {
        Decimal::new(self.0, Self::SCALE)
    }
}
