use nija_core::{AccountState, OrderIntent, Reason, RiskPolicy, Symbol, Verdict};
use std::collections::BTreeSet;

use super::RiskLimits;

/// Symbols named in a refusal; more are counted.
const NAMED: usize = 5;

/// Only these symbols are entered, where the platform or the user says so.
#[derive(Debug, Clone)]
pub struct AllowedPairs(Option<BTreeSet<Symbol>>);

impl AllowedPairs {
    /// By `allowed_symbols`.
    #[must_use]
    pub fn new(limits: &RiskLimits) -> Self {
        Self(limits.allowed_symbols.clone())
    }
}

impl RiskPolicy for AllowedPairs {
    fn name(&self) -> &'static str {
        "allowed_pairs"
    }

    fn assess(&self, intent: &OrderIntent, account: &AccountState) -> Verdict {
        let signal = &intent.signal;
        if signal.signal_type.is_exit() {
            return Verdict::Allow;
        }
        let lists =
            [(&self.0, "this platform takes"), (&account.limits.allowed_symbols, "your risk settings allow")];
        for (list, who) in lists {
            if let Some(list) = list.as_ref().filter(|list| !list.contains(&signal.symbol)) {
                let text = format!("{who} entries in {} only, not in {}", names(list), signal.symbol);
                return Verdict::Refuse(Reason::new("pair_not_allowed", text));
            }
        }
        Verdict::Allow
    }
}

fn names(list: &BTreeSet<Symbol>) -> String {
    if list.is_empty() {
        return "nothing".to_owned();
    }
    let named: Vec<&str> = list.iter().take(NAMED).map(Symbol::as_str).collect();
    match list.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
