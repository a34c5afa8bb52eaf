//! Waiting longer after each failure.

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

    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.step()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_a_bound_and_starts_again() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5));
        let steps: Vec<_> = (0..4).map(|_| backoff.step().as_secs()).collect();
        assert_eq!(steps, [1, 2, 4, 5]);
        backoff.reset();
        assert_eq!(backoff.step().as_secs(), 1);
    }
}
