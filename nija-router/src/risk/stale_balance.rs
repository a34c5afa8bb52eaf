use nija_core::{AccountState, OrderIntent, Reason, RiskPolicy, Side, Verdict};
use std::time::Duration;

use super::RiskLimits;

/// An entry needs a venue whose balance is fresh: without one, nobody knows what it may spend.
#[derive(Debug, Clone, Copy)]
pub struct StaleBalance(Duration);

impl StaleBalance {
    /// By `max_balance_age`.
    #[must_use]
    pub const fn new(limits: &RiskLimits) -> Self {
        Self(limits.max_balance_age)
    }
}

impl RiskPolicy for StaleBalance {
    fn name(&self) -> &'static str {
        "stale_balance"
    }

    fn assess(&self, intent: &OrderIntent, account: &AccountState) -> Verdict {
        let signal = &intent.signal;
        if signal.signal_type.is_exit() || account.venues.is_empty() {
            // A user without a venue is told so by the router, in better words.
            return Verdict::Allow;
        }
        let asset = match signal.side {
            Side::Buy => signal.symbol.quote(),
            Side::Sell => signal.symbol.base(),
        };
        let mut ages = account
            .balances
            .iter()
            .filter(|balance| signal.venue.as_ref().is_none_or(|venue| *venue == balance.venue))
            .filter(|balance| balance.asset == asset)
            .map(|balance| account.now.since(balance.at))
            .peekable();
        // A venue that never named the asset holds none of it: the router says that it is not funded.
        if ages.peek().is_none() || ages.any(|age| age <= self.0) {
            Verdict::Allow
        } else {
            Verdict::Refuse(Reason::new(
                "stale_balance",
                format!(
                    "your {asset} balance was last confirmed more than {} s ago; the exchange is being asked",
                    self.0.as_secs()
                ),
            ))
        }
    }
}
