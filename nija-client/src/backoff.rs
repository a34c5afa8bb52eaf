//! Waiting between attempts: exponential with full jitter, so that a server coming back is not met by all at once.

use std::time::Duration;

use rand::{Rng, RngExt};

#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    first: Duration,
    cap: Duration,
    attempt: u32,
}

impl Backoff {
    pub(crate) fn new(first: Duration, cap: Duration) -> Self {
        Self { first, cap, attempt: 0 }
    }

    pub(crate) fn reset(&mut self) {
        self.attempt = 0;
    }

    /// The next wait: between half and the whole of `first * 2^attempt`, never beyond the cap.
    pub(crate) fn next(&mut self, random: &mut impl Rng) -> Duration {
        let ceiling = self.first.saturating_mul(1 << self.attempt.min(20)).min(self.cap);
        self.attempt = self.attempt.saturating_add(1);
        ceiling.mul_f64(random.random_range(0.5..=1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{SeedableRng, rngs::StdRng};

    proptest! {
        #[test]
        fn waits_grow_to_the_cap_and_start_over(seed: u64, first in 1u64..1_000, cap in 1_000u64..60_000) {
            let (first, cap) = (Duration::from_millis(first), Duration::from_millis(cap));
            let mut random = StdRng::seed_from_u64(seed);
            let mut backoff = Backoff::new(first, cap);
            for attempt in 0..40u32 {
                let ceiling = first.saturating_mul(1 << attempt.min(20)).min(cap);
                let wait = backoff.next(&mut random);
                prop_assert!(wait <= ceiling && wait >= ceiling / 2);
            }
            backoff.reset();
            prop_assert!(backoff.next(&mut random) <= first);
        }
    }
}
