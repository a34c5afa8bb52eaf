//! One lane per venue, so that one venue's trouble stays its own: a bounded queue, a rate budget, a breaker, and how it does.

mod breaker;
mod config;
mod health;
mod limiter;
mod queue;

pub use config::LaneConfig;

use metrics::{Gauge, gauge};
use nija_core::{BreakerState, Clock, OrderId, Symbol, UserId, VenueHealth, VenueId};
use parking_lot::Mutex;
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;

use breaker::Breaker;
use health::Health;
use limiter::Limiter;
use queue::Queue;

#[derive(Debug)]
struct Waiting<J> {
    queue: Queue<J>,
    /// Places taken by orders that are being journaled.
    reserved: usize,
    /// Jobs that workers hold.
    active: usize,
}

/// A venue's lane. `J` is what its workers do.
#[derive(Debug)]
pub(crate) struct Lane<J> {
    waiting: Mutex<Waiting<J>>,
    exits: Notify,
    entries: Notify,
    idle: Notify,
    limiter: Limiter,
    breaker: Breaker,
    health: Health,
    capacity: usize,
    depth_gauge: Gauge,
    breaker_gauge: Gauge,
}

/// A place in the queue, taken before the order is journaled so that an order on record always has one. Dropped unused, it
/// is free again.
#[derive(Debug)]
pub(crate) struct Slot<J> {
    lane: Arc<Lane<J>>,
}

/// A job in a worker's hands; the lane counts it as active until this is dropped.
#[derive(Debug)]
pub(crate) struct Taken<J> {
    lane: Arc<Lane<J>>,
    pub(crate) job: J,
}

enum Next<J> {
    Job(J),
    Wait(Duration),
    Empty,
}

impl<J> Lane<J> {
    pub(crate) fn new(venue: &VenueId, config: &LaneConfig, clock: Arc<dyn Clock>) -> Self {
        let name = venue.to_string();
        Self {
            waiting: Mutex::new(Waiting { queue: Queue::default(), reserved: 0, active: 0 }),
            exits: Notify::new(),
            entries: Notify::new(),
            idle: Notify::new(),
            limiter: Limiter::new(config.rate_per_second, config.exit_reserve_percent),
            breaker: Breaker::new(clock, config.breaker_failures, config.breaker_open_for),
            health: Health::default(),
            capacity: config.capacity,
            depth_gauge: gauge!("nija_executor_queue_depth", "venue" => name.clone()),
            breaker_gauge: gauge!("nija_breaker_state", "venue" => name),
        }
    }

    /// Takes a place for an entry, or `None` when the lane is full. Exits always get one: the positions that they
    /// reduce bound their number.
    pub(crate) fn reserve(self: &Arc<Self>, exit: bool) -> Option<Slot<J>> {
        let mut waiting = self.waiting.lock();
        if !exit && waiting.queue.len() + waiting.reserved >= self.capacity {
            return None;
        }
        waiting.reserved += 1;
        Some(Slot { lane: self.clone() })
    }

    /// A place for an order on record that moves here from another venue: it is never refused.
    pub(crate) fn reserve_for_failover(self: &Arc<Self>) -> Slot<J> {
        self.waiting.lock().reserved += 1;
        Slot { lane: self.clone() }
    }

    /// Waits for the next exit, or the next of all others, that the rate budget lets go.
    pub(crate) async fn next(self: &Arc<Self>, exit: bool) -> Taken<J> {
        let arrivals = self.arrivals(exit);
        loop {
            let arrived = arrivals.notified();
            match self.try_next(exit) {
                Next::Job(job) => {
                    return Taken { lane: self.clone(), job };
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
        let mut waiting = self.waiting.lock();
        if !waiting.queue.has(exit) {
            return Next::Empty;
        }
        if let Err(wait) = self.limiter.take(exit) {
            return Next::Wait(wait);
        }
        let Some(job) = waiting.queue.pop(exit) else {
            return Next::Empty;
        };
        waiting.active += 1;
        self.depth_gauge.set(depth(waiting.queue.len()));
        if waiting.queue.has(exit) {
            // One arrival may have woken a worker that was only waiting for the budget.
            self.arrivals(exit).notify_one();
        }
        Next::Job(job)
    }

    /// Takes a job out again before a worker has it; the caller alone has it then.
    pub(crate) fn remove(&self, user: UserId, order: OrderId) -> Option<J> {
        let mut waiting = self.waiting.lock();
        let job = waiting.queue.remove(user, order);
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

    fn is_idle(&self) -> bool {
        let waiting = self.waiting.lock();
        waiting.queue.len() + waiting.reserved + waiting.active == 0
    }

    fn note_idle(&self) {
        if self.is_idle() {
            self.idle.notify_waiters();
        }
    }

    /// Waits for a cancel's share of the rate budget.
    pub(crate) async fn cancel_token(&self) {
        self.limiter.exit_token().await;
    }

    /// Whether an entry may be sent now; asked once for each sending.
    pub(crate) fn admit_entry(&self) -> bool {
        self.breaker.admit()
    }

    /// Notes how a call went: `failed` says whether it counts against the venue's health.
    pub(crate) fn note_call(&self, failed: bool, took: Duration) {
        self.health.call(!failed, took);
        if failed {
            self.breaker.failure();
        } else {
            self.breaker.success();
        }
        self.breaker_gauge.set(match self.breaker.state() {
            BreakerState::Closed => 0.0,
            BreakerState::HalfOpen => 1.0,
            BreakerState::Open => 2.0,
        });
    }

    /// Notes whether the venue took an order.
    pub(crate) fn note_order(&self, symbol: &Symbol, taken: bool) {
        self.health.order(symbol, taken);
    }

    pub(crate) fn pair_record(&self, symbol: &Symbol) -> Option<Decimal> {
        self.health.pair_record(symbol)
    }

    pub(crate) fn health(&self) -> VenueHealth {
        let waiting = self.waiting.lock();
        let queue_depth = waiting.queue.len() + waiting.reserved;
        drop(waiting);
        let (success_rate, latency) = self.health.calls();
        VenueHealth {
            breaker: self.breaker.state(),
            success_rate,
            latency,
            queue_depth,
            queue_capacity: self.capacity,
        }
    }
}

impl<J> Slot<J> {
    /// Puts the job into its place.
    pub(crate) fn fill(self, priority: u8, user: UserId, order: OrderId, job: J) {
        let mut waiting = self.lane.waiting.lock();
        waiting.queue.push(priority, user, order, job);
        self.lane.depth_gauge.set(depth(waiting.queue.len()));
        drop(waiting);
        self.lane.arrivals(priority <= 2).notify_one();
        // Dropping the slot gives the reservation back.
    }
}

impl<J> Drop for Slot<J> {
    fn drop(&mut self) {
        self.lane.waiting.lock().reserved -= 1;
        self.lane.note_idle();
    }
}

impl<J> Drop for Taken<J> {
    fn drop(&mut self) {
        self.lane.waiting.lock().active -= 1;
        self.lane.note_idle();
    }
}

fn depth(len: usize) -> f64 {
    f64::from(u32::try_from(len).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{ManualClock, SeededEntropy, Timestamp};

    fn lane(capacity: usize) -> Arc<Lane<&'static str>> {
        let config = LaneConfig { capacity, ..LaneConfig::default() };
        let venue = VenueId::new("kraken").unwrap();
        Arc::new(Lane::new(&venue, &config, Arc::new(ManualClock::default())))
    }

    fn ids(seed: u64) -> (UserId, OrderId) {
        let (entropy, at) = (SeededEntropy::new(seed), Timestamp::from_micros(0));
        (UserId::generate(at, &entropy), OrderId::generate(at, &entropy))
    }

    #[tokio::test]
    async fn a_full_lane_refuses_entries_and_takes_exits() {
        let lane = lane(1);
        let (user, order) = ids(1);
        let slot = lane.reserve(false).unwrap();
        assert!(lane.reserve(false).is_none());
        drop(slot);
        lane.reserve(false).unwrap().fill(3, user, order, "entry");
        assert!(lane.reserve(false).is_none());
        let (user, order) = ids(2);
        lane.reserve(true).unwrap().fill(2, user, order, "exit");
        assert_eq!((lane.next(true).await.job, lane.next(false).await.job), ("exit", "entry"));
    }

    #[tokio::test]
    async fn it_is_drained_when_the_last_job_is_done() {
        let lane = lane(8);
        let (user, order) = ids(1);
        lane.reserve(false).unwrap().fill(3, user, order, "entry");
        let taken = lane.next(false).await;
        let mut drained = tokio::spawn({
            let lane = lane.clone();
            async move { lane.drained().await }
        });
        assert!(futures::poll!(&mut drained).is_pending());
        drop(taken);
        drained.await.unwrap();
    }
}
