//! What the price runs away until the order is there.

use nija_core::{VenueHealth, Volatility};
use std::time::Duration;

use super::{bps::Bps, config::CostConfig};

/// The time until an order sent now has arrived: the orders that wait before it, and its own answer.
pub(super) fn until_there(health: &VenueHealth, config: &CostConfig) -> Duration {
    let answer = health.latency.unwrap_or(config.unknown_latency);
    let waiting = u32::try_from(health.queue_depth).unwrap_or(u32::MAX) / config.sent_at_a_time.max(1);
    answer.saturating_mul(waiting.saturating_add(1))
}

/// The mean adverse move of the market in that time.
pub(super) fn adverse_move(volatility: Option<Volatility>, time: Duration, config: &CostConfig) -> Bps {
    let deviation = volatility.unwrap_or_default().within(time);
    let deviation = Bps::of(i64::try_from(deviation).unwrap_or(i64::MAX / 8));
    deviation.scaled(Bps::of_share(config.adverse_share))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::BreakerState;
    use rust_decimal::Decimal;

    #[test]
    fn it_is_a_share_of_the_standard_move_in_the_time_of_all_answers_before() {
        let config = CostConfig { sent_at_a_time: 10, ..CostConfig::default() };
        let mut health = VenueHealth {
            breaker: BreakerState::Closed,
            success_rate: Decimal::ONE,
            latency: Some(Duration::from_millis(250)),
            queue_depth: 9,
            queue_capacity: 100,
        };
        assert_eq!(until_there(&health, &config), Duration::from_millis(250));
        health.queue_depth = 30;
        assert_eq!(until_there(&health, &config), Duration::from_secs(1));
        health.latency = None;
        health.queue_depth = 0;
        assert_eq!(until_there(&health, &config), config.unknown_latency);
        let market = Some(Volatility::per_second(5));
        let second = adverse_move(market, Duration::from_secs(1), &config);
        assert_eq!(second.decimal().normalize().to_string(), "2");
        let quarter = adverse_move(market, Duration::from_millis(250), &config);
        assert_eq!(quarter.decimal().normalize().to_string(), "1");
        assert_eq!(adverse_move(None, Duration::from_secs(9), &config), Bps::of(0));
    }
}
