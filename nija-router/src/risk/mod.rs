//! The risk policies, one a file. All let exits through, except the one that ties an exit to a position.

mod allowed_pairs;
mod currencies;
mod daily_loss;
mod drawdown;
mod duplicate_intent;
mod entry_rate;
mod equity_floor;
mod equity_share;
mod exit_reduces;
mod halted;
mod limits;
mod position_count;
mod position_size;
mod price_collar;
mod protection_fits;
mod stale_balance;
mod value;

pub use allowed_pairs::AllowedPairs;
pub use currencies::Currencies;
pub use daily_loss::DailyLoss;
pub use drawdown::Drawdown;
pub use duplicate_intent::DuplicateIntent;
pub use entry_rate::EntryRate;
pub use equity_floor::EquityFloor;
pub use equity_share::EquityShare;
pub use exit_reduces::ExitReduces;
pub use halted::Halted;
pub use limits::{RiskLimits, TierLimits};
pub use position_count::PositionCount;
pub use position_size::PositionSize;
pub use price_collar::PriceCollar;
pub use protection_fits::ProtectionFits;
pub use stale_balance::StaleBalance;

use nija_core::RiskPolicy;
use std::sync::Arc;

/// All policies in their order: those that refuse outright first, those that make smaller last, and at the
/// very end the one that minds how small.
///
/// ```
/// use nija_core::RiskChain;
/// use nija_router::{RiskLimits, default_policies};
/// let chain = RiskChain::new(default_policies(&RiskLimits::default()))?;
/// # Ok::<(), nija_core::EmptyRiskChain>(())
/// ```
#[must_use]
pub fn default_policies(limits: &RiskLimits) -> Vec<Arc<dyn RiskPolicy>> {
    vec![
        Arc::new(Halted),
        Arc::new(ExitReduces),
        Arc::new(ProtectionFits),
        Arc::new(AllowedPairs::new(limits)),
        Arc::new(DuplicateIntent::new(limits)),
        Arc::new(EntryRate::new(limits)),
        Arc::new(StaleBalance::new(limits)),
        Arc::new(DailyLoss::new(limits)),
        Arc::new(Drawdown::new(limits)),
        Arc::new(PositionCount::new(limits)),
        Arc::new(PriceCollar::new(limits)),
        Arc::new(PositionSize::new(limits)),
        Arc::new(EquityShare::new(limits)),
        Arc::new(EquityFloor::new(limits)),
    ]
}
