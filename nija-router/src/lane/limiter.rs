//! Rate budgets of a venue: of this address, and of each account and pair, each with a share that entries may not touch, and
//! corrected by what the venue itself says of its limits.

use governor::{
    Quota, RateLimiter,
    clock::Clock,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use nija_core::{LimitScope, LimitUsage, Symbol, Timestamp, UserId, VenueBan};
use std::{num::NonZeroU32, time::Duration};

use crate::engine::{ById, ByName};
use tokio::time::Instant;

use super::{
    LaneConfig,
    told::{Ban, Limited, Sending, TRICKLE, Told},
};

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

/// Budgets of accounts and pairs that are remembered; one that was idle for a second is full again anyway.
const KEPT: usize = 10_000;

/// One scope: everyone's bucket, and the reserve of exits and cancels.
#[derive(Debug)]
struct Budget {
    shared: Bucket,
    reserve: Bucket,
    clock: TokioClock,
    touched: Instant,
}

impl Budget {
    fn new(rate: NonZeroU32, reserve_percent: u32, clock: &TokioClock) -> Self {
        let reserve_percent = reserve_percent.clamp(1, 99);
        let share = rate.get().saturating_mul(reserve_percent) / 100;
        let reserve = NonZeroU32::new(share).unwrap_or(NonZeroU32::MIN);
        let shared = NonZeroU32::new(rate.get().saturating_sub(reserve.get())).unwrap_or(NonZeroU32::MIN);
        let bucket = |rate| RateLimiter::direct_with_clock(Quota::per_second(rate), clock.clone());
        Self {
            shared: bucket(shared),
            reserve: bucket(reserve),
            clock: clock.clone(),
            touched: Instant::now(),
        }
    }

    /// Takes a token, or says how long until there is one.
    fn take(&mut self, exit: bool) -> Result<(), Duration> {
        self.touched = Instant::now();
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
}

/// What a cancel that waits has of its user's budgets already.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    account: bool,
    pair: bool,
}

/// All budgets of a venue, and what it says of its own.
#[derive(Debug)]
pub(crate) struct Limiter {
    address: Budget,
    accounts: ById<UserId, Budget>,
    pairs: ByName<(UserId, Symbol), Budget>,
    account_rate: Option<NonZeroU32>,
    pair_rate: Option<NonZeroU32>,
    reserve_percent: u32,
    clock: TokioClock,
    /// Of all that leaves this address.
    told: Told,
    /// Of each user's own, while it says anything.
    told_users: ById<UserId, Told>,
    /// Of what needs no user's key.
    told_nobody: Told,
}

impl Limiter {
    /// The venue counts by these scopes; a key is an account here, since each user has one.
    pub(crate) fn new(config: &LaneConfig, scopes: &[LimitScope]) -> Self {
        let clock = TokioClock(Instant::now());
        let by_account = scopes.iter().any(|scope| matches!(scope, LimitScope::Key | LimitScope::Account));
        let by_pair = scopes.contains(&LimitScope::Pair);
        Self {
            address: Budget::new(config.rate_per_second, config.exit_reserve_percent, &clock),
            accounts: ById::default(),
            pairs: ByName::default(),
            account_rate: config.account_rate_per_second.filter(|_| by_account),
            pair_rate: config.pair_rate_per_second.filter(|_| by_pair),
            reserve_percent: config.exit_reserve_percent,
            clock,
            told: Told::default(),
            told_users: ById::default(),
            told_nobody: Told::default(),
        }
    }

    /// Whether this address may send now. Asked before anybody's own budget is touched.
    pub(crate) fn address(&mut self, exit: bool) -> Result<(), Duration> {
        let (what, now) = (Sending::order(exit), Instant::now());
        if let Some(wait) = self.told.wait(what, now) {
            return Err(wait);
        }
        self.address.take(exit)?;
        self.told.sent(what, now);
        Ok(())
    }

    /// Takes of the user's own budgets, or says how long until that is possible.
    pub(crate) fn own(&mut self, user: UserId, symbol: &Symbol, exit: bool) -> Result<(), Duration> {
        let mut none = Taken::default();
        self.own_told(user, Sending::order(exit))?;
        self.take_own(user, Some(symbol), exit, &mut none)?;
        self.own_sent(user, Sending::order(exit));
        Ok(())
    }

    /// Takes of every budget that a cancel needs; what was taken is kept over its waits, so that a long one eats nobody's reserve.
    pub(crate) fn cancel(
        &mut self,
        user: UserId,
        symbol: &Symbol,
        taken: &mut Taken,
    ) -> Result<(), Duration> {
        self.own_told(user, Sending::Urgent)?;
        self.take_own(user, Some(symbol), true, taken)?;
        self.address(true)?;
        self.own_sent(user, Sending::Urgent);
        Ok(())
    }

    /// Takes of what a question uses up: the address's budget, and the user's where it is asked under a user's key.
    pub(crate) fn read(
        &mut self,
        user: Option<UserId>,
        what: Sending,
        taken: &mut Taken,
    ) -> Result<(), Duration> {
        let (urgent, now) = (what == Sending::Urgent, Instant::now());
        let own = user.map_or(Some(&self.told_nobody), |user| self.told_users.get(&user));
        let own = own.and_then(|told| told.wait(what, now));
        if let Some(wait) = own.max(self.told.wait(what, now)) {
            return Err(wait);
        }
        if let Some(user) = user {
            self.take_own(user, None, urgent, taken)?;
        }
        self.address.take(urgent)?;
        self.told.sent(what, now);
        match user {
            Some(user) => self.own_sent(user, what),
            None => self.told_nobody.sent(what, now),
        }
        Ok(())
    }

    fn own_told(&self, user: UserId, what: Sending) -> Result<(), Duration> {
        let told = self.told_users.get(&user);
        told.and_then(|told| told.wait(what, Instant::now())).map_or(Ok(()), Err)
    }

    fn own_sent(&mut self, user: UserId, what: Sending) {
        if let Some(told) = self.told_users.get_mut(&user) {
            told.sent(what, Instant::now());
        }
    }

    fn take_own(
        &mut self,
        user: UserId,
        symbol: Option<&Symbol>,
        exit: bool,
        taken: &mut Taken,
    ) -> Result<(), Duration> {
        let (percent, clock) = (self.reserve_percent, &self.clock);
        if let Some(rate) = self.account_rate.filter(|_| !taken.account) {
            let budget = self.accounts.entry(user).or_insert_with(|| Budget::new(rate, percent, clock));
            budget.take(exit)?;
            taken.account = true;
        }
        if let (Some(rate), Some(symbol)) = (self.pair_rate.filter(|_| !taken.pair), symbol) {
            let key = (user, symbol.clone());
            let budget = self.pairs.entry(key).or_insert_with(|| Budget::new(rate, percent, clock));
            budget.take(exit)?;
            taken.pair = true;
        }
        if self.accounts.len() > KEPT || self.pairs.len() > KEPT {
            self.forget();
        }
        Ok(())
    }

    fn forget(&mut self) {
        let idle = |budget: &Budget| budget.touched.elapsed() > TRICKLE;
        self.accounts.retain(|_, budget| !idle(budget));
        self.pairs.retain(|_, budget| !idle(budget));
    }

    /// Whether the venue has imposed nothing on anybody, as is usual: nothing is to be looked at then.
    pub(crate) fn is_quiet(&self) -> bool {
        self.told_users.is_empty() && self.told.is_quiet() && self.told_nobody.is_quiet()
    }

    /// How long something of this user's waits for what the venue imposed, whatever the budgets say.
    pub(crate) fn held(&self, user: UserId, what: Sending) -> Option<Duration> {
        if self.is_quiet() {
            return None;
        }
        let now = Instant::now();
        let own = self.told_users.get(&user).and_then(|told| told.held(what, now));
        own.max(self.told.held(what, now))
    }

    /// The same for a question, under this user's key or none.
    pub(crate) fn held_reading(&self, user: Option<UserId>, what: Sending) -> Option<Duration> {
        let now = Instant::now();
        match user {
            Some(user) => self.held(user, what),
            None => self.told_nobody.held(what, now).max(self.told.held(what, now)),
        }
    }

    /// The venue had too many requests: of this address, or of whoever asked.
    pub(crate) fn limited(&mut self, user: Option<UserId>, scope: LimitScope, word: Limited) {
        let now = Instant::now();
        match (scope, user) {
            (LimitScope::Ip, _) => self.told.limited(word, now),
            (_, Some(user)) => self.told_user(user, now).limited(word, now),
            (_, None) => self.told_nobody.limited(word, now),
        }
    }

    /// The venue answered a request that left at that time. Whether somebody waits less for it.
    pub(crate) fn answered(&mut self, user: Option<UserId>, left: Instant) -> bool {
        let all = self.told.answered(left);
        let own = match user {
            Some(user) => self.told_users.get_mut(&user).is_some_and(|told| told.answered(left)),
            None => self.told_nobody.answered(left),
        };
        all || own
    }

    /// What the venue's last answers, to this user, said of its limits.
    pub(crate) fn hear(&mut self, user: Option<UserId>, usages: &[LimitUsage]) {
        let (now, percent) = (Instant::now(), self.reserve_percent);
        let of = |by_address: bool| {
            usages.iter().filter(move |usage| match usage.scope {
                LimitScope::Ip => by_address,
                LimitScope::Key | LimitScope::Account => !by_address,
                // Nobody says of which pair.
                LimitScope::Pair => false,
            })
        };
        if of(true).next().is_some() {
            self.told.used(of(true), percent, now);
        }
        if of(false).next().is_none() {
            return;
        }
        let told = match user {
            Some(user) => self.told_user(user, now),
            None => &mut self.told_nobody,
        };
        told.used(of(false), percent, now);
        if let Some(user) = user
            && self.told_users.get(&user).is_some_and(|told| told.is_over(now))
        {
            self.told_users.remove(&user);
        }
    }

    fn told_user(&mut self, user: UserId, now: Instant) -> &mut Told {
        if self.told_users.len() == self.told_users.capacity() {
            self.told_users.retain(|_, told| !told.is_over(now));
        }
        self.told_users.entry(user).or_default()
    }

    /// The ban of this address that is to outlive the process, if any.
    pub(crate) fn ban(&self) -> Option<Ban> {
        self.told.ban(Instant::now())
    }

    /// A ban of this address that outlived a process; the time is the wall clock's.
    pub(crate) fn take_up(&mut self, ban: &VenueBan, clock: Timestamp) {
        self.told.take_up(ban, clock, Instant::now());
    }

    /// What the venue imposed on this address, in words.
    pub(crate) fn words(&self) -> Option<String> {
        self.told.words(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{SeededEntropy, Timestamp};

    fn config(rate: u32) -> LaneConfig {
        let rate = NonZeroU32::new(rate).unwrap();
        LaneConfig {
            rate_per_second: rate,
            account_rate_per_second: NonZeroU32::new(5),
            pair_rate_per_second: NonZeroU32::new(4),
            ..LaneConfig::default()
        }
    }

    fn user(seed: u64) -> UserId {
        UserId::generate(Timestamp::from_micros(0), &SeededEntropy::new(seed))
    }

    fn used(scope: LimitScope, used: u64) -> LimitUsage {
        LimitUsage { scope, name: "weight in 1 min".into(), used, limit: Some(100), orders: true }
    }

    #[tokio::test(start_paused = true)]
    async fn entries_leave_a_fifth_to_exits() {
        let mut limiter = Limiter::new(&config(10), &[]);
        let entries = (0..100).filter(|_| limiter.address(false).is_ok()).count();
        let exits = (0..100).filter(|_| limiter.address(true).is_ok()).count();
        assert_eq!((entries, exits), (8, 2));
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(limiter.address(false).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn accounts_and_pairs_have_budgets_of_their_own_where_the_venue_counts_by_them() {
        let (btc, eth) = (Symbol::new("BTC-USD").unwrap(), Symbol::new("ETH-USD").unwrap());
        let mut limiter = Limiter::new(&config(1000), &[LimitScope::Key, LimitScope::Pair]);
        let first = (0..100).filter(|_| limiter.own(user(1), &btc, false).is_ok()).count();
        let second = (0..100).filter(|_| limiter.own(user(2), &btc, false).is_ok()).count();
        assert_eq!((first, second), (3, 3), "a pair's, with one of four kept for exits");
        assert!(limiter.own(user(1), &eth, true).is_ok());
        let mut free = Limiter::new(&config(1000), &[LimitScope::Ip]);
        assert!((0..100).all(|_| free.own(user(1), &btc, false).is_ok()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_venue_says_is_used_up_slows_entries_and_no_exit() {
        let mut limiter = Limiter::new(&config(1000), &[LimitScope::Ip]);
        limiter.hear(Some(user(1)), &[used(LimitScope::Ip, 79)]);
        assert!(limiter.address(false).is_ok());
        limiter.hear(Some(user(1)), &[used(LimitScope::Ip, 80)]);
        assert_eq!((limiter.address(false).is_ok(), limiter.address(true).is_ok()), (false, true));
        tokio::time::sleep(TRICKLE).await;
        assert!(limiter.address(false).is_ok(), "one goes and brings a newer figure");
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_that_is_nearly_used_up_slows_its_own_user_alone() {
        let btc = Symbol::new("BTC-USD").unwrap();
        let mut limiter = Limiter::new(&config(1000), &[LimitScope::Account]);
        assert!(limiter.own(user(1), &btc, false).is_ok() && limiter.own(user(2), &btc, false).is_ok());
        limiter.hear(Some(user(1)), &[used(LimitScope::Account, 95)]);
        assert!(limiter.own(user(1), &btc, false).is_err());
        assert!(limiter.own(user(2), &btc, false).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_of_one_users_own_holds_that_user_and_one_of_the_address_holds_all() {
        let btc = Symbol::new("BTC-USD").unwrap();
        let mut limiter = Limiter::new(&config(1000), &[LimitScope::Account]);
        let word = Limited { banned: false, retry_after: Some(Duration::from_secs(30)) };
        limiter.limited(Some(user(1)), LimitScope::Account, word);
        assert_eq!(limiter.held(user(1), Sending::Entry), Some(Duration::from_secs(30)));
        assert_eq!((limiter.held(user(2), Sending::Entry), limiter.words()), (None, None));
        assert!(limiter.own(user(1), &btc, false).is_err() && limiter.own(user(2), &btc, false).is_ok());
        let mut none = Taken::default();
        assert!(limiter.read(Some(user(1)), Sending::Read, &mut none).is_err());
        assert!(limiter.read(Some(user(2)), Sending::Read, &mut none).is_ok());
        // What was too much without any key is nobody's order.
        limiter.limited(None, LimitScope::Account, word);
        assert!(limiter.read(None, Sending::Read, &mut none).is_err());
        assert_eq!(limiter.held(user(2), Sending::Entry), None);
        limiter.limited(Some(user(1)), LimitScope::Ip, word);
        assert_eq!(limiter.held(user(2), Sending::Entry), Some(Duration::from_secs(30)));
        assert!(limiter.address(false).is_err() && limiter.words().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_nothing_to_wait_for_is_forgotten() {
        let mut limiter = Limiter::new(&config(1000), &[LimitScope::Account]);
        let word = Limited { banned: false, retry_after: None };
        for seed in 0..2_000 {
            limiter.limited(Some(user(seed)), LimitScope::Account, word);
            limiter.hear(Some(user(seed + 10_000)), &[used(LimitScope::Account, 1)]);
            tokio::time::advance(Duration::from_millis(100)).await;
        }
        assert!(limiter.told_users.len() < 100, "{}", limiter.told_users.len());
    }

    #[tokio::test(start_paused = true)]
    async fn reads_count_in_the_budgets_and_leave_exits_their_share() {
        let mut limiter = Limiter::new(&config(10), &[LimitScope::Key]);
        let mut read = |user| limiter.read(Some(user), Sending::Read, &mut Taken::default()).is_ok();
        assert_eq!((0..100).filter(|_| read(user(1))).count(), 4, "an account's, with one of five kept");
        assert_eq!((0..100).filter(|_| read(user(2))).count(), 4);
        assert_eq!((0..100).filter(|_| read(user(3))).count(), 0, "the address's, with two of ten kept");
        assert!(limiter.address(false).is_err() && limiter.address(true).is_ok());
    }
}
