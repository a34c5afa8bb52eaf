//! The circuit breaker of a venue. It holds up entries only: exits and cancels never ask it.

use nija_core::{BreakerState, Clock, Timestamp, UserId};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};

#[derive(Debug, Clone, Copy)]
enum State {
    Closed {
        failures: u32,
        /// Whose they were.
        whose: Whose,
    },
    Open {
        since: Timestamp,
    },
    /// A probe is under way since then.
    Probing {
        since: Timestamp,
    },
}

const CLOSED: State = State::Closed { failures: 0, whose: Whose::Nobody };

/// Who had the failures in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Nobody,
    One(UserId),
    Several,
}

impl Whose {
    fn and(self, user: UserId) -> Self {
        match self {
            Self::Nobody => Self::One(user),
            Self::One(known) if known == user => self,
            Self::One(_) | Self::Several => Self::Several,
        }
    }
}

/// Opens after failures in a row; lets one probe through after a while; closes on a success.
#[derive(Debug)]
pub(crate) struct Breaker {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    failures: u32,
    open_for: Duration,
    /// Whether one user's failures alone open it.
    by_one: bool,
}

impl Breaker {
    /// One user's: opened by that user's failures.
    pub(crate) fn of_user(clock: Arc<dyn Clock>, failures: u32, open_for: Duration) -> Self {
        Self::new(clock, failures, open_for, true)
    }

    /// A whole venue's: the trouble that one user has alone leaves it closed.
    pub(crate) fn of_venue(clock: Arc<dyn Clock>, failures: u32, open_for: Duration) -> Self {
        Self::new(clock, failures, open_for, false)
    }

    fn new(clock: Arc<dyn Clock>, failures: u32, open_for: Duration, by_one: bool) -> Self {
        let state = Mutex::new(CLOSED);
        Self { state, clock, failures: failures.max(1), open_for, by_one }
    }

    /// Where it stands now.
    pub(crate) fn state(&self) -> BreakerState {
        match *self.settle() {
            State::Closed { .. } => BreakerState::Closed,
            State::Open { since } if self.is_over(since) => BreakerState::HalfOpen,
            State::Probing { .. } => BreakerState::HalfOpen,
            State::Open { .. } => BreakerState::Open,
        }
    }

    /// Whether an entry may go now. In the half-open state the first to ask is the probe.
    pub(crate) fn admit(&self) -> bool {
        let mut state = self.settle();
        match *state {
            State::Closed { .. } => true,
            State::Open { since } | State::Probing { since } if self.is_over(since) => {
                *state = State::Probing { since: self.clock.now() };
                true
            }
            State::Open { .. } | State::Probing { .. } => false,
        }
    }

    /// The venue answered, be it with a business refusal.
    pub(crate) fn success(&self) {
        *self.state.lock() = CLOSED;
    }

    /// The venue failed in a call for this user.
    pub(crate) fn failure(&self, user: UserId) {
        let now = self.clock.now();
        let mut state = self.state.lock();
        *state = match *state {
            State::Closed { failures, whose } => {
                let (failures, whose) = (failures.saturating_add(1), whose.and(user));
                if failures < self.failures || (whose != Whose::Several && !self.by_one) {
                    State::Closed { failures, whose }
                } else {
                    State::Open { since: now }
                }
            }
            State::Open { .. } | State::Probing { .. } => State::Open { since: now },
        };
    }

    /// A clock that went back must not keep the breaker open for longer than it would have been.
    fn settle(&self) -> parking_lot::MutexGuard<'_, State> {
        let mut state = self.state.lock();
        if matches!(*state, State::Closed { .. }) {
            return state;
        }
        let now = self.clock.now();
        match &mut *state {
            State::Open { since } | State::Probing { since } if *since > now => *since = now,
            _ => {}
        }
        state
    }

    fn is_over(&self, since: Timestamp) -> bool {
        self.clock.now().since(since) >= self.open_for
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{ManualClock, SeededEntropy};

    const MINUTE: Duration = Duration::from_secs(60);

    fn breaker() -> (Breaker, ManualClock) {
        let clock = ManualClock::at(Timestamp::from_micros(1_000_000_000));
        (Breaker::of_user(Arc::new(clock.clone()), 5, MINUTE), clock)
    }

    fn user(seed: u64) -> UserId {
        UserId::generate(Timestamp::from_micros(0), &SeededEntropy::new(seed))
    }

    fn fail(breaker: &Breaker, times: u32) {
        (0..times).for_each(|_| breaker.failure(user(1)));
    }

    #[test]
    fn one_users_trouble_does_not_close_a_venue_to_the_others() {
        let clock = ManualClock::at(Timestamp::from_micros(1_000_000_000));
        let venue = Breaker::of_venue(Arc::new(clock), 5, MINUTE);
        fail(&venue, 50);
        assert_eq!(venue.state(), BreakerState::Closed);
        venue.failure(user(2));
        assert_eq!(venue.state(), BreakerState::Open);
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_a_success_starts_the_count_again() {
        let (breaker, _) = breaker();
        fail(&breaker, 4);
        breaker.success();
        fail(&breaker, 4);
        assert_eq!((breaker.state(), breaker.admit()), (BreakerState::Closed, true));
        fail(&breaker, 1);
        assert_eq!((breaker.state(), breaker.admit()), (BreakerState::Open, false));
    }

    #[test]
    fn after_a_minute_one_probe_goes_and_its_success_closes_it() {
        let (breaker, clock) = breaker();
        fail(&breaker, 5);
        clock.advance(MINUTE - Duration::from_micros(1));
        assert!(!breaker.admit());
        clock.advance(Duration::from_micros(1));
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        assert_eq!((breaker.admit(), breaker.admit()), (true, false));
        breaker.success();
        assert_eq!((breaker.state(), breaker.admit()), (BreakerState::Closed, true));
    }

    #[test]
    fn a_failed_probe_opens_it_for_another_minute() {
        let (breaker, clock) = breaker();
        fail(&breaker, 5);
        clock.advance(MINUTE);
        assert!(breaker.admit());
        fail(&breaker, 1);
        clock.advance(MINUTE - Duration::from_secs(1));
        assert!(!breaker.admit());
        clock.advance(Duration::from_secs(1));
        assert!(breaker.admit());
    }

    #[test]
    fn a_probe_that_never_answers_does_not_keep_it_half_open_for_ever() {
        let (breaker, clock) = breaker();
        fail(&breaker, 5);
        clock.advance(MINUTE);
        assert!(breaker.admit());
        clock.advance(MINUTE);
        assert!(breaker.admit());
    }

    #[test]
    fn a_clock_that_jumps_back_prolongs_it_by_a_minute_at_most() {
        let (breaker, clock) = breaker();
        fail(&breaker, 5);
        clock.set(Timestamp::from_micros(0));
        assert_eq!(breaker.state(), BreakerState::Open);
        clock.advance(MINUTE);
        assert!(breaker.admit());
    }
}
