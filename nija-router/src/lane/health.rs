//! How a venue did lately.

use parking_lot::Mutex;
use rust_decimal::Decimal;
use std::{collections::VecDeque, time::Duration};

const CALLS: usize = 100;

/// The last outcomes, bounded.
#[derive(Debug, Default)]
struct Window {
    outcomes: VecDeque<bool>,
    good: usize,
}

impl Window {
    fn push(&mut self, good: bool, bound: usize) {
        self.outcomes.push_back(good);
        self.good += usize::from(good);
        if self.outcomes.len() > bound
            && let Some(oldest) = self.outcomes.pop_front()
        {
            self.good -= usize::from(oldest);
        }
    }

    /// In millionths, cut: no figure that anybody acts on needs more, and it keeps a route free of long divisions.
    fn rate(&self) -> Option<i64> {
        i64::try_from((self.good * 1_000_000).checked_div(self.outcomes.len())?).ok()
    }
}

#[derive(Debug, Default)]
struct Figures {
    calls: Window,
    latency_micros: Option<u64>,
}

/// Success rate and answer time, over the recent past.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<Figures>);

impl Health {
    /// A call was answered (`true`) or failed.
    pub(crate) fn call(&self, good: bool, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX / 16);
        let mut figures = self.0.lock();
        figures.calls.push(good, CALLS);
        // A lost answer says nothing about how long answers take.
        if good {
            figures.latency_micros = Some(match figures.latency_micros {
                Some(before) => (before * 7 + micros) / 8,
                None => micros,
            });
        }
    }

    /// Success rate, 0 to 1 and 1 before the first call, and the typical answer time.
    pub(crate) fn calls(&self) -> (Decimal, Option<Duration>) {
        let figures = self.0.lock();
        let rate = figures.calls.rate().map_or(Decimal::ONE, |rate| Decimal::new(rate, 6));
        (rate, figures.latency_micros.map(Duration::from_micros))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_cover_the_recent_past_only() {
        let health = Health::default();
        assert_eq!(health.calls(), (Decimal::ONE, None));
        (0..CALLS).for_each(|_| health.call(false, Duration::from_secs(5)));
        assert_eq!(health.calls(), (Decimal::ZERO, None));
        (0..75).for_each(|_| health.call(true, Duration::from_millis(20)));
        assert_eq!(health.calls(), (Decimal::new(75, 2), Some(Duration::from_millis(20))));
    }
}
