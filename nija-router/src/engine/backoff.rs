//! Waiting longer after each failure.

use nija_core::Entropy;
use std::time::Duration;

/// Doubles from a first wait to a longest one.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub(crate) const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first }
    }

    pub(crate) const fn reset(&mut self) {
        self.next = self.first;
    }

    /// How long to wait now; the next time it is twice that.
    pub(crate) fn step(&mut self) -> Duration {
        let now = self.next;
        self.next = (now * 2).min(self.longest);
        now
    }

    /// The same, cut by up to a half at random: those whom one outage hit do not come back all at once.
    pub(crate) fn spread(&mut self, entropy: &dyn Entropy) -> Duration {
        let whole = self.step();
        let mut random = [0; 2];
        entropy.fill(&mut random);
        let half = whole / 2;
        half + half * u32::from(u16::from_le_bytes(random)) / u32::from(u16::MAX)
    }

    pub(crate) async fn wait(&mut self, entropy: &dyn Entropy) {
        tokio::time::sleep(self.spread(entropy)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::SeededEntropy;

    #[test]
    fn it_doubles_up_to_a_bound_and_starts_again() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5));
        let steps: Vec<_> = (0..4).map(|_| backoff.step().as_secs()).collect();
        assert_eq!(steps, [1, 2, 4, 5]);
        backoff.reset();
        assert_eq!(backoff.step().as_secs(), 1);
    }

    #[test]
    fn those_who_wait_spread_over_half_of_each_wait_and_a_seed_repeats_it() {
        let waits = |seed| {
            let entropy = SeededEntropy::new(seed);
            let mut backoff = Backoff::new(Duration::from_secs(8), Duration::from_secs(8));
            (0..64).map(|_| backoff.spread(&entropy)).collect::<Vec<_>>()
        };
        let of = waits(1);
        assert!(of.iter().all(|wait| (4..=8).contains(&wait.as_secs()) && *wait <= Duration::from_secs(8)));
        let (early, late) = (Duration::from_secs(5), Duration::from_secs(7));
        assert!(of.iter().any(|wait| *wait < early) && of.iter().any(|wait| *wait > late));
        assert_eq!(of, waits(1));
        assert_ne!(of, waits(2));
    }
}
