use nija_core::{AccountState, OrderIntent, Reason, RiskPolicy, Verdict};
use rust_decimal::Decimal;

use super::{
    RiskLimits,
    value::{cents, percent, tightest},
};

/// No entries while the account is too far below its best: profit counts from the end of the best day, positions at the market.
#[derive(Debug, Clone, Copy)]
pub struct Drawdown(Option<Decimal>);

impl Drawdown {
    /// By `max_drawdown`.
    #[must_use]
    pub const fn new(limits: &RiskLimits) -> Self {
        Self(limits.max_drawdown)
    }
}

impl RiskPolicy for Drawdown {
    fn name(&self) -> &'static str {
        "drawdown"
    }

    fn assess(&self, intent: &OrderIntent, account: &AccountState) -> Verdict {
        let below = account.below_best;
        let Some(share) = tightest(self.0, account.limits.max_drawdown) else {
            return Verdict::Allow;
        };
        if intent.signal.signal_type.is_exit() || below <= Decimal::ZERO {
            return Verdict::Allow;
        }
        let Some(equity) = account.equity else {
            return Verdict::Refuse(Reason::new(
                "equity_unknown",
                "a balance or a price is missing, so the fall from your best cannot be measured against your equity",
            ));
        };
        let limit = (equity + below) * share;
        if below < limit {
            return Verdict::Allow;
        }
        Verdict::Refuse(Reason::new(
            "drawdown",
            format!(
                "your account is {} USD below its best; entries stop at {} USD, {} of that best, until positions or new settings bring it back",
                cents(below),
                cents(limit),
                percent(share)
            ),
        ))
    }
}
