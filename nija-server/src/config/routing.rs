//! `[routing]`: how venues are chosen and large orders are sliced, as whole numbers.

use nija::router::{RoutingConfig, SlicingConfig, Weights};
use nija_core::{Notional, RoutingPolicy};
use rust_decimal::Decimal;
use serde::Deserialize;
use std::time::Duration;

use super::ConfigError;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileRouting {
    policy: RoutingPolicy,
    fees_percent: u32,
    reliability_percent: u32,
    latency_percent: u32,
    load_percent: u32,
    record_percent: u32,
    collar_bps: u32,
    max_quote_age_seconds: u64,
    split_gain_bps: u32,
    twap_above: u32,
    twap_slices: u32,
    twap_every_seconds: u64,
    feedback_half_life_minutes: u64,
}

impl Default for FileRouting {
    fn default() -> Self {
        Self {
            policy: RoutingPolicy::WeightedScore,
            fees_percent: 30,
            reliability_percent: 25,
            latency_percent: 20,
            load_percent: 15,
            record_percent: 10,
            collar_bps: 50,
            max_quote_age_seconds: 30,
            split_gain_bps: 1,
            twap_above: 10_000,
            twap_slices: 10,
            twap_every_seconds: 30,
            feedback_half_life_minutes: 30,
        }
    }
}

impl FileRouting {
    /// The router's settings, those of slicing, and the half-life of what orders came to.
    pub(super) fn into_config(self) -> Result<(RoutingConfig, SlicingConfig, Duration), ConfigError> {
        for (key, value, least, most) in [
            ("collar_bps", u64::from(self.collar_bps), 1, 1_000),
            ("max_quote_age_seconds", self.max_quote_age_seconds, 1, 3_600),
            ("split_gain_bps", u64::from(self.split_gain_bps), 0, 1_000),
            ("twap_slices", u64::from(self.twap_slices), 2, 10_000),
            ("twap_every_seconds", self.twap_every_seconds, 1, 86_400),
            ("feedback_half_life_minutes", self.feedback_half_life_minutes, 1, 10_080),
        ] {
            if !(least..=most).contains(&value) {
                return Err(ConfigError(format!("routing.{key} is {value}; it must be {least} to {most}")));
            }
        }
        let share = |percent: u32| Decimal::new(i64::from(percent), 2);
        let weights = Weights {
            fees: share(self.fees_percent),
            reliability: share(self.reliability_percent),
            latency: share(self.latency_percent),
            load: share(self.load_percent),
            record: share(self.record_percent),
        };
        weights.check().map_err(|error| ConfigError(format!("routing: {error}")))?;
        let bps = |count: u32| Decimal::new(i64::from(count), 4);
        let mut routing = RoutingConfig { policy: self.policy, weights, ..RoutingConfig::default() };
        routing.rules.collar = bps(self.collar_bps);
        routing.rules.max_quote_age = Duration::from_secs(self.max_quote_age_seconds);
        routing.cost.split_gain = (self.split_gain_bps > 0).then(|| bps(self.split_gain_bps));
        let above = (self.twap_above > 0).then(|| Notional::new(Decimal::from(self.twap_above)));
        let slicing = SlicingConfig {
            above: above.transpose().map_err(|error| ConfigError(format!("routing.twap_above: {error}")))?,
            slices: self.twap_slices,
            every: Duration::from_secs(self.twap_every_seconds),
        };
        Ok((routing, slicing, Duration::from_secs(self.feedback_half_life_minutes * 60)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija::router::EngineConfig;

    #[test]
    fn the_defaults_are_those_of_the_router_and_the_engine() {
        let (routing, slicing, half_life) = FileRouting::default().into_config().unwrap();
        let engine = EngineConfig::default();
        assert_eq!((routing, slicing), (RoutingConfig::default(), engine.slicing));
        assert_eq!(half_life, engine.feedback_half_life);
    }

    #[test]
    fn weights_must_sum_to_one_and_nothing_is_out_of_bounds() {
        let says = |routing: FileRouting| routing.into_config().unwrap_err().to_string();
        let heavy = FileRouting { fees_percent: 40, ..FileRouting::default() };
        assert_eq!(says(heavy), "routing: the weights sum to 1.10 and must sum to 1");
        let one = FileRouting { twap_slices: 1, ..FileRouting::default() };
        assert_eq!(says(one), "routing.twap_slices is 1; it must be 2 to 10000");
        let forgets = FileRouting { feedback_half_life_minutes: 0, ..FileRouting::default() };
        assert_eq!(says(forgets), "routing.feedback_half_life_minutes is 0; it must be 1 to 10080");
        let never = FileRouting { twap_above: 0, split_gain_bps: 0, ..FileRouting::default() };
        let (routing, slicing, _) = never.into_config().unwrap();
        assert_eq!((routing.cost.split_gain, slicing.above), (None, None));
    }
}
