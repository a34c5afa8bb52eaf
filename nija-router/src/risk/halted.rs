use nija_core::{AccountState, OrderIntent, Reason, RiskPolicy, Verdict};

/// No entries while the user paused trading or a kill switch is on.
#[derive(Debug, Clone, Copy)]
pub struct Halted;

impl RiskPolicy for Halted {
    fn name(&self) -> &'static str {
        "halted"
    }

    fn assess(&self, intent: &OrderIntent, account: &AccountState) -> Verdict {
        if intent.signal.signal_type.is_exit() {
            Verdict::Allow
        } else if account.halted {
            Verdict::Refuse(Reason::new("trading_halted", "a kill switch is on; only exits are taken"))
        } else if account.paused {
            Verdict::Refuse(Reason::new("trading_paused", "you paused trading; resume it to open positions"))
        } else {
            Verdict::Allow
        }
    }
}
