//! Kraken's rate counters: one per key for calls, one per key and pair for the matching engine.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The verification level of an account, which sets its limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// 15 calls, one regained each 3 s; 60 order points.
    Starter,
    /// 20 calls, one regained each 2 s; 125 order points.
    Intermediate,
    /// 20 calls, one regained each second; 180 order points.
    #[default]
    Pro,
    /// No limits at all (not one of Kraken's).
    Unlimited,
}

/// A tier's numbers.
#[derive(Debug, Clone, Copy)]
struct Numbers {
    calls: f64,
    calls_decay: f64,
    points: f64,
    points_decay: f64,
}

impl Tier {
    /// Most open orders per pair.
    #[must_use]
    pub fn max_open_orders(self) -> usize {
        match self {
            Self::Starter => 60,
            Self::Intermediate => 80,
            Self::Pro => 225,
            Self::Unlimited => usize::MAX,
        }
    }

    fn numbers(self) -> Option<Numbers> {
        let of = |calls, calls_decay, points, points_decay| {
            Some(Numbers { calls, calls_decay, points, points_decay })
        };
        match self {
            Self::Starter => of(15.0, 0.33, 60.0, 1.0),
            Self::Intermediate => of(20.0, 0.5, 125.0, 2.34),
            Self::Pro => of(20.0, 1.0, 180.0, 3.75),
            Self::Unlimited => None,
        }
    }
}

/// A counter that leaks.
#[derive(Debug, Clone, Copy, Default)]
struct Counter {
    value: f64,
    at_ns: i64,
}

impl Counter {
    fn decay(&mut self, per_second: f64, now_ns: i64) {
        let seconds = (now_ns - self.at_ns).max(0) as f64 / 1e9;
        self.value = (self.value - seconds * per_second).max(0.0);
        self.at_ns = now_ns;
    }
}

/// One key's counters.
#[derive(Debug, Default)]
pub(crate) struct KeyLimits {
    calls: Counter,
    points: HashMap<usize, Counter>,
}

impl KeyLimits {
    /// Counts a call; false when the limit is passed.
    pub(crate) fn call(&mut self, tier: Tier, cost: f64, now_ns: i64) -> bool {
        let Some(numbers) = tier.numbers() else {
            return true;
        };
        self.calls.decay(numbers.calls_decay, now_ns);
        if self.calls.value + cost > numbers.calls {
            return false;
        }
        self.calls.value += cost;
        true
    }

    /// Counts an order; false when the pair's limit is passed.
    pub(crate) fn order(&mut self, tier: Tier, market: usize, now_ns: i64) -> bool {
        let Some(numbers) = tier.numbers() else {
            return true;
        };
        let counter = self.points.entry(market).or_default();
        counter.decay(numbers.points_decay, now_ns);
        if counter.value + 1.0 > numbers.points {
            return false;
        }
        counter.value += 1.0;
        true
    }

    /// Counts a cancel, which is never refused but costs more the younger the order was.
    pub(crate) fn cancel(&mut self, tier: Tier, market: usize, age_ns: i64, now_ns: i64) {
        let Some(numbers) = tier.numbers() else { return };
        let cost = match age_ns / 1_000_000_000 {
            ..5 => 8.0,
            5..10 => 6.0,
            10..15 => 5.0,
            15..45 => 4.0,
            45..90 => 2.0,
            90..300 => 1.0,
            _ => 0.0,
        };
        let counter = self.points.entry(market).or_default();
        counter.decay(numbers.points_decay, now_ns);
        counter.value += cost;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_counter_fills_and_leaks() {
        let mut limits = KeyLimits::default();
        assert!((0..15).all(|_| limits.call(Tier::Starter, 1.0, 0)));
        assert!(!limits.call(Tier::Starter, 1.0, 0));
        assert!(limits.call(Tier::Starter, 1.0, 4_000_000_000));
        assert!((0..1_000).all(|_| limits.call(Tier::Unlimited, 1.0, 0)));
    }

    #[test]
    fn cancelling_a_young_order_costs_more() {
        let mut limits = KeyLimits::default();
        for _ in 0..7 {
            assert!(limits.order(Tier::Starter, 0, 0));
            limits.cancel(Tier::Starter, 0, 0, 0);
        }
        assert!(!limits.order(Tier::Starter, 0, 0), "7 x (1 + 8) leaves no room in 60");
        assert!(limits.order(Tier::Starter, 1, 0), "another pair counts alone");
    }
}
