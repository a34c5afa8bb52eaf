//! `[risk]`: the limits of the risk policies, as whole numbers; 0 is no limit where that makes sense.

use nija::{
    core::Symbol,
    router::{Currencies, RiskLimits, TierLimits},
};
use rust_decimal::Decimal;
use serde::Deserialize;
use std::time::Duration;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RiskConfig {
    pub(super) entry_interval_ms: u64,
    pub(super) max_equity_share_percent: u32,
    pub(super) max_daily_loss_percent: u32,
    pub(super) max_drawdown_percent: u32,
    pub(super) min_equity_share_percent: u32,
    duplicate_window_ms: u64,
    loosening_delay_minutes: u64,
    pub(super) allowed_symbols: Vec<String>,
    par_currencies: Vec<String>,
    cash_currencies: Vec<String>,
    fee_assets: Vec<String>,
    max_rate_age_seconds: u64,
    basic_largest_position: u32,
    basic_positions: u32,
    basic_venues: u32,
    pro_largest_position: u32,
    pro_positions: u32,
    pro_venues: u32,
}

impl Default for RiskConfig {
    fn default() -> Self {
        Self {
            entry_interval_ms: 1000,
            max_equity_share_percent: 10,
            max_daily_loss_percent: 5,
            max_drawdown_percent: 20,
            min_equity_share_percent: 0,
            duplicate_window_ms: 5000,
            loosening_delay_minutes: 24 * 60,
            allowed_symbols: Vec::new(),
            par_currencies: ["USDC", "USDT"].map(Into::into).into(),
            cash_currencies: ["AUD", "CAD", "CHF", "EUR", "GBP", "JPY"].map(Into::into).into(),
            fee_assets: vec!["BNB".into()],
            max_rate_age_seconds: 300,
            basic_largest_position: 50,
            basic_positions: 3,
            basic_venues: 2,
            pro_largest_position: 200,
            pro_positions: 10,
            pro_venues: 5,
        }
    }
}

impl RiskConfig {
    /// The first name that is none of a currency, and its key.
    pub(super) fn wrong_currency(&self) -> Option<(&'static str, &str)> {
        let lists =
            [("risk.par_currencies", &self.par_currencies), ("risk.cash_currencies", &self.cash_currencies)];
        lists.into_iter().find_map(|(key, list)| {
            let wrong = list.iter().find(|name| Symbol::new(&format!("{name}-USD")).is_err())?;
            Some((key, wrong.as_str()))
        })
    }

    /// Puts these over the engine's limits.
    pub(super) fn apply(&self, limits: &mut RiskLimits) {
        let tier = |usd: u32, positions: u32, venues: u32| TierLimits {
            largest_position: (usd > 0).then(|| Decimal::from(usd)),
            positions: (positions > 0).then_some(positions as usize),
            venues: (venues > 0).then_some(venues as usize),
        };
        limits.currencies = Currencies {
            par: self.par_currencies.iter().cloned().collect(),
            floating: self.cash_currencies.iter().cloned().collect(),
            fees: self.fee_assets.iter().cloned().collect(),
            max_rate_age: Duration::from_secs(self.max_rate_age_seconds),
        };
        limits.entry_interval = Duration::from_millis(self.entry_interval_ms);
        limits.max_equity_share = Decimal::new(i64::from(self.max_equity_share_percent), 2);
        let percent = |whole: u32| Decimal::new(i64::from(whole), 2);
        limits.max_drawdown = (self.max_drawdown_percent > 0).then(|| percent(self.max_drawdown_percent));
        limits.min_equity_share = percent(self.min_equity_share_percent);
        limits.duplicate_window = Duration::from_millis(self.duplicate_window_ms);
        limits.loosening_delay = Duration::from_secs(self.loosening_delay_minutes.saturating_mul(60));
        limits.max_daily_loss = Decimal::new(i64::from(self.max_daily_loss_percent), 2);
        limits.basic = tier(self.basic_largest_position, self.basic_positions, self.basic_venues);
        limits.pro = tier(self.pro_largest_position, self.pro_positions, self.pro_venues);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_engine() {
        let mut limits = RiskLimits::default();
        RiskConfig::default().apply(&mut limits);
        assert_eq!(limits, RiskLimits::default());
    }

    #[test]
    fn a_currency_is_named_as_in_a_symbol() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let par = RiskConfig { par_currencies: list(&["USDT", "usdc"]), ..RiskConfig::default() };
        assert_eq!(par.wrong_currency(), Some(("risk.par_currencies", "usdc")));
        let cash = RiskConfig { cash_currencies: list(&["EUR-"]), ..RiskConfig::default() };
        assert_eq!(cash.wrong_currency(), Some(("risk.cash_currencies", "EUR-")));
        assert_eq!(RiskConfig::default().wrong_currency(), None);
    }
}
