use nija_core::{AccountState, OrderIntent, RiskPolicy, Verdict};

use super::{
    RiskLimits,
    value::{exposure, fit_into, tightest},
};

/// The largest position of a plan: an entry is brought down to what is left of it.
#[derive(Debug, Clone)]
pub struct PositionSize(RiskLimits);

impl PositionSize {
    /// By the tiers' `largest_position`.
    #[must_use]
    pub fn new(limits: &RiskLimits) -> Self {
        Self(limits.clone())
    }
}

impl RiskPolicy for PositionSize {
    fn name(&self) -> &'static str {
        "position_size"
    }

    fn assess(&self, intent: &OrderIntent, account: &AccountState) -> Verdict {
        let signal = &intent.signal;
        let (plan, own) = (self.0.tier(account.tier).largest_position, account.limits.largest_position);
        let whose = if own.is_some() && tightest(plan, own) == own {
            "your risk settings hold"
        } else {
            "your plan holds"
        };
        let limit = match tightest(plan, own) {
            Some(limit) if !signal.signal_type.is_exit() => limit,
            _ => return Verdict::Allow,
        };
        let room = match exposure(intent, account) {
            Ok(exposure) => limit - exposure,
            Err(reason) => return Verdict::Refuse(reason),
        };
        fit_into(room, intent, account, "position_size", |room| {
            format!("{whose} up to {limit} USD in {}; {room} USD of it is left", signal.symbol)
        })
    }
}
