use nija_core::{AccountState, OrderIntent, Reason, RiskPolicy, Verdict};
use rust_decimal::Decimal;

use super::{
    RiskLimits,
    value::{cents, fit_into, percent},
};

/// One entry risks at most a share of the user's equity. (What is too small is for [`super::EquityFloor`].)
#[derive(Debug, Clone, Copy)]
pub struct EquityShare(Decimal);

impl EquityShare {
    /// By `max_equity_share`.
    #[must_use]
    pub const fn new(limits: &RiskLimits) -> Self {
        Self(limits.max_equity_share)
    }
}

impl RiskPolicy for EquityShare {
    fn name(&self) -> &'static str {
        "equity_share"
    }

    fn assess(&self, intent: &OrderIntent, account: &AccountState) -> Verdict {
        if intent.signal.signal_type.is_exit() || account.venues.is_empty() {
            return Verdict::Allow;
        }
        let Some(equity) = account.equity else {
            return Verdict::Refuse(Reason::new(
                "equity_unknown",
                "a balance or a price is missing, so your equity is not known; try again in a moment",
            ));
        };
        let share = account.limits.max_equity_share.map_or(self.0, |own| own.min(self.0));
        let percent = percent(share);
        fit_into(equity * share, intent, account, "equity_share", |room| {
            format!("one order may use up to {percent} of your equity of {} USD, {room} USD", cents(equity))
        })
    }
}
