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

/// What fees are taken in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FeeAsset {
    /// The quote asset on both sides: a buyer pays it on top of the cost.
    #[default]
    Quote,
    /// The asset that the order receives: a buyer gets less base, a seller less quote, and nobody pays on top.
    Received {
        /// Digits of a fee in base.
        base_decimals: u32,
    },
}

/// Rows by rising volume; the first starts at zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeSchedule {
    /// The rows.
    pub tiers: Vec<FeeTier>,
    /// What fees are taken in.
    pub asset: FeeAsset,
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
        Self { tiers, asset: FeeAsset::Quote }
    }

    /// The same rows, taken from what an order receives; fees in base have this many digits.
    #[must_use]
    pub fn in_received_asset(mut self, base_decimals: u32) -> Self {
        self.asset = FeeAsset::Received { base_decimals };
        self
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

    /// The percent that a buyer pays on top of the cost.
    #[must_use]
    pub fn on_top_pct(&self, volume: Decimal) -> Decimal {
        match self.asset {
            FeeAsset::Quote => self.tier(volume).taker_pct,
            FeeAsset::Received { .. } => Decimal::ZERO,
        }
    }

    /// The fee on an amount, rounded toward zero so that a hold made at the same rate always covers it.
    #[must_use]
    pub fn fee(&self, volume: Decimal, maker: bool, amount: Decimal, decimals: u32) -> Decimal {
        let tier = self.tier(volume);
        let pct = if maker { tier.maker_pct } else { tier.taker_pct };
        (amount * pct / Decimal::ONE_HUNDRED).round_dp_with_strategy(decimals, RoundingStrategy::ToZero)
    }
}
