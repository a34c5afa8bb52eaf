//! Settings of the engine.

use nija_core::{Symbol, Tier, UserId};
use std::{collections::BTreeMap, time::Duration};

use super::ProtectionConfig;
use super::SlicingConfig;
use crate::{LaneConfig, RiskLimits};

/// Settings of an [`super::Engine`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineConfig {
    /// Symbols to keep prices of, where a venue lists them; those with open positions or orders are added.
    pub symbols: Vec<Symbol>,
    /// Limits by tier; the policies are handed in and should be made from the same.
    pub limits: RiskLimits,
    /// The plans of users that are known at the start; `Basic` for all others until [`super::Engine::set_tier`] says otherwise. What goes on by
    /// itself after a restart, slices for instance, goes by them.
    pub tiers: BTreeMap<UserId, Tier>,
    /// Every venue's lane.
    pub lane: LaneConfig,
    /// Which entries go out in slices over time.
    pub slicing: SlicingConfig,
    /// What an order came to counts half after this time when others are routed.
    pub feedback_half_life: Duration,
    /// How long after routing an order may be sent; venues that can promise it do not match it later.
    pub send_window: Duration,
    /// A placement that takes longer counts as a lost answer.
    pub place_timeout: Duration,
    /// Any other call to a venue that takes longer has failed.
    pub call_timeout: Duration,
    /// What a venue's clock and this one may differ by.
    pub clock_margin: Duration,
    /// An entry older than this is not sent again when its first sending proved dead.
    pub max_intent_age: Duration,
    /// An order in doubt for longer than this raises an alarm.
    pub alarm_after: Duration,
    /// Further attempts of an entry after the first proved dead.
    pub max_failovers: u32,
    /// Further attempts of an exit.
    pub max_exit_retries: u32,
    /// Between two readings of a venue's instruments, about: lots, ticks, smallest sizes and what is open for trade change while streams stay up.
    pub instruments_interval: Duration,
    /// Between two marks of a user's positions.
    pub mark_interval: Duration,
    /// How long a request waits for a user's accounts to be read for the first time.
    pub connect_wait: Duration,
    /// How long draining waits for what is being sent.
    pub drain_timeout: Duration,
    /// How long a venue's stream may take to deliver the fills that a report spoke of, before they are asked for.
    pub backfill_delay: Duration,
    /// How long an order that fills at once or not at all may stay open before it is looked up.
    pub check_after: Duration,
    /// How long an order that rests may go unheard of before it is looked up: a stream may lose a message without a trace.
    pub check_resting: Duration,
    /// What guards positions.
    pub protection: ProtectionConfig,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            symbols: ["BTC-USD", "ETH-USD", "SOL-USD"]
                .into_iter()
                .filter_map(|text| Symbol::new(text).ok())
                .collect(),
            limits: RiskLimits::default(),
            tiers: BTreeMap::new(),
            lane: LaneConfig::default(),
            slicing: SlicingConfig::default(),
            feedback_half_life: Duration::from_secs(30 * 60),
            send_window: Duration::from_secs(5),
            place_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(15),
            clock_margin: Duration::from_secs(5),
            max_intent_age: Duration::from_secs(30),
            alarm_after: Duration::from_secs(60),
            max_failovers: 2,
            max_exit_retries: 20,
            instruments_interval: Duration::from_secs(10 * 60),
            mark_interval: Duration::from_millis(250),
            connect_wait: Duration::from_secs(5),
            drain_timeout: Duration::from_secs(15),
            backfill_delay: Duration::from_millis(200),
            check_after: Duration::from_secs(2),
            check_resting: Duration::from_secs(60),
            protection: ProtectionConfig::default(),
        }
    }
}
