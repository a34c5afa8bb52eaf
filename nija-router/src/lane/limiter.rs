//! The rate budget of a venue, with a share that entries may not touch.

use governor::{
    Quota, RateLimiter,
    clock::Clock,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use std::{num::NonZeroU32, time::Duration};
use tokio::time::Instant;

/// Tokio's clock: monotonic, so that no jump of the wall clock stalls a lane, and virtual in simulations.
#[derive(Debug, Clone)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(self.0.elapsed())
    }
}

type Bucket = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Nanos>>;

/// Two buckets: everyone's, and the reserve of exits and cancels.
#[derive(Debug)]
pub(crate) struct Limiter {
    shared: Bucket,
    reserve: Bucket,
    clock: TokioClock,
}

impl Limiter {
    pub(crate) fn new(rate: NonZeroU32, reserve_percent: u32) -> Self {
        let share = rate.get().saturating_mul(reserve_percent.clamp(1, 99)) / 100;
        let reserve = NonZeroU32::new(share).unwrap_or(NonZeroU32::MIN);
        let shared = NonZeroU32::new(rate.get().saturating_sub(reserve.get())).unwrap_or(NonZeroU32::MIN);
        let clock = TokioClock(Instant::now());
        let bucket = |rate| RateLimiter::direct_with_clock(Quota::per_second(rate), clock.clone());
        Self { shared: bucket(shared), reserve: bucket(reserve), clock: clock.clone() }
    }

    /// Takes a token, or says how long until there is one.
    pub(crate) fn take(&self, exit: bool) -> Result<(), Duration> {
        let wait = |bucket: &Bucket| {
            bucket.check().map_err(|not_until| {
                // Never zero: a caller that sleeps that long must find time moved on.
                let now = self.clock.now();
                not_until.wait_time_from(now).max(Duration::from_millis(1))
            })
        };
        match wait(&self.shared) {
            Err(shared) if exit => wait(&self.reserve).map_err(|reserve| reserve.min(shared)),
            taken => taken,
        }
    }

    /// Waits for a token of an exit's or cancel's kind.
    pub(crate) async fn exit_token(&self) {
        while let Err(wait) = self.take(true) {
            tokio::time::sleep(wait).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn entries_leave_a_fifth_to_exits() {
        let limiter = Limiter::new(NonZeroU32::new(10).unwrap(), 20);
        let entries = (0..100).filter(|_| limiter.take(false).is_ok()).count();
        let exits = (0..100).filter(|_| limiter.take(true).is_ok()).count();
        assert_eq!((entries, exits), (8, 2));
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(limiter.take(false).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn an_exit_that_waits_gets_its_token() {
        let limiter = Limiter::new(NonZeroU32::new(10).unwrap(), 20);
        while limiter.take(true).is_ok() {}
        let began = Instant::now();
        limiter.exit_token().await;
        assert!(began.elapsed() <= Duration::from_millis(130));
    }
}
