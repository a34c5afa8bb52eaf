use nija_core::{AccountState, OrderIntent, Reason, RiskPolicy, Verdict};
use rust_decimal::Decimal;

use super::{
    RiskLimits,
    value::{cents, no_rate},
};

/// No entries after the day's loss has reached its limit: what was realised since 00:00 UTC, and what the positions opened since then have
/// lost at the market. What they have won does not make good what was lost.
#[derive(Debug, Clone, Copy)]
pub struct DailyLoss(Decimal);

impl DailyLoss {
    /// By `max_daily_loss`.
    #[must_use]
    pub const fn new(limits: &RiskLimits) -> Self {
        Self(limits.max_daily_loss)
    }
}

impl RiskPolicy for DailyLoss {
    fn name(&self) -> &'static str {
        "daily_loss"
    }

    fn assess(&self, intent: &OrderIntent, account: &AccountState) -> Verdict {
        if intent.signal.signal_type.is_exit() {
            return Verdict::Allow;
        }
        if let Some(currency) = &account.unmeasured_loss {
            return Verdict::Refuse(no_rate(currency, "today's loss"));
        }
        let lost = -(account.realised_today + account.unrealised_today.min(Decimal::ZERO));
        if lost <= Decimal::ZERO {
            return Verdict::Allow;
        }
        let Some(equity) = account.equity else {
            return Verdict::Refuse(Reason::new(
                "equity_unknown",
                "a balance or a price is missing, so today's loss cannot be measured against your equity",
            ));
        };
        let share = account.limits.max_daily_loss.map_or(self.0, |own| own.min(self.0));
        let limit = (equity + lost) * share;
        if lost < limit {
            return Verdict::Allow;
        }
        Verdict::Refuse(Reason::new(
            "daily_loss",
            format!(
                "you lost {} USD today; entries stop at {} USD until 00:00 UTC",
                cents(lost),
                cents(limit)
            ),
        ))
    }
}
