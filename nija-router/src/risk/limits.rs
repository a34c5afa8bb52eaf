//! The numbers that the policies go by.

use nija_core::{RiskSettings, Symbol, Tier};
use rust_decimal::Decimal;
use std::{collections::BTreeSet, time::Duration};

use super::Currencies;

/// What a plan includes. `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TierLimits {
    /// Largest position in one symbol, in USD.
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
    /// Smallest entry as a share of equity; zero is none.
    pub min_equity_share: Decimal,
    /// Entries stop when the account is this share below its best.
    pub max_drawdown: Option<Decimal>,
    /// What may be entered; `None` is everything that a venue lists.
    pub allowed_symbols: Option<BTreeSet<Symbol>>,
    /// How long an entry that equals another in all but its id is refused.
    pub duplicate_window: Duration,
    /// How long a user's loosening of their own limits waits.
    pub loosening_delay: Duration,
    /// Entries stop when the day's loss reaches this share of the equity that the day began with.
    pub max_daily_loss: Decimal,
    /// Between two entries of one user.
    pub entry_interval: Duration,
    /// How far beyond the best price an entry's limit price may be, as a share of that price.
    pub price_collar: Decimal,
    /// Balances older than this are not traded on.
    pub max_balance_age: Duration,
    /// Which currencies are money, and how they are measured in USD.
    pub currencies: Currencies,
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
            min_equity_share: Decimal::ZERO,
            max_drawdown: Some(Decimal::new(20, 2)),
            allowed_symbols: None,
            duplicate_window: Duration::from_secs(5),
            loosening_delay: Duration::from_secs(24 * 60 * 60),
            max_daily_loss: Decimal::new(5, 2),
            entry_interval: Duration::from_secs(1),
            price_collar: Decimal::new(5, 2),
            max_balance_age: Duration::from_secs(60),
            currencies: Currencies::default(),
        }
    }
}

impl RiskLimits {
    /// What platform and plan allow a user at most, in the words of the user's own limits.
    #[must_use]
    pub fn given(&self, tier: Tier) -> RiskSettings {
        let plan = self.tier(tier);
        RiskSettings {
            max_equity_share: Some(self.max_equity_share),
            max_daily_loss: Some(self.max_daily_loss),
            max_drawdown: self.max_drawdown,
            largest_position: plan.largest_position,
            positions: plan.positions.and_then(|most| u32::try_from(most).ok()),
            price_collar: Some(self.price_collar),
            allowed_symbols: self.allowed_symbols.clone(),
        }
    }

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
