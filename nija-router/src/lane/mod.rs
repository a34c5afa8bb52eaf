//! One lane per venue, so that one venue's trouble stays its own: a bounded queue, rate budgets, breakers, a retry budget, and how
//! it does. Within a lane users are served fairly: queue, workers and budgets are shared so that none is felt by the others.

mod breaker;
mod config;
mod health;
mod heard;
mod limiter;
mod queue;
mod retry;
mod share;
mod told;

pub use config::LaneConfig;
pub(crate) use heard::Heard;
pub(crate) use told::{Ban, Sending};

use metrics::{Gauge, counter, gauge};
use nija_core::{
    BreakerState, Clock, LimitScope, LimitUsage, OrderId, Symbol, Timestamp, UserId, VenueBan, VenueContract,
    VenueHealth, VenueId,
};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

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
/// How long a cancel or a question waits here for what the venue imposed. Past that whoever wants it is told, and tries again.
const PATIENCE: Duration = Duration::from_secs(2);
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
    /// This address was banned just now: whoever has more than one request to send sends no other.
    bans: watch::Sender<()>,
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

/// A place in the queue, taken before the order is journaled so that an order on record always has one. Dropped unused, it
/// is free again.
#[derive(Debug)]
pub(crate) struct Slot<J> {
    lane: Arc<Lane<J>>,
    user: UserId,
    filled: bool,
}

/// A job in a worker's hands; the lane counts it as active until this is dropped.
#[derive(Debug)]
pub(crate) struct Taken<J: LaneJob> {
    lane: Arc<Lane<J>>,
    user: UserId,
    exit: bool,
    pub(crate) job: J,
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
            bans: watch::Sender::new(()),
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

    /// How long this user's orders or questions wait since the venue wants nothing sent.
    pub(crate) fn held(&self, user: UserId, what: Sending) -> Option<Duration> {
        self.waiting.lock().limiter.held(user, what)
    }

    /// How long a question that can wait waits since the venue wants nothing sent, asked under this user's key or without one.
    pub(crate) fn held_reading(&self, user: Option<UserId>) -> Option<Duration> {
        self.waiting.lock().limiter.held_reading(user, Sending::Read)
    }

    /// The ban of this address that is to outlive the process, if any.
    pub(crate) fn ban(&self) -> Option<Ban> {
        self.waiting.lock().limiter.ban()
    }

    /// The same as it is kept.
    pub(crate) fn to_keep(&self, venue: &VenueId, ban: Ban) -> VenueBan {
        let at = self.clock.now();
        let until = ban.until.map(|until| at.plus(until.saturating_duration_since(Instant::now())));
        VenueBan { venue: venue.clone(), at, until, reason: told::TURNED_AWAY.to_owned() }
    }

    /// A ban that an earlier process kept, before anything is sent.
    pub(crate) fn take_up_ban(&self, ban: &VenueBan) {
        self.waiting.lock().limiter.take_up(ban, self.clock.now());
    }

    /// What the venue imposed on all, in words.
    pub(crate) fn imposed(&self) -> Option<String> {
        self.waiting.lock().limiter.words()
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

    /// Waits for a cancel's share of the rate budgets. An error says after how long the venue hears again, where that is long: until then
    /// nothing may be sent.
    pub(crate) async fn cancel_token(&self, user: UserId, symbol: &Symbol) -> Result<(), Duration> {
        let mut taken = limiter::Taken::default();
        self.token(
            |limiter| limiter.cancel(user, symbol, &mut taken),
            |limiter| limiter.held(user, Sending::Urgent),
        )
        .await
    }

    /// Waits for a question's share of the rate budgets, asked under this user's key or without one; an error as for a cancel. What it answers
    /// with tells of a ban that comes from then on: a question may be several requests.
    pub(crate) async fn read_token(
        &self,
        user: Option<UserId>,
        what: Sending,
    ) -> Result<watch::Receiver<()>, Duration> {
        let mut taken = limiter::Taken::default();
        let take = |limiter: &mut Limiter| {
            limiter.read(user, what, &mut taken)?;
            // Still under the lock, so that none comes between.
            Ok(self.bans.subscribe())
        };
        self.token(take, |limiter| limiter.held_reading(user, what)).await
    }

    async fn token<T>(
        &self,
        mut take: impl FnMut(&mut Limiter) -> Result<T, Duration>,
        held: impl Fn(&Limiter) -> Option<Duration>,
    ) -> Result<T, Duration> {
        loop {
            let wait = {
                let limiter = &mut self.waiting.lock().limiter;
                match take(limiter) {
                    Ok(taken) => return Ok(taken),
                    Err(wait) => match held(limiter) {
                        Some(held) if held > PATIENCE => return Err(held),
                        _ => wait,
                    },
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

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
                        self.bans.send_replace(());
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
        let mut health = self.health();
        if !self.waiting.lock().places.admits(user) {
            health.queue_depth = health.queue_depth.max(health.queue_capacity);
        }
        if health.breaker == BreakerState::Closed
            && let Some(own) = self.user_breakers.lock().get(&user)
        {
            health.breaker = own.state();
        }
        health
    }
}

impl<J> Lane<J> {
    fn is_idle(&self) -> bool {
        let waiting = self.waiting.lock();
        waiting.places.all() + waiting.active == 0
    }

    fn note_idle(&self) {
        if self.is_idle() {
            self.idle.notify_waiters();
        }
    }
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
        {
            let mut waiting = self.lane.waiting.lock();
            waiting.active -= 1;
            if !self.exit {
                waiting.working.give_back(self.user);
            }
        }
        // An order that waited for its user's share may go now, whoever of the workers is free.
        if !self.exit {
            self.lane.entries.notify_one();
        }
        self.lane.note_idle();
    }
}

fn depth(len: usize) -> f64 {
    f64::from(u32::try_from(len).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
