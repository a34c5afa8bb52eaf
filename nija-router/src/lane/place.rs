//! Places in a lane's queue, and jobs in a worker's hands: both give back what they hold when they are dropped.

use nija_core::{OrderId, UserId};
use std::sync::Arc;

use super::{Lane, LaneJob, depth};

/// A place in the queue, taken before the order is journaled so that an order on record always has one. Dropped unused, it
/// is free again.
#[derive(Debug)]
pub(crate) struct Slot<J> {
    pub(super) lane: Arc<Lane<J>>,
    pub(super) user: UserId,
    pub(super) filled: bool,
}

/// A job in a worker's hands; the lane counts it as active until this is dropped.
#[derive(Debug)]
pub(crate) struct Taken<J: LaneJob> {
    pub(super) lane: Arc<Lane<J>>,
    pub(super) user: UserId,
    pub(super) exit: bool,
    pub(crate) job: J,
}

impl<J: LaneJob> Slot<J> {
    /// Puts the job into its place.
    pub(crate) fn fill(mut self, priority: u8, order: OrderId, job: J) {
        self.filled = true;
        let mut waiting = self.lane.waiting.lock();
        let cost = job.cost();
        waiting.queue.push(priority, self.user, order, cost, job);
        self.lane.depth_gauge.set(depth(waiting.queue.len()));
        drop(waiting);
        self.lane.arrivals(priority <= 2).notify_one();
    }
}

impl<J> Drop for Slot<J> {
    fn drop(&mut self) {
        if !self.filled {
            self.lane.waiting.lock().places.give_back(self.user);
            self.lane.note_idle();
        }
    }
}

impl<J: LaneJob> Drop for Taken<J> {
    fn drop(&mut self) {
        let (waits, idle) = {
            let mut waiting = self.lane.waiting.lock();
            waiting.active -= 1;
            if !self.exit {
                waiting.working.give_back(self.user);
            }
            (!self.exit && waiting.queue.has(false), waiting.is_idle())
        };
        // An order that waited for its user's share may go now, whoever of the workers is free.
        if waits {
            self.lane.entries.notify_one();
        }
        if idle {
            self.lane.idle.notify_waiters();
        }
    }
}
