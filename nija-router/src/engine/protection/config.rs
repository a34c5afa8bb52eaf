use rust_decimal::Decimal;
use std::time::Duration;

/// Settings of what guards positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectionConfig {
    /// A price older than this sets nothing off.
    pub max_quote_age: Duration,
    /// A stop that went off and rests at its venue has this long to fill before the position is closed at market.
    pub escalate_after: Duration,
    /// How far from its stop the limit of a resting stop is, as a share of the stop. More than the 5 % at which Coinbase sets
    /// the limit of a bracket's stop, so that it takes one.
    pub stop_limit_gap: Decimal,
    /// A trailing stop follows in steps of at least this share of the price: each is on record, and replaces what rests.
    pub trail_step: Decimal,
    /// How long another exit waits for the venue to give up the goods that a resting stop holds.
    pub room_wait: Duration,
    /// How long a resting stop that made room for another exit stays away.
    pub stay_away: Duration,
    /// After a resting stop was refused, it is tried again after this; the position is watched meanwhile.
    pub retry_rest: Duration,
}

impl Default for ProtectionConfig {
    fn default() -> Self {
        Self {
            max_quote_age: Duration::from_secs(30),
            escalate_after: Duration::from_secs(10),
            stop_limit_gap: Decimal::from_parts(6, 0, 0, false, 2),
            trail_step: Decimal::from_parts(2, 0, 0, false, 3),
            room_wait: Duration::from_secs(3),
            stay_away: Duration::from_secs(5),
            retry_rest: Duration::from_secs(30),
        }
    }
}
