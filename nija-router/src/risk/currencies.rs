//! Which currencies beside USD are money, and how they are measured.

use std::{collections::BTreeSet, time::Duration};

/// Currencies whose cash counts, beside USD. What is quoted in any other (BTC for instance) counts by what it has won or lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Currencies {
    /// Stablecoins: a unit counts as one USD while no fresh price says otherwise.
    pub par: BTreeSet<String>,
    /// Others: their cash counts at the market, and as nothing while no price is known.
    pub floating: BTreeSet<String>,
    /// What venues take fees in besides what is traded, so that its price is watched.
    pub fees: BTreeSet<String>,
    /// A price older than this neither replaces par nor measures an entry.
    pub max_rate_age: Duration,
}

impl Default for Currencies {
    fn default() -> Self {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            par: set(&["USDC", "USDT"]),
            floating: set(&["AUD", "CAD", "CHF", "EUR", "GBP", "JPY"]),
            fees: set(&["BNB"]),
            max_rate_age: Duration::from_secs(5 * 60),
        }
    }
}
