//! Maker and taker fees by traded volume.

use rust_decimal::{Decimal, RoundingStrategy};

/// One row of a fee schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeTier {
    /// Traded quote volume from which the row applies.
    pub volume: Decimal,
    /// Percent (0.25 means 0.25 %) for resting orders.
    pub maker_pct: Decimal,
    /// Percent for taking orders.
    pub taker_pct: Decimal,
}

/// Rows by rising volume; the first starts at zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeSchedule {
    /// The rows.
    pub tiers: Vec<FeeTier>,
}

impl FeeSchedule {
    /// A schedule of `(volume, maker percent, taker percent)` rows, the percents in hundredths (25 means 0.25 %).
    #[must_use]
    pub fn from_hundredths(rows: &[(i64, i64, i64)]) -> Self {
        let tiers = rows
            .iter()
            .map(|&(volume, maker, taker)| FeeTier {
                volume: Decimal::from(volume),
                maker_pct: Decimal::new(maker, 2),
                taker_pct: Decimal::new(taker, 2),
            })
            .collect();
        Self { tiers }
    }

    /// The row for a traded volume.
    #[must_use]
    pub fn tier(&self, volume: Decimal) -> FeeTier {
        self.tiers.iter().rev().find(|tier| volume >= tier.volume).copied().unwrap_or(FeeTier {
            volume: Decimal::ZERO,
            maker_pct: Decimal::ZERO,
            taker_pct: Decimal::ZERO,
        })
    }

    /// The next row above a volume.
    #[must_use]
    pub fn next_tier(&self, volume: Decimal) -> Option<FeeTier> {
        self.tiers.iter().find(|tier| tier.volume > volume).copied()
    }

    /// The fee on a cost, rounded toward zero so that a hold made at the same rate always covers it.
    #[must_use]
    pub fn fee(&self, volume: Decimal, maker: bool, cost: Decimal, decimals: u32) -> Decimal {
        let tier = self.tier(volume);
        let pct = if maker { tier.maker_pct } else { tier.taker_pct };
        (cost * pct / Decimal::ONE_HUNDRED).round_dp_with_strategy(decimals, RoundingStrategy::ToZero)
    }
}
