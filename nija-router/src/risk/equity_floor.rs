use nija_core::{AccountState, OrderIntent, Reason, RiskPolicy, Verdict};
use rust_decimal::Decimal;

use super::{
    RiskLimits,
    value::{cents, percent, worth},
};

/// An entry too small to matter is refused rather than paid fees for: below a share of the equity, after the rules before have made it
/// smaller. Off by default: a plan's largest position may be less than that share.
#[derive(Debug, Clone, Copy)]
pub struct EquityFloor(Decimal);

impl EquityFloor {
    /// By `min_equity_share`.
    #[must_use]
    pub const fn new(limits: &RiskLimits) -> Self {
        Self(limits.min_equity_share)
    }
}

impl RiskPolicy for EquityFloor {
    fn name(&self) -> &'static str {
        "equity_floor"
    }

    fn assess(&self, intent: &OrderIntent, account: &AccountState) -> Verdict {
        let child = intent.parent.is_some();
        if self.0.is_zero() || child || intent.signal.signal_type.is_exit() || account.venues.is_empty() {
            return Verdict::Allow;
        }
        // What is not known was refused by the rules before, which need the same figures.
        let (Some(equity), Ok(worth)) = (account.equity, worth(intent, account)) else {
            return Verdict::Allow;
        };
        let least = equity * self.0;
        if worth >= least {
            return Verdict::Allow;
        }
        Verdict::Refuse(Reason::new(
            "equity_floor",
            format!(
                "{} USD is less than {} of your equity, {} USD, the least that an entry may be",
                cents(worth),
                percent(self.0),
                cents(least)
            ),
        ))
    }
}
