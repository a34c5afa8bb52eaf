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
pub(crate) use told::Sending;

use metrics::{Gauge, counter, gauge};
use nija_core::{
    BreakerState, Clock, LimitScope, LimitUsage, OrderId, Symbol, Timestamp, UserId, VenueContract,
    VenueHealth,
};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};
use tokio::{sync::Notify, time::Instant};

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

    /// Waits for a question's share of the rate budgets, asked under this user's key or without one; an error as for a cancel.
    pub(crate) async fn read_token(&self, user: Option<UserId>, what: Sending) -> Result<(), Duration> {
        let mut taken = limiter::Taken::default();
        let urgent = what == Sending::Urgent;
        self.token(
            |limiter| limiter.read(user, urgent, &mut taken),
            |limiter| limiter.held_reading(user, what),
        )
        .await
    }

    async fn token(
        &self,
        mut take: impl FnMut(&mut Limiter) -> Result<(), Duration>,
        held: impl Fn(&Limiter) -> Option<Duration>,
    ) -> Result<(), Duration> {
        loop {
            let wait = {
                let limiter = &mut self.waiting.lock().limiter;
                match take(limiter) {
                    Ok(()) => return Ok(()),
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
                }
                false
            }
            Heard::Answer | Heard::Failure => waiting.limiter.answered(user, began),
            Heard::Nothing => false,
        };
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
mod tests {
    use super::*;
    use nija_core::{
        AmbiguityBound, ManualClock, OrderLookup, PriceReach, RepeatedClientId, RestingOrders, SeededEntropy,
        Timestamp, VenueId,
    };

    struct Named(&'static str, Symbol);

    impl LaneJob for Named {
        fn symbol(&self) -> &Symbol {
            &self.1
        }

        fn is_late(&self, _: Timestamp) -> bool {
            self.0 == "late"
        }
    }

    fn job(name: &'static str) -> Named {
        Named(name, Symbol::new("BTC-USD").unwrap())
    }

    fn contract() -> VenueContract {
        VenueContract {
            venue: VenueId::new("kraken").unwrap(),
            name: "Kraken",
            needs_credential: true,
            repeated_client_id: RepeatedClientId::Rejected,
            lookup: OrderLookup::ByClientId,
            ambiguity_bound: AmbiguityBound::Unbounded,
            limit_scopes: Vec::new(),
            resting: RestingOrders::ALL,
            ordered_nonces: false,
            reach: PriceReach::UNBOUNDED,
        }
    }

    fn lane(capacity: usize, workers: usize) -> Arc<Lane<Named>> {
        let config = LaneConfig { capacity, workers, ..LaneConfig::default() };
        Arc::new(Lane::new(&contract(), &config, Arc::new(ManualClock::default())))
    }

    fn ids(seed: u64) -> (UserId, OrderId) {
        let (entropy, at) = (SeededEntropy::new(seed), Timestamp::from_micros(0));
        (UserId::generate(at, &entropy), OrderId::generate(at, &entropy))
    }

    /// While the address has nothing left, a cancel that waits eats nothing of its user's own share.
    #[tokio::test(start_paused = true)]
    async fn a_cancel_that_waits_for_the_address_takes_of_its_users_budget_once() {
        let mut contract = contract();
        contract.limit_scopes = vec![nija_core::LimitScope::Ip, nija_core::LimitScope::Account];
        let one = std::num::NonZeroU32::MIN;
        let config = LaneConfig {
            rate_per_second: one,
            account_rate_per_second: std::num::NonZeroU32::new(100),
            exit_reserve_percent: 50,
            ..LaneConfig::default()
        };
        let lane = Arc::new(Lane::<Named>::new(&contract, &config, Arc::new(ManualClock::default())));
        let (user, symbol) = (ids(1).0, Symbol::new("BTC-USD").unwrap());
        // The address lets two go at once, and then two a second.
        for _ in 0..2 {
            lane.cancel_token(user, &symbol).await.unwrap();
        }
        let waits: Vec<_> = (0..40).map(|_| lane.cancel_token(user, &symbol)).collect();
        let began = tokio::time::Instant::now();
        futures::future::join_all(waits).await;
        // Forty took forty of the user's hundred. Had they taken anew at each try, the user's own share would have held them up as well.
        assert!(began.elapsed() < Duration::from_secs(41), "{:?}", began.elapsed());
        let mut waiting = lane.waiting.lock();
        let left = (0..100).take_while(|_| waiting.limiter.own(user, &symbol, true).is_ok()).count();
        assert_eq!(left, 100, "a second later it is whole again");
    }

    #[tokio::test]
    async fn a_full_lane_refuses_entries_and_takes_exits() {
        let lane = lane(1, 8);
        let (user, order) = ids(1);
        let slot = lane.reserve(user, false).unwrap();
        assert!(lane.reserve(user, false).is_none());
        drop(slot);
        lane.reserve(user, false).unwrap().fill(3, order, job("entry"));
        assert!(lane.reserve(user, false).is_none());
        let (user, order) = ids(2);
        lane.reserve(user, true).unwrap().fill(2, order, job("exit"));
        assert_eq!((lane.next(true).await.job.0, lane.next(false).await.job.0), ("exit", "entry"));
    }

    #[tokio::test]
    async fn a_loud_user_leaves_places_and_workers_to_a_quiet_one() {
        let lane = lane(8, 4);
        let ((loud, _), (quiet, order)) = (ids(1), ids(2));
        let mut taken = 0;
        while let Some(slot) = lane.reserve(loud, false) {
            slot.fill(3, ids(10 + taken).1, job("loud"));
            taken += 1;
        }
        assert_eq!(taken, 4, "half of the places");
        assert_eq!(lane.health_for(loud).queue_depth, 8, "full for who has them");
        assert!(lane.health_for(quiet).queue_depth < 8);
        let _held = (lane.next(false).await, lane.next(false).await);
        assert!(futures::poll!(std::pin::pin!(lane.next(false))).is_pending(), "half of the workers");
        lane.reserve(quiet, false).unwrap().fill(3, order, job("quiet"));
        assert_eq!(lane.next(false).await.job.0, "quiet");
        drop(_held);
        assert_eq!(lane.next(false).await.job.0, "loud");
    }

    #[tokio::test]
    async fn one_users_failures_close_the_venue_to_that_user_alone() {
        let lane = lane(8, 4);
        let ((bad, _), (good, _)) = (ids(1), ids(2));
        for _ in 0..20 {
            lane.note_call(bad, Heard::Failure, Instant::now(), &[]);
        }
        assert_eq!((lane.admit_entry(bad), lane.admit_entry(good)), (false, true));
        assert_eq!(lane.health_for(bad).breaker, BreakerState::Open);
        lane.note_call(good, Heard::Failure, Instant::now(), &[]);
        assert!(!lane.admit_entry(good), "two users' failures in a row are the venue's");
    }

    #[tokio::test]
    async fn it_is_drained_when_the_last_job_is_done() {
        let lane = lane(8, 4);
        let (user, order) = ids(1);
        lane.reserve(user, false).unwrap().fill(3, order, job("entry"));
        let taken = lane.next(false).await;
        let mut drained = tokio::spawn({
            let lane = lane.clone();
            async move { lane.drained().await }
        });
        assert!(futures::poll!(&mut drained).is_pending());
        drop(taken);
        drained.await.unwrap();
    }

    fn limited(scope: LimitScope, banned: bool, seconds: u64) -> Heard {
        let retry_after = Some(Duration::from_secs(seconds));
        Heard::Limited(scope, told::Limited { banned, retry_after })
    }

    #[tokio::test(start_paused = true)]
    async fn too_many_requests_are_neither_a_success_nor_a_failure() {
        let lane = lane(8, 4);
        let ((one, _), (two, _)) = (ids(1), ids(2));
        for n in 0..4 {
            lane.note_call(if n % 2 == 0 { one } else { two }, Heard::Failure, Instant::now(), &[]);
        }
        let before = lane.health();
        assert_eq!(before.success_rate, rust_decimal::Decimal::ZERO);
        lane.note_call(one, limited(LimitScope::Ip, false, 1), Instant::now(), &[]);
        lane.note_call(one, Heard::Nothing, Instant::now(), &[]);
        assert_eq!(lane.health(), before, "no fast answer, no success");
        lane.note_call(two, Heard::Failure, Instant::now(), &[]);
        assert_eq!(lane.health().breaker, BreakerState::Open, "the count of failures went on");
        lane.note_call(one, limited(LimitScope::Ip, true, 1), Instant::now(), &[]);
        assert_eq!(lane.health().breaker, BreakerState::Open, "and nothing closed it");
    }

    /// Exits one a second after a 429, and not at all during a ban.
    #[tokio::test(start_paused = true)]
    async fn the_venues_word_holds_entries_and_lets_exits_through_unless_it_is_a_ban() {
        let lane = lane(8, 4);
        let (user, _) = ids(1);
        let put = |priority, seed, name| {
            lane.reserve(user, priority < 3).unwrap().fill(priority, ids(seed).1, job(name));
        };
        lane.note_call(user, limited(LimitScope::Ip, false, 30), Instant::now(), &[]);
        assert_eq!(lane.retry_after(user), Duration::from_secs(30));
        let began = Instant::now();
        put(3, 10, "entry");
        put(2, 11, "exit 1");
        put(2, 12, "exit 2");
        assert_eq!((lane.next(true).await.job.0, lane.next(true).await.job.0), ("exit 1", "exit 2"));
        assert_eq!(began.elapsed(), Duration::from_secs(2));
        assert_eq!(lane.next(false).await.job.0, "entry");
        assert_eq!(began.elapsed().as_secs(), 30);
        lane.note_call(user, limited(LimitScope::Ip, true, 120), Instant::now(), &[]);
        assert!(lane.imposed().is_some());
        let symbol = Symbol::new("BTC-USD").unwrap();
        assert_eq!(lane.cancel_token(user, &symbol).await, Err(Duration::from_secs(120)));
        assert_eq!(lane.read_token(Some(user), Sending::Urgent).await, Err(Duration::from_secs(120)));
        let began = Instant::now();
        put(2, 13, "exit 3");
        assert_eq!(lane.next(true).await.job.0, "exit 3");
        assert_eq!(began.elapsed().as_secs(), 120);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_too_late_does_not_wait_for_the_venue() {
        let lane = lane(8, 4);
        let ((user, order), (held, other)) = (ids(1), ids(2));
        lane.note_call(user, limited(LimitScope::Ip, false, 300), Instant::now(), &[]);
        let began = Instant::now();
        lane.reserve(held, false).unwrap().fill(3, other, job("waits"));
        lane.reserve(user, false).unwrap().fill(3, order, job("late"));
        assert_eq!(lane.next(false).await.job.0, "late");
        assert!(began.elapsed() < Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn one_users_limit_holds_nobody_else() {
        let lane = lane(8, 4);
        let ((user, _), (other, order)) = (ids(1), ids(2));
        lane.note_call(user, limited(LimitScope::Account, true, 300), Instant::now(), &[]);
        lane.reserve(user, false).unwrap().fill(3, ids(3).1, job("own"));
        lane.reserve(other, false).unwrap().fill(3, order, job("other"));
        assert_eq!(lane.next(false).await.job.0, "other");
        assert_eq!((lane.held(other, Sending::Entry), lane.imposed()), (None, None));
        lane.cancel_token(other, &Symbol::new("BTC-USD").unwrap()).await.unwrap();
        lane.read_token(Some(other), Sending::Read).await.unwrap();
    }
}
