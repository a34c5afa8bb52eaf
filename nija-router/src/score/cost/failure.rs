//! What is expected to be lost by failing.

use nija_core::{VenueView, Volatility};
use rust_decimal::Decimal;

use super::{bps::Bps, config::CostConfig, latency::adverse_move};

/// The chance that an order here fails: the worse of what all calls and what this pair's orders came to.
pub(super) fn chance(view: &VenueView) -> Bps {
    let pair = view.pair_record.map_or(Decimal::ONE, |record| record / Decimal::ONE_HUNDRED);
    let success = view.health.success_rate.min(pair).clamp(Decimal::ZERO, Decimal::ONE);
    Bps::of_share(success).rest()
}

/// What a failure costs: the market's move until the order has gone elsewhere, and the trouble itself.
pub(super) fn price_of_failure(volatility: Option<Volatility>, config: &CostConfig) -> Bps {
    Bps::of_share(config.failure) + adverse_move(volatility, config.failure_delay, config)
}

/// The chance, and the share that is missed anyway, times what a failure costs.
pub(super) fn failure(chance: Bps, missed: Bps, price: Bps) -> Bps {
    price.scaled(chance) + price.scaled(missed)
}
