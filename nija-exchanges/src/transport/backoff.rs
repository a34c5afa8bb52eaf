//! How long to wait before another try.

use std::time::Duration;

/// Exponential waits with full jitter: each is drawn evenly between nothing and a bound that doubles up to a cap, so that
/// many clients that lost the same venue do not come back in step.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    cap: Duration,
    tries: u32,
}

impl Backoff {
    /// `first` bounds the first wait, `cap` all of them.
    #[must_use]
    pub const fn new(first: Duration, cap: Duration) -> Self {
        Self { first, cap, tries: 0 }
    }

    /// The next wait.
    pub fn next_wait(&mut self) -> Duration {
        let bound = self.bound();
        self.tries = self.tries.saturating_add(1);
        let micros = u64::try_from(bound.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(rand::random_range(0..=micros))
    }

    /// Starts again from the first bound: the last try went well.
    pub const fn reset(&mut self) {
        self.tries = 0;
    }

    fn bound(&self) -> Duration {
        let factor = 1_u32.checked_shl(self.tries.min(31)).unwrap_or(u32::MAX);
        self.first.checked_mul(factor).map_or(self.cap, |bound| bound.min(self.cap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_double_up_to_the_cap_and_start_again_after_a_success() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        let mut bounds = Vec::new();
        for _ in 0..40 {
            bounds.push(backoff.bound().as_millis());
            let wait = backoff.next_wait();
            assert!(wait.as_millis() <= *bounds.last().unwrap());
        }
        assert_eq!(bounds[..5], [100, 200, 400, 800, 1000]);
        assert_eq!(bounds[39], 1000);
        backoff.reset();
        assert_eq!(backoff.bound(), Duration::from_millis(100));
    }
}
