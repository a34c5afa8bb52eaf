use nija_core::{AccountState, OrderIntent, Reason, RiskPolicy, Symbol, Tier, Verdict};
use std::collections::HashSet;

use super::{RiskLimits, value::tightest};

/// How many symbols a plan may hold at a time.
#[derive(Debug, Clone)]
pub struct PositionCount(RiskLimits);

impl PositionCount {
    /// By the tiers' `positions`.
    #[must_use]
    pub fn new(limits: &RiskLimits) -> Self {
        Self(limits.clone())
    }
}

impl RiskPolicy for PositionCount {
    fn name(&self) -> &'static str {
        "position_count"
    }

    fn assess(&self, intent: &OrderIntent, account: &AccountState) -> Verdict {
        let signal = &intent.signal;
        let own = account.limits.positions.and_then(|own| usize::try_from(own).ok());
        let given = self.0.tier(account.tier).positions;
        let limit = match tightest(given, own) {
            Some(limit) if !signal.signal_type.is_exit() => limit,
            _ => return Verdict::Allow,
        };
        // What cannot be closed takes no place.
        let held = account.positions.iter().filter(|position| !account.is_dust(position));
        let held = held.map(|position| &position.symbol);
        // Entries that may still fill count: each becomes a position.
        let coming = account.working.iter().filter(|order| !order.exit).map(|order| &order.symbol);
        let symbols: HashSet<&Symbol> = held.chain(coming).collect();
        if symbols.len() < limit || symbols.contains(&signal.symbol) {
            return Verdict::Allow;
        }
        let plan = match account.tier {
            Tier::Basic => "Basic",
            Tier::Pro => "Pro",
            Tier::Enterprise => "Enterprise",
        };
        Verdict::Refuse(Reason::new(
            "position_count",
            if given.is_some_and(|given| given <= limit) {
                format!("you hold {} positions, as many as the {plan} plan includes", symbols.len())
            } else {
                format!("you hold {} positions, as many as your risk settings allow", symbols.len())
            },
        ))
    }
}
