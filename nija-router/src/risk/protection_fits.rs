use nija_core::{AccountState, OrderIntent, Reason, RiskPolicy, Verdict};

use super::value::newest_quote;

/// What an entry brings along to guard its position must stand on the proper sides of the price at which it opens.
#[derive(Debug, Clone, Copy)]
pub struct ProtectionFits;

impl RiskPolicy for ProtectionFits {
    fn name(&self) -> &'static str {
        "protection_fits"
    }

    fn assess(&self, intent: &OrderIntent, account: &AccountState) -> Verdict {
        let signal = &intent.signal;
        let Some(plan) = &signal.protection else {
            return Verdict::Allow;
        };
        let quoted = || newest_quote(intent, account).map(|quote| quote.taker_price(signal.side));
        let opens_at = signal.kind.worst_price().or_else(quoted);
        match plan.check(signal.side, opens_at) {
            Ok(()) => Verdict::Allow,
            Err(error) => Verdict::Refuse(Reason::new("protection_invalid", error.to_string())),
        }
    }
}
