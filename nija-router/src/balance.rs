//! Several equal executors of one venue, say one for each address that may call it, behind one.

use async_trait::async_trait;
use futures::stream::BoxStream;
use nija_core::{
    AccountEvent, Candle, CandleInterval, ExecutionReport, Executor, FeeSchedule, Instrument, KeyRights,
    LimitUsage, Lookup, MarketEvent, Notional, OrderBook, OrderRef, Placement, Quote, StreamLane, Symbol,
    Timestamp, UserId, VenueAccount, VenueBalance, VenueContract, VenueError, VenueFill, VenueOrder,
};
use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};
use tokio::time::Instant;

/// How the next executor is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Balance {
    /// Each in turn.
    RoundRobin,
    /// The one with the fewest calls under way.
    LeastLoaded,
    /// Each in turn, as often as its weight says; one weight for each.
    Weighted(Vec<NonZeroU32>),
    /// The one whose answers should come first: its usual time for as many calls as it would have. One call in 32 goes round, so
    /// that one that was slow is found out to be fast again.
    Adaptive,
}

/// Why executors cannot stand for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BalanceError {
    /// There are none.
    #[error("there is no executor to choose from")]
    None,
    /// They promise different things.
    #[error("the executors have different contracts")]
    Unequal,
    /// Weights are missing, too many, or add up to more than 1,000.
    #[error("there must be one weight for each executor, 1,000 together at most")]
    Weights,
}

const MOST_WEIGHT: u32 = 1_000;
const EXPLORE: u64 = 32;

struct Member {
    executor: Arc<dyn Executor>,
    active: AtomicUsize,
    /// What an answer usually takes, in microseconds; 0 before the first.
    usual: AtomicU64,
}

/// Equal executors of one venue. An order's placement goes to one of them, once.
pub struct Balanced {
    members: Vec<Member>,
    balance: Balance,
    /// Whose turn it is.
    turn: AtomicU64,
    /// The members in the order of their turns.
    round: Vec<usize>,
}

/// A call under way.
struct Call<'b> {
    member: &'b Member,
    began: Instant,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.member.active.fetch_sub(1, Ordering::Relaxed);
        let took = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX / 16).max(1);
        let smooth = |usual: u64| Some(if usual == 0 { took } else { (usual * 7 + took) / 8 });
        let _before = self.member.usual.fetch_update(Ordering::Relaxed, Ordering::Relaxed, smooth);
    }
}

impl Balanced {
    /// Puts them behind one.
    ///
    /// # Errors
    /// [`BalanceError`] when they cannot stand for each other.
    pub fn new(executors: Vec<Arc<dyn Executor>>, balance: Balance) -> Result<Self, BalanceError> {
        let first = executors.first().ok_or(BalanceError::None)?;
        if executors.iter().any(|executor| executor.contract() != first.contract()) {
            return Err(BalanceError::Unequal);
        }
        let round = match &balance {
            Balance::Weighted(weights) => interleave(weights, executors.len())?,
            _ => (0..executors.len()).collect(),
        };
        let members = executors
            .into_iter()
            .map(|executor| Member { executor, active: AtomicUsize::new(0), usual: AtomicU64::new(0) })
            .collect();
        Ok(Self { members, balance, turn: AtomicU64::new(0), round })
    }

    fn call(&self) -> Call<'_> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let next = usize::try_from(turn % self.round.len() as u64).unwrap_or_default();
        let next = &self.members[self.round[next]];
        let load = |member: &Member| member.active.load(Ordering::Relaxed) as u64;
        let member = match &self.balance {
            Balance::RoundRobin | Balance::Weighted(_) => next,
            Balance::LeastLoaded => self.members.iter().min_by_key(|member| load(member)).unwrap_or(next),
            Balance::Adaptive if turn.is_multiple_of(EXPLORE) => next,
            Balance::Adaptive => {
                let expected = |member: &&Member| {
                    member.usual.load(Ordering::Relaxed).saturating_mul(load(member).saturating_add(1))
                };
                self.members.iter().min_by_key(expected).unwrap_or(next)
            }
        };
        member.active.fetch_add(1, Ordering::Relaxed);
        Call { member, began: Instant::now() }
    }

    /// One that stays, for what does not go by calls.
    fn any(&self) -> &dyn Executor {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let next = usize::try_from(turn % self.round.len() as u64).unwrap_or_default();
        self.members[self.round[next]].executor.as_ref()
    }
}

/// Members in turn by their weights, each spread over the whole round.
fn interleave(weights: &[NonZeroU32], members: usize) -> Result<Vec<usize>, BalanceError> {
    let all: u64 = weights.iter().map(|weight| u64::from(weight.get())).sum();
    if weights.len() != members || all > u64::from(MOST_WEIGHT) {
        return Err(BalanceError::Weights);
    }
    let all = i64::try_from(all).map_err(|_| BalanceError::Weights)?;
    let mut due = vec![0_i64; members];
    let mut round = Vec::new();
    for _ in 0..all {
        for (due, weight) in due.iter_mut().zip(weights) {
            *due += i64::from(weight.get());
        }
        let next = (0..members).max_by_key(|member| (due[*member], std::cmp::Reverse(*member)));
        let next = next.ok_or(BalanceError::None)?;
        due[next] -= all;
        round.push(next);
    }
    Ok(round)
}

#[async_trait]
impl Executor for Balanced {
    fn contract(&self) -> &VenueContract {
        // There is one at least, and all have the same.
        self.members[0].executor.contract()
    }

    async fn instruments(&self) -> Result<Vec<Instrument>, VenueError> {
        let call = self.call();
        call.member.executor.instruments().await
    }

    async fn quote(&self, symbol: &Symbol) -> Result<Quote, VenueError> {
        let call = self.call();
        call.member.executor.quote(symbol).await
    }

    async fn book(&self, symbol: &Symbol, depth: usize) -> Result<OrderBook, VenueError> {
        let call = self.call();
        call.member.executor.book(symbol, depth).await
    }

    async fn candles(
        &self,
        symbol: &Symbol,
        interval: CandleInterval,
        limit: usize,
    ) -> Result<Vec<Candle>, VenueError> {
        let call = self.call();
        call.member.executor.candles(symbol, interval, limit).await
    }

    fn default_fees(&self) -> FeeSchedule {
        self.members[0].executor.default_fees()
    }

    async fn fees(&self, account: &VenueAccount, symbol: &Symbol) -> Result<FeeSchedule, VenueError> {
        let call = self.call();
        call.member.executor.fees(account, symbol).await
    }

    async fn balances(&self, account: &VenueAccount) -> Result<Vec<VenueBalance>, VenueError> {
        let call = self.call();
        call.member.executor.balances(account).await
    }

    async fn key_rights(&self, account: &VenueAccount) -> Result<KeyRights, VenueError> {
        let call = self.call();
        call.member.executor.key_rights(account).await
    }

    async fn place(
        &self,
        account: &VenueAccount,
        order: &VenueOrder,
        notional: Notional,
    ) -> Result<Placement, VenueError> {
        let call = self.call();
        call.member.executor.place(account, order, notional).await
    }

    async fn cancel(&self, account: &VenueAccount, order: &OrderRef) -> Result<(), VenueError> {
        let call = self.call();
        call.member.executor.cancel(account, order).await
    }

    async fn cancel_all(&self, account: &VenueAccount) -> Result<Option<u64>, VenueError> {
        let call = self.call();
        call.member.executor.cancel_all(account).await
    }

    async fn find(
        &self,
        account: &VenueAccount,
        order: &OrderRef,
        since: Timestamp,
    ) -> Result<Lookup, VenueError> {
        let call = self.call();
        call.member.executor.find(account, order, since).await
    }

    async fn open_orders(&self, account: &VenueAccount) -> Result<Vec<ExecutionReport>, VenueError> {
        let call = self.call();
        call.member.executor.open_orders(account).await
    }

    async fn fills_since(
        &self,
        account: &VenueAccount,
        since: Timestamp,
    ) -> Result<Vec<VenueFill>, VenueError> {
        let call = self.call();
        call.member.executor.fills_since(account, since).await
    }

    fn limits_used(&self, user: Option<UserId>) -> Vec<LimitUsage> {
        self.members.iter().flat_map(|member| member.executor.limits_used(user)).collect()
    }

    fn market_stream(
        &self,
        symbols: Vec<Symbol>,
        lane: Arc<dyn StreamLane>,
    ) -> BoxStream<'static, MarketEvent> {
        self.any().market_stream(symbols, lane)
    }

    fn account_stream(
        &self,
        account: VenueAccount,
        lane: Arc<dyn StreamLane>,
    ) -> BoxStream<'static, AccountEvent> {
        self.any().account_stream(account, lane)
    }
}

impl std::fmt::Debug for Balanced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let venue = &self.contract().venue;
        f.debug_struct("Balanced")
            .field("venue", venue)
            .field("balance", &self.balance)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::{FakeVenue, TestClock, entry, route::approved, user};
    use futures::StreamExt;
    use nija_core::{Clock, NoSigner, OpenLane, OrderKind, VenueClientId};
    use std::{collections::BTreeSet, time::Duration};

    fn weight(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    /// How many of some calls, under way all at once, went to each of three executors.
    async fn spread(balance: Balance, calls: usize) -> Vec<usize> {
        let clock = TestClock::new();
        let venues: Vec<_> = (0..3).map(|_| FakeVenue::new("a", &clock, |_| {})).collect();
        let executors = venues.iter().map(|venue| venue.clone() as Arc<dyn Executor>).collect();
        let balanced = Balanced::new(executors, balance).unwrap();
        let all: Vec<_> = (0..calls).map(|_| balanced.call()).collect();
        balanced
            .members
            .iter()
            .map(|member| all.iter().filter(|call| std::ptr::eq(call.member, member)).count())
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn calls_go_round_by_load_or_by_weight() {
        assert_eq!(spread(Balance::RoundRobin, 9).await, [3, 3, 3]);
        assert_eq!(spread(Balance::LeastLoaded, 9).await, [3, 3, 3]);
        let weights = vec![weight(4), weight(1), weight(1)];
        assert_eq!(spread(Balance::Weighted(weights), 12).await, [8, 2, 2]);
    }

    #[test]
    fn a_heavy_member_does_not_have_its_turns_all_at_once() {
        assert_eq!(interleave(&[weight(2), weight(1), weight(1)], 3).unwrap(), [0, 1, 2, 0]);
        assert_eq!(interleave(&[weight(2)], 3), Err(BalanceError::Weights));
        assert_eq!(interleave(&[weight(1_001)], 1), Err(BalanceError::Weights));
    }

    #[tokio::test(start_paused = true)]
    async fn the_adaptive_choice_keeps_away_from_who_is_slow() {
        let clock = TestClock::new();
        let venues: Vec<_> = (0..2).map(|_| FakeVenue::new("a", &clock, |_| {})).collect();
        let executors = venues.iter().map(|venue| venue.clone() as Arc<dyn Executor>).collect();
        let balanced = Balanced::new(executors, Balance::Adaptive).unwrap();
        balanced.members[0].usual.store(50_000, Ordering::Relaxed);
        balanced.members[1].usual.store(1_000, Ordering::Relaxed);
        let chosen = |call: &Call<'_>| std::ptr::eq(call.member, &raw const balanced.members[1]);
        let _explores = balanced.call();
        let fast: Vec<_> = (0..10).map(|_| balanced.call()).collect();
        assert!(fast.iter().all(chosen));
    }

    #[tokio::test(start_paused = true)]
    async fn each_call_goes_to_one_of_them_and_comes_back_from_there() {
        let clock = TestClock::new();
        let venues: Vec<_> = (0..2).map(|_| FakeVenue::new("a", &clock, |_| {})).collect();
        let executors = venues.iter().map(|venue| venue.clone() as Arc<dyn Executor>).collect();
        let balanced = Balanced::new(executors, Balance::RoundRobin).unwrap();
        let account = VenueAccount { user: user(1), signer: Arc::new(NoSigner) };
        let symbol = Symbol::new("BTC-USD").unwrap();
        // Each of them has an order of its own; only who placed it knows it.
        let mut placed = Vec::new();
        for attempt in 0..2 {
            let approved = approved(entry(user(1), "x"));
            let id = VenueClientId::derive(approved.get().id, attempt);
            let (quantity, deadline) = ("1".parse().unwrap(), clock.now().plus(Duration::from_secs(60)));
            let order = VenueOrder::from_approved(&approved, id, OrderKind::Market, quantity, deadline);
            let taken = balanced.place(&account, &order, "60000".parse().unwrap()).await.unwrap();
            placed.push((id, taken.venue_order_id));
        }
        assert_eq!(venues.iter().map(|venue| venue.placements()).collect::<Vec<_>>(), [1, 1]);
        let orders: Vec<_> = placed
            .into_iter()
            .map(|(client_id, id)| OrderRef { symbol: symbol.clone(), client_id, venue_order_id: Some(id) })
            .collect();
        for order in &orders {
            let found = balanced.find(&account, order, clock.now()).await.unwrap();
            assert!(matches!(found, Lookup::Found(it) if it.client_id == Some(order.client_id)));
        }
        for order in &orders {
            balanced.cancel(&account, order).await.unwrap();
        }
        assert_eq!(venues.iter().map(|venue| venue.world().cancels).collect::<Vec<_>>(), [1, 1]);
        for _ in 0..2 {
            assert_eq!(balanced.fills_since(&account, Timestamp::from_micros(0)).await.unwrap().len(), 1);
        }
        for _ in 0..2 {
            assert!(balanced.fees(&account, &symbol).await.unwrap().from_venue);
        }
        for _ in 0..2 {
            assert!(!balanced.balances(&account).await.unwrap().is_empty());
        }
        assert_eq!(venues.iter().map(|venue| venue.world().reads).collect::<Vec<_>>(), [4, 4]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_needs_no_key_is_asked_of_any_of_them() {
        let clock = TestClock::new();
        let venues: Vec<_> = (0..2).map(|_| FakeVenue::new("a", &clock, |_| {})).collect();
        let executors = venues.iter().map(|venue| venue.clone() as Arc<dyn Executor>).collect();
        let balanced = Balanced::new(executors, Balance::RoundRobin).unwrap();
        let symbol = Symbol::new("BTC-USD").unwrap();
        assert_eq!(balanced.instruments().await.unwrap().len(), 2);
        assert_eq!(balanced.default_fees(), venues[0].default_fees());
        assert!(!balanced.default_fees().from_venue);
        // Prices come from the one whose turn it is.
        venues[1].world().prices.insert(symbol.clone(), 70_000.into());
        let first = balanced.quote(&symbol).await.unwrap().mid();
        let second = balanced.quote(&symbol).await.unwrap().mid();
        assert_eq!(
            BTreeSet::from([first.normalize(), second.normalize()]),
            BTreeSet::from([60_000.into(), 70_000.into()])
        );
        let nowhere = balanced.book(&symbol, 5).await.unwrap_err();
        assert!(matches!(nowhere, VenueError::NotListed { .. }), "{nowhere}");
        // One stream is enough: it is of one of them.
        let lane: Arc<dyn StreamLane> = Arc::new(OpenLane);
        let mut prices = balanced.market_stream(vec![symbol], lane);
        assert_eq!(prices.next().await, Some(MarketEvent::Connected));
        assert_eq!(venues.iter().filter(|venue| venue.world().lanes.contains_key(&None)).count(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn executors_of_different_promises_cannot_stand_for_each_other() {
        let clock = TestClock::new();
        let a = FakeVenue::new("a", &clock, |_| {});
        let b = FakeVenue::new("b", &clock, |_| {});
        let unequal: Vec<Arc<dyn Executor>> = vec![a.clone(), b];
        assert_eq!(Balanced::new(unequal, Balance::RoundRobin).unwrap_err(), BalanceError::Unequal);
        assert_eq!(Balanced::new(Vec::new(), Balance::RoundRobin).unwrap_err(), BalanceError::None);
        let one = Balanced::new(vec![a], Balance::Adaptive).unwrap();
        let account = VenueAccount { user: user(1), signer: Arc::new(NoSigner) };
        assert!(one.open_orders(&account).await.unwrap().is_empty());
    }
}
