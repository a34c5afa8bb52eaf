//! How calls went, and what the venue said of its limits: what breakers, budgets and figures make of it.

use metrics::counter;
use nija_core::{BreakerState, LimitScope, LimitUsage, UserId, VenueHealth};
use std::time::Duration;
use tokio::time::Instant;

use super::{Heard, Lane, LaneJob, breaker::Breaker};

impl<J: LaneJob> Lane<J> {
    /// Whether an entry of this user may be sent now; asked once for each sending.
    pub(crate) fn admit_entry(&self, user: UserId) -> bool {
        let own = self.user_breakers.lock().get(&user).is_none_or(Breaker::admit);
        own && self.breaker.admit()
    }

    /// Notes how a user's order or cancel went, that left at `began`, and what the venue said of its limits to this user since.
    pub(crate) fn note_call(&self, user: UserId, heard: Heard, began: Instant, usages: &[LimitUsage]) {
        match heard {
            Heard::Answer => {
                self.health.call(true, began.elapsed());
                self.breaker.success();
                self.user_breakers.lock().remove(&user);
            }
            Heard::Failure => {
                self.health.call(false, began.elapsed());
                self.breaker.failure(user);
                let (failures, open_for) = (self.config.breaker_failures, self.config.breaker_open_for);
                let mut breakers = self.user_breakers.lock();
                let own = || Breaker::of_user(self.clock.clone(), failures, open_for);
                breakers.entry(user).or_insert_with(own).failure(user);
            }
            Heard::Limited(..) | Heard::Nothing => {}
        }
        self.note_limits(Some(user), heard, began, usages);
        self.breaker_gauge.set(match self.breaker.state() {
            BreakerState::Closed => 0.0,
            BreakerState::HalfOpen => 1.0,
            BreakerState::Open => 2.0,
        });
    }

    /// Notes how a question went. Whether the venue answers questions says nothing of how it takes orders.
    pub(crate) fn note_read(
        &self,
        user: Option<UserId>,
        heard: Heard,
        began: Instant,
        usages: &[LimitUsage],
    ) {
        match heard {
            Heard::Answer => self.read_retries.earn(),
            Heard::Failure => drop(self.read_retries.spend()),
            // One user's limit is nobody else's trouble.
            Heard::Limited(..) | Heard::Nothing => {}
        }
        self.note_limits(user, heard, began, usages);
    }

    /// How long who failed to learn something waits before the next try: `pause`, or the longest one once so many questions fail that asking
    /// again would be the load that keeps the venue down.
    pub(crate) fn retry_pause(&self, pause: Duration, longest: Duration) -> Duration {
        if self.read_retries.is_spent() { longest } else { pause }
    }

    fn note_limits(&self, user: Option<UserId>, heard: Heard, began: Instant, usages: &[LimitUsage]) {
        let mut waiting = self.waiting.lock();
        if usages.is_empty() && !matches!(heard, Heard::Limited(..)) && waiting.limiter.is_quiet() {
            return;
        }
        let ban = waiting.limiter.ban();
        if !usages.is_empty() {
            waiting.limiter.hear(user, usages);
        }
        let freed = match heard {
            Heard::Limited(scope, word) => {
                counter!("nija_rate_limited_total", "venue" => self.name.clone()).increment(1);
                waiting.limiter.limited(user, scope, word);
                if scope == LimitScope::Ip {
                    // What was free to go a moment ago is not any more.
                    waiting.credit = [false; 2];
                    if word.banned {
                        self.banned.notify_waiters();
                    }
                }
                false
            }
            Heard::Answer | Heard::Failure => waiting.limiter.answered(user, began),
            Heard::Nothing => false,
        };
        if waiting.limiter.ban() != ban {
            self.ban_changed.notify_one();
        }
        drop(waiting);
        if freed {
            self.exits.notify_one();
            self.entries.notify_one();
        }
    }

    /// How the venue stands for all.
    pub(crate) fn health(&self) -> VenueHealth {
        let queue_depth = self.waiting.lock().places.all();
        self.health_at(queue_depth)
    }

    fn health_at(&self, queue_depth: usize) -> VenueHealth {
        let (success_rate, latency) = self.health.calls();
        VenueHealth {
            breaker: self.breaker.state(),
            success_rate,
            latency,
            queue_depth,
            queue_capacity: self.config.capacity,
        }
    }

    /// How it stands for one user: full when the user's share is, and closed to who has only failures there.
    pub(crate) fn health_for(&self, user: UserId) -> VenueHealth {
        let (all, admits) = {
            let places = &self.waiting.lock().places;
            (places.all(), places.admits(user))
        };
        let mut health = self.health_at(if admits { all } else { all.max(self.config.capacity) });
        if health.breaker == BreakerState::Closed
            && let Some(own) = self.user_breakers.lock().get(&user)
        {
            health.breaker = own.state();
        }
        health
    }
}
