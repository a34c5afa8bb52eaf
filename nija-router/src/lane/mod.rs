//! One lane per venue, so that one venue's trouble stays its own: a bounded queue, rate budgets, breakers, a retry budget, and how
//! it does. Within a lane users are served fairly: queue, workers and budgets are shared so that none is felt by the others.

mod breaker;
mod config;
mod health;
mod heard;
mod imposed;
mod limiter;
mod notes;
mod place;
mod queue;
mod retry;
mod share;
mod told;

pub use config::LaneConfig;
pub(crate) use heard::Heard;
pub(crate) use place::{Slot, Taken};
pub(crate) use told::{Ban, Sending};

use metrics::{Gauge, gauge};
use nija_core::{Clock, OrderId, Symbol, Timestamp, UserId, VenueContract};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;

use crate::engine::ById;
use breaker::Breaker;
use health::Health;
use limiter::Limiter;
use queue::Queue;
use retry::RetryBudget;
use share::Shares;

/// The least and the most that a caller whose order finds no place is told to wait.
const RETRY_AFTER: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// What an answer takes while none has come yet.
const USUAL_LATENCY: Duration = Duration::from_millis(100);
/// While the venue wants nothing sent, what waits is looked through this often for what is too late to be sent at all.
const LOOK: Duration = Duration::from_millis(500);

/// What a lane has to know of its jobs.
pub(crate) trait LaneJob {
    /// What is traded, for budgets by pair.
    fn symbol(&self) -> &Symbol;

    /// Requests that it takes.
    fn cost(&self) -> u32 {
        1
    }

    /// Whether it is too late to send it, so that it goes to a worker whatever the budgets say: it has to go elsewhere, or end.
    fn is_late(&self, now: Timestamp) -> bool;
}

#[derive(Debug)]
struct Waiting<J> {
    queue: Queue<J>,
    /// Places in the queue, those of orders that are being journaled included.
    places: Shares,
    /// Entries that workers hold.
    working: Shares,
    /// Jobs that are being sent, exits included.
    active: usize,
    limiter: Limiter,
    /// This address may send one more: taken, and not used since nobody's own budget allowed it. Others first, then exits.
    credit: [bool; 2],
}

/// A venue's lane. `J` is what its workers do.
#[derive(Debug)]
pub(crate) struct Lane<J> {
    waiting: Mutex<Waiting<J>>,
    exits: Notify,
    entries: Notify,
    idle: Notify,
    /// This address was banned, or is not any more.
    pub(crate) ban_changed: Notify,
    /// This address was banned just now: whoever has more than one request to send sends no other. All are told in the order in which they
    /// came, which a `watch` does not promise.
    banned: Notify,
    breaker: Breaker,
    /// Of users whose calls failed lately.
    user_breakers: Mutex<ById<UserId, Breaker>>,
    pub(crate) retries: RetryBudget,
    /// For questions.
    pub(crate) read_retries: RetryBudget,
    health: Health,
    clock: Arc<dyn Clock>,
    config: LaneConfig,
    depth_gauge: Gauge,
    breaker_gauge: Gauge,
    name: String,
}

enum Next<J> {
    Job(UserId, J),
    Wait(Duration),
    Empty,
}

impl<J: LaneJob> Lane<J> {
    pub(crate) fn new(contract: &VenueContract, config: &LaneConfig, clock: Arc<dyn Clock>) -> Self {
        let name = contract.venue.to_string();
        let waiting = Waiting {
            queue: Queue::default(),
            places: Shares::new(config.capacity),
            working: Shares::new(config.workers.max(1)),
            active: 0,
            limiter: Limiter::new(config, &contract.limit_scopes),
            credit: [false; 2],
        };
        Self {
            waiting: Mutex::new(waiting),
            exits: Notify::new(),
            entries: Notify::new(),
            idle: Notify::new(),
            ban_changed: Notify::new(),
            banned: Notify::new(),
            breaker: Breaker::of_venue(clock.clone(), config.breaker_failures, config.breaker_open_for),
            user_breakers: Mutex::default(),
            retries: RetryBudget::default(),
            read_retries: RetryBudget::default(),
            health: Health::default(),
            clock,
            config: config.clone(),
            depth_gauge: gauge!("nija_executor_queue_depth", "venue" => name.clone()),
            breaker_gauge: gauge!("nija_breaker_state", "venue" => name.clone()),
            name,
        }
    }

    /// Takes a place for an entry, or `None` when the lane is full for this user. Exits always get one: the positions that they
    /// reduce bound their number.
    pub(crate) fn reserve(self: &Arc<Self>, user: UserId, exit: bool) -> Option<Slot<J>> {
        let mut waiting = self.waiting.lock();
        if !exit && !waiting.places.admits(user) {
            return None;
        }
        waiting.places.take(user);
        Some(Slot { lane: self.clone(), user, filled: false })
    }

    /// A place for an order on record that moves here from another venue: it is never refused.
    pub(crate) fn reserve_for_failover(self: &Arc<Self>, user: UserId) -> Slot<J> {
        self.waiting.lock().places.take(user);
        Slot { lane: self.clone(), user, filled: false }
    }

    /// When a caller who got no place should try again: when about what waits now has been sent, and the venue hears again.
    pub(crate) fn retry_after(&self, user: UserId) -> Duration {
        let (waiting, held) = {
            let waiting = self.waiting.lock();
            (waiting.places.all(), waiting.limiter.held(user, Sending::Entry).unwrap_or_default())
        };
        let latency = self.health.calls().1.unwrap_or(USUAL_LATENCY);
        let rounds = waiting.div_ceil(self.config.workers.max(1));
        let (least, most) = RETRY_AFTER;
        latency.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX)).clamp(least, most).max(held)
    }

    /// Waits for the next exit, or the next of all others, that the rate budgets and its user's share let go.
    pub(crate) async fn next(self: &Arc<Self>, exit: bool) -> Taken<J> {
        let arrivals = self.arrivals(exit);
        loop {
            let arrived = arrivals.notified();
            match self.try_next(exit) {
                Next::Job(user, job) => {
                    return Taken { lane: self.clone(), user, exit, job };
                }
                Next::Empty => arrived.await,
                Next::Wait(time) => {
                    tokio::select! {
                        biased;
                        () = tokio::time::sleep(time) => {}
                        () = arrived => {}
                    }
                }
            }
        }
    }

    const fn arrivals(&self, exit: bool) -> &Notify {
        if exit { &self.exits } else { &self.entries }
    }

    fn try_next(&self, exit: bool) -> Next<J> {
        let mut guard = self.waiting.lock();
        let waiting = &mut *guard;
        if !waiting.queue.has(exit) {
            return Next::Empty;
        }
        let now = self.clock.now();
        let mut address = Ok(());
        if !waiting.credit[usize::from(exit)] {
            address = waiting.limiter.address(exit);
            waiting.credit[usize::from(exit)] = address.is_ok();
        }
        let (limiter, working) = (&mut waiting.limiter, &waiting.working);
        let (mut soonest, mut late) = (address.err(), false);
        let taken = waiting.queue.pop(exit, |user, job| {
            if !exit && !working.admits(user) {
                // A worker that becomes free wakes another.
                return false;
            }
            let budget = match address {
                Ok(()) => limiter.own(user, job.symbol(), exit),
                Err(wait) => Err(wait),
            };
            let Err(wait) = budget else {
                return true;
            };
            late = job.is_late(now);
            soonest = Some(soonest.map_or(wait, |soonest| soonest.min(wait)));
            late
        });
        let Some((user, job)) = taken else {
            return soonest.map_or(Next::Empty, |wait| Next::Wait(wait.min(LOOK)));
        };
        if !late {
            waiting.credit[usize::from(exit)] = false;
        }
        waiting.places.give_back(user);
        waiting.active += 1;
        if !exit {
            waiting.working.take(user);
        }
        self.depth_gauge.set(depth(waiting.queue.len()));
        if waiting.queue.has(exit) {
            // One arrival may have woken a worker that was only waiting for the budget.
            self.arrivals(exit).notify_one();
        }
        Next::Job(user, job)
    }

    /// Takes a job out again before a worker has it; the caller alone has it then.
    pub(crate) fn remove(&self, user: UserId, order: OrderId) -> Option<J> {
        let mut waiting = self.waiting.lock();
        let job = waiting.queue.remove(user, order);
        if job.is_some() {
            waiting.places.give_back(user);
        }
        self.depth_gauge.set(depth(waiting.queue.len()));
        drop(waiting);
        self.note_idle();
        job
    }

    /// Waits until nothing is waiting and nothing is being sent.
    pub(crate) async fn drained(&self) {
        loop {
            let idle = self.idle.notified();
            tokio::pin!(idle);
            idle.as_mut().enable();
            if self.is_idle() {
                return;
            }
            idle.await;
        }
    }
}

impl<J> Waiting<J> {
    /// Whether nothing is waiting and nothing is being sent.
    const fn is_idle(&self) -> bool {
        self.places.all() + self.active == 0
    }
}

impl<J> Lane<J> {
    fn is_idle(&self) -> bool {
        self.waiting.lock().is_idle()
    }

    fn note_idle(&self) {
        if self.is_idle() {
            self.idle.notify_waiters();
        }
    }
}

fn depth(len: usize) -> f64 {
    f64::from(u32::try_from(len).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
