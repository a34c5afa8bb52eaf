//! Rate budgets of a venue: of this address, and of each account and pair, each with a share that entries may not touch, and
//! corrected by what the venue itself says is used up.

use governor::{
    Quota, RateLimiter,
    clock::Clock,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use nija_core::{LimitScope, LimitUsage, Symbol, UserId};
use std::{num::NonZeroU32, time::Duration};

use crate::engine::{ById, ByName};
use tokio::time::Instant;

use super::LaneConfig;

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

/// Between two entries of a scope that the venue says is nearly used up: each brings a newer figure.
const TRICKLE: Duration = Duration::from_secs(1);
/// Budgets of accounts and pairs that are remembered; one that was idle for a second is full again anyway.
const KEPT: usize = 10_000;

/// One scope: everyone's bucket, the reserve of exits and cancels, and the venue's word.
#[derive(Debug)]
struct Budget {
    shared: Bucket,
    reserve: Bucket,
    clock: TokioClock,
    reserve_percent: u32,
    /// Entries wait until then.
    not_before: Option<Instant>,
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
            reserve_percent,
            not_before: None,
            touched: Instant::now(),
        }
    }

    /// Takes a token, or says how long until there is one.
    fn take(&mut self, exit: bool) -> Result<(), Duration> {
        self.touched = Instant::now();
        if !exit && let Some(wait) = self.held_up() {
            return Err(wait);
        }
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

    fn held_up(&self) -> Option<Duration> {
        let wait = self.not_before?.saturating_duration_since(Instant::now());
        (!wait.is_zero()).then(|| wait.max(Duration::from_millis(1)))
    }

    /// The venue said how much is used up: what is left beyond the reserve is for all, the rest for exits.
    fn hear(&mut self, usage: &LimitUsage) {
        let Some(limit) = usage.limit.filter(|limit| *limit > 0) else {
            return;
        };
        let open_to_entries = u128::from(limit) * u128::from(100 - self.reserve_percent);
        self.not_before = (u128::from(usage.used) * 100 >= open_to_entries).then(|| Instant::now() + TRICKLE);
    }
}

/// What a cancel that waits has of its user's budgets already.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    account: bool,
    pair: bool,
}

/// All budgets of a venue.
#[derive(Debug)]
pub(crate) struct Limiter {
    address: Budget,
    accounts: ById<UserId, Budget>,
    pairs: ByName<(UserId, Symbol), Budget>,
    account_rate: Option<NonZeroU32>,
    pair_rate: Option<NonZeroU32>,
    reserve_percent: u32,
    clock: TokioClock,
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
        }
    }

    /// Whether this address may send now; takes nothing. Asked before anybody's own budget is touched.
    pub(crate) fn address(&mut self, exit: bool) -> Result<(), Duration> {
        self.address.take(exit)
    }

    /// Takes of the user's own budgets, or says how long until that is possible.
    pub(crate) fn own(&mut self, user: UserId, symbol: &Symbol, exit: bool) -> Result<(), Duration> {
        let (percent, clock) = (self.reserve_percent, &self.clock);
        if let Some(rate) = self.account_rate {
            let budget = self.accounts.entry(user).or_insert_with(|| Budget::new(rate, percent, clock));
            budget.take(exit)?;
        }
        if let Some(rate) = self.pair_rate {
            let key = (user, symbol.clone());
            let budget = self.pairs.entry(key).or_insert_with(|| Budget::new(rate, percent, clock));
            budget.take(exit)?;
        }
        if self.accounts.len() > KEPT || self.pairs.len() > KEPT {
            self.forget();
        }
        Ok(())
    }

    /// Takes of every budget that a cancel needs; what was taken is kept over its waits, so that a long one eats nobody's reserve.
    pub(crate) fn cancel(
        &mut self,
        user: UserId,
        symbol: &Symbol,
        taken: &mut Taken,
    ) -> Result<(), Duration> {
        let (percent, clock) = (self.reserve_percent, &self.clock);
        if let Some(rate) = self.account_rate.filter(|_| !taken.account) {
            let budget = self.accounts.entry(user).or_insert_with(|| Budget::new(rate, percent, clock));
            budget.take(true)?;
            taken.account = true;
        }
        if let Some(rate) = self.pair_rate.filter(|_| !taken.pair) {
            let key = (user, symbol.clone());
            let budget = self.pairs.entry(key).or_insert_with(|| Budget::new(rate, percent, clock));
            budget.take(true)?;
            taken.pair = true;
        }
        self.address.take(true)
    }

    fn forget(&mut self) {
        let idle = |budget: &Budget| budget.touched.elapsed() > TRICKLE && budget.held_up().is_none();
        self.accounts.retain(|_, budget| !idle(budget));
        self.pairs.retain(|_, budget| !idle(budget));
    }

    /// What the venue's last answers, to this user, said of its limits.
    pub(crate) fn hear(&mut self, user: UserId, usages: &[LimitUsage]) {
        for usage in usages {
            match usage.scope {
                LimitScope::Ip => self.address.hear(usage),
                LimitScope::Key | LimitScope::Account => {
                    if let Some(budget) = self.accounts.get_mut(&user) {
                        budget.hear(usage);
                    }
                }
                // Nobody says of which pair.
                LimitScope::Pair => {}
            }
        }
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
        LimitUsage { scope, name: "weight in 1 min".into(), used, limit: Some(100) }
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
        limiter.hear(user(1), &[used(LimitScope::Ip, 79)]);
        assert!(limiter.address(false).is_ok());
        limiter.hear(user(1), &[used(LimitScope::Ip, 80)]);
        assert_eq!((limiter.address(false).is_ok(), limiter.address(true).is_ok()), (false, true));
        tokio::time::sleep(TRICKLE).await;
        assert!(limiter.address(false).is_ok(), "one goes and brings a newer figure");
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_that_is_nearly_used_up_slows_its_own_user_alone() {
        let btc = Symbol::new("BTC-USD").unwrap();
        let mut limiter = Limiter::new(&config(1000), &[LimitScope::Account]);
        assert!(limiter.own(user(1), &btc, false).is_ok() && limiter.own(user(2), &btc, false).is_ok());
        limiter.hear(user(1), &[used(LimitScope::Account, 95)]);
        assert!(limiter.own(user(1), &btc, false).is_err());
        assert!(limiter.own(user(2), &btc, false).is_ok());
    }
}
