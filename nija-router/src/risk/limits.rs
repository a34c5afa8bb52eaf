//! The numbers that the policies go by.

use nija_core::Tier;
use rust_decimal::Decimal;
use std::time::Duration;

/// What a plan includes. `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TierLimits {
    /// Largest position in one symbol, in quote units (USD).
    pub largest_position: Option<Decimal>,
    /// Venues that can be traded at, those without a key not counted.
    pub venues: Option<usize>,
    /// Open positions.
    pub positions: Option<usize>,
}

/// Limits of all policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskLimits {
    /// Basic, $29 a month.
    pub basic: TierLimits,
    /// Pro, $99 a month.
    pub pro: TierLimits,
    /// Enterprise, $299 a month.
    pub enterprise: TierLimits,
    /// Largest entry as a share of equity: `0.10` is ten per cent.
    pub max_equity_share: Decimal,
    /// Entries stop when the day's realised loss reaches this share of the equity that the day began with.
    pub max_daily_loss: Decimal,
    /// Between two entries of one user.
    pub entry_interval: Duration,
    /// How far beyond the best price an entry's limit price may be, as a share of that price.
    pub price_collar: Decimal,
    /// Balances older than this are not traded on.
    pub max_balance_age: Duration,
}

impl Default for RiskLimits {
    fn default() -> Self {
        let tier = |largest: Option<i64>, venues, positions| TierLimits {
            largest_position: largest.map(Decimal::from),
            venues,
            positions,
        };
        Self {
            basic: tier(Some(50), Some(2), Some(3)),
            pro: tier(Some(200), Some(5), Some(10)),
            enterprise: tier(None, None, None),
            max_equity_share: Decimal::new(10, 2),
            max_daily_loss: Decimal::new(5, 2),
            entry_interval: Duration::from_secs(1),
            price_collar: Decimal::new(5, 2),
            max_balance_age: Duration::from_secs(60),
        }
    }
}

impl RiskLimits {
    /// The limits of a plan.
    #[must_use]
    pub const fn tier(&self, tier: Tier) -> &TierLimits {
        match tier {
            Tier::Basic => &self.basic,
            Tier::Pro => &self.pro,
            Tier::Enterprise => &self.enterprise,
        }
    }
}
