//! Costs as whole numbers.

use nija_core::whole::units;
use rust_decimal::Decimal;
use std::ops::{Add, Sub};

/// A cost, in ten-thousandths of a basis point: a dimensionless number and no money, so whole numbers serve.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::score) struct Bps(i64);

impl Bps {
    /// Digits behind the point.
    pub(in crate::score) const SCALE: u32 = 4;
    /// Basis points in the whole.
    const ONE: i64 = 100_000_000;

    pub(in crate::score) const fn of(ten_thousandths: i64) -> Self {
        Self(ten_thousandths)
    }

    /// A share of the worth: `0.0026` is 26 basis points.
    pub(in crate::score) fn of_share(share: Decimal) -> Self {
        Self(units(share, 8))
    }

    /// `part` of `whole`.
    pub(in crate::score) fn of_parts(part: Decimal, whole: Decimal) -> Self {
        part.checked_div(whole).map_or(Self(i64::MAX / 8), Self::of_share)
    }

    pub(in crate::score) const fn get(self) -> i64 {
        self.0
    }

    /// So many hundred-millionths of it.
    pub(in crate::score) fn scaled(self, share: Self) -> Self {
        let product = i128::from(self.0) * i128::from(share.0) / i128::from(Self::ONE);
        Self(i64::try_from(product).unwrap_or(i64::MAX / 8))
    }

    /// As it goes on record.
    pub(in crate::score) fn decimal(self) -> Decimal {
        Decimal::new(self.0, Self::SCALE)
    }

    /// What is left of the whole.
    pub(in crate::score) const fn rest(self) -> Self {
        Self(Self::ONE.saturating_sub(self.0))
    }
}

impl Add for Bps {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Bps {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}
