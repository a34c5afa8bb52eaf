//! A ledger in memory, faithful to the contract: batches are all or nothing, client ids and executions are unique, and
//! projections follow the journal through core's own folds. It can fail, and it can stop dead before or after a commit.

use async_trait::async_trait;
use nija_core::{
    Appended, ClientOrderId, CredentialId, EquityKeep, EquitySample, ExecutionId, Fill, JournalBatch,
    JournalEvent, JournalRecord, KillSwitch, Ledger, LedgerError, LedgerPage, Order, OrderId, OrderState,
    PageRequest, PnlPage, PnlQuery, Position, PositionId, Protection, RealisedPnl, RiskStanding,
    RouteDecision, RoutingPreference, SettledFill, Symbol, Timestamp, UserId, VenueBan, VenueId,
};
use parking_lot::Mutex;
use rust_decimal::Decimal;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use super::book::Book;

/// How appends behave where a test wants them otherwise than prompt.
pub(crate) trait Pace: Send + Sync {
    /// Before the commit: how long it takes, and whether it fails then.
    fn before(&self) -> (Duration, bool);
    /// From the commit to its answer.
    fn after(&self) -> Duration;
}

/// Where an append stops dead, as if the process ended there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crash {
    BeforeCommit,
    AfterCommit,
}

#[derive(Default)]
struct Faults {
    /// Appends that fail from now on.
    failures: usize,
    /// After so many more appends.
    crash: Option<(usize, Crash)>,
}

#[derive(Default)]
pub(crate) struct MemoryLedger {
    book: Mutex<Book>,
    faults: Mutex<Faults>,
    pace: Mutex<Option<Arc<dyn Pace>>>,
    crashed: tokio::sync::Notify,
}

impl MemoryLedger {
    /// Replays the journal into an empty book and compares.
    pub(crate) fn replay_agrees(&self) -> bool {
        self.book.lock().replay_agrees()
    }

    pub(crate) fn fail_next(&self, appends: usize) {
        self.faults.lock().failures = appends;
    }

    /// The append after `appends` more never answers.
    pub(crate) fn crash_at(&self, appends: usize, crash: Crash) {
        self.faults.lock().crash = Some((appends, crash));
    }

    pub(crate) fn recover(&self) {
        *self.faults.lock() = Faults::default();
    }

    pub(crate) async fn crashed(&self) {
        self.crashed.notified().await;
    }

    pub(crate) fn set_pace(&self, pace: Arc<dyn Pace>) {
        *self.pace.lock() = Some(pace);
    }

    /// What a write waits for; an error where it fails.
    async fn disk(&self) -> Result<(), LedgerError> {
        let pace = self.pace.lock().clone();
        let (wait, fails) = pace.map_or((Duration::ZERO, false), |pace| pace.before());
        pass(wait).await;
        let mut faults = self.faults.lock();
        if fails || faults.failures > 0 {
            faults.failures = faults.failures.saturating_sub(1);
            return Err(LedgerError::Storage("disk full".into()));
        }
        Ok(())
    }

    pub(crate) fn records(&self) -> Vec<JournalRecord> {
        self.book.lock().journal.iter().map(|record| JournalRecord::clone(record)).collect()
    }

    pub(crate) fn all_orders(&self) -> Vec<Order> {
        self.book.lock().orders.values().map(|order| Order::clone(order)).collect()
    }

    pub(crate) fn orders_of(&self, user: UserId) -> Vec<Arc<Order>> {
        let book = self.book.lock();
        book.orders.values().filter(|order| order.intent.signal.user == user).cloned().collect()
    }

    pub(crate) fn positions_of(&self, user: UserId) -> Vec<Arc<Position>> {
        self.book.lock().open.values().filter(|open| open.user == user).cloned().collect()
    }

    pub(crate) fn guarded(&self) -> Vec<Protection> {
        self.book.lock().protections.values().cloned().collect()
    }

    pub(crate) fn kept_bans(&self) -> Vec<VenueBan> {
        self.book.lock().bans.values().cloned().collect()
    }

    pub(crate) fn kills(&self) -> Vec<KillSwitch> {
        self.book.lock().kills.values().cloned().collect()
    }

    pub(crate) fn all_fills(&self) -> Vec<Fill> {
        self.book.lock().fills.iter().map(|settled| settled.fill.clone()).collect()
    }
}

/// What a commit or its answer takes.
async fn pass(time: Duration) {
    if time.is_zero() { tokio::task::yield_now().await } else { tokio::time::sleep(time).await }
}

fn copies<'a, T: Clone + 'a>(rows: impl Iterator<Item = &'a Arc<T>>) -> Vec<T> {
    rows.map(|row| T::clone(row)).collect()
}

fn page<T>(rows: Vec<T>, page: PageRequest) -> LedgerPage<T> {
    let before = page.before.unwrap_or(u64::MAX);
    let mut rows: Vec<_> = (1u64..).zip(rows).filter(|(place, _)| *place < before).collect();
    rows.reverse();
    let more = rows.len() > page.limit;
    rows.truncate(page.limit);
    LedgerPage { rows, more }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn append(&self, batch: JournalBatch) -> Result<Appended, LedgerError> {
        let pace = self.pace.lock().clone();
        let (wait, fails) = pace.as_ref().map_or((Duration::ZERO, false), |pace| pace.before());
        pass(wait).await;
        if fails {
            return Err(LedgerError::Storage("disk full".into()));
        }
        let crash = {
            let mut faults = self.faults.lock();
            if faults.failures > 0 {
                faults.failures -= 1;
                return Err(LedgerError::Storage("disk full".into()));
            }
            match &mut faults.crash {
                Some((0, crash)) => Some(*crash),
                Some((left, _)) => {
                    *left -= 1;
                    None
                }
                None => None,
            }
        };
        if crash != Some(Crash::BeforeCommit) {
            let mut staged = self.book.lock().clone();
            let appended = staged.append(batch)?;
            *self.book.lock() = staged;
            if let Some(pace) = pace {
                pass(pace.after()).await;
            }
            if crash.is_none() {
                return Ok(appended);
            }
        }
        self.crashed.notify_one();
        std::future::pending().await
    }

    async fn order(&self, user: UserId, order: OrderId) -> Result<Option<Order>, LedgerError> {
        let found = self.book.lock().orders.get(&order).cloned();
        Ok(found.filter(|order| order.intent.signal.user == user).map(Arc::unwrap_or_clone))
    }

    async fn order_by_client_id(
        &self,
        user: UserId,
        id: &ClientOrderId,
    ) -> Result<Option<Order>, LedgerError> {
        let book = self.book.lock();
        let found = book.by_client.get(&(user, id.clone())).and_then(|order| book.orders.get(order));
        Ok(found.map(|order| Order::clone(order)))
    }

    async fn orders(
        &self,
        user: UserId,
        state: Option<OrderState>,
        request: PageRequest,
    ) -> Result<LedgerPage<Order>, LedgerError> {
        let book = self.book.lock();
        let mine = book.orders.values().filter(|order| order.intent.signal.user == user);
        let wanted = mine.filter(|order| state.is_none_or(|state| state == order.state));
        Ok(page(copies(wanted), request))
    }

    async fn children(&self, user: UserId, parent: OrderId) -> Result<Vec<Order>, LedgerError> {
        let book = self.book.lock();
        let mine = book.orders.values().filter(|order| order.intent.signal.user == user);
        Ok(copies(mine.filter(|order| order.intent.parent == Some(parent))))
    }

    async fn unsettled_orders(&self) -> Result<Vec<Order>, LedgerError> {
        let book = self.book.lock();
        Ok(copies(book.orders.values().filter(|order| !order.state.is_final())))
    }

    async fn open_positions(&self, user: Option<UserId>) -> Result<Vec<Position>, LedgerError> {
        let book = self.book.lock();
        Ok(copies(book.open.values().filter(|open| user.is_none_or(|user| user == open.user))))
    }

    async fn closed_positions(
        &self,
        user: UserId,
        request: PageRequest,
    ) -> Result<LedgerPage<Position>, LedgerError> {
        let book = self.book.lock();
        Ok(page(copies(book.closed.iter().filter(|closed| closed.user == user)), request))
    }

    async fn position(&self, user: UserId, id: &PositionId) -> Result<Option<Position>, LedgerError> {
        let book = self.book.lock();
        let mut all = book.open.values().chain(&book.closed);
        let found = all.find(|position| position.user == user && position.id == *id);
        Ok(found.map(|position| Position::clone(position)))
    }

    async fn fills(
        &self,
        user: UserId,
        request: PageRequest,
    ) -> Result<LedgerPage<SettledFill>, LedgerError> {
        let book = self.book.lock();
        Ok(page(copies(book.fills.iter().filter(|settled| settled.fill.user == user)), request))
    }

    async fn last_fill_at(&self, user: UserId, venue: &VenueId) -> Result<Option<Timestamp>, LedgerError> {
        let book = self.book.lock();
        let mine = book.fills.iter().map(|settled| &settled.fill);
        let mine = mine.filter(|fill| fill.user == user && fill.execution.venue == *venue);
        Ok(mine.map(|fill| fill.execution.at).max())
    }

    async fn fills_at_venue(&self, venue: &VenueId) -> Result<Vec<Fill>, LedgerError> {
        let book = self.book.lock();
        let fills = book.fills.iter().map(|settled| settled.fill.clone());
        Ok(fills.filter(|fill| fill.execution.venue == *venue).collect())
    }

    async fn unvalued_fees(&self, user: UserId, most: usize) -> Result<Vec<Fill>, LedgerError> {
        let all = self.all_fills().into_iter();
        Ok(all.filter(|fill| fill.user == user && fill.lacks_fee()).take(most).collect())
    }

    async fn realised_since(&self, user: UserId, since: Timestamp) -> Result<Vec<RealisedPnl>, LedgerError> {
        let book = self.book.lock();
        let mut sums: BTreeMap<String, (Decimal, Decimal)> = BTreeMap::new();
        for settled in &book.fills {
            let execution = &settled.fill.execution;
            if settled.fill.user == user && execution.at >= since {
                let sum = sums.entry(execution.symbol.quote().to_owned()).or_default();
                sum.0 += settled.realised_pnl;
                sum.1 += settled.fill.fee_in_quote;
            }
        }
        let rows = sums.into_iter();
        Ok(rows.map(|(currency, (realised, fees))| RealisedPnl { currency, realised, fees }).collect())
    }

    async fn decisions(
        &self,
        user: UserId,
        request: PageRequest,
    ) -> Result<LedgerPage<(OrderId, RouteDecision)>, LedgerError> {
        let book = self.book.lock();
        let mine = book.decisions.iter().filter(|(whose, ..)| *whose == user);
        let rows = mine.map(|(_, order, decision)| (*order, RouteDecision::clone(decision)));
        Ok(page(rows.collect(), request))
    }

    async fn journal(
        &self,
        user: UserId,
        request: PageRequest,
    ) -> Result<LedgerPage<JournalRecord>, LedgerError> {
        let book = self.book.lock();
        Ok(page(copies(book.journal.iter().filter(|record| record.user == user)), request))
    }

    async fn order_journal(&self, user: UserId, order: OrderId) -> Result<Vec<JournalRecord>, LedgerError> {
        let book = self.book.lock();
        let of_it = |record: &&Arc<JournalRecord>| record.user == user && record.event.order() == Some(order);
        Ok(copies(book.journal.iter().filter(of_it)))
    }

    async fn paused(&self, user: UserId) -> Result<Option<Timestamp>, LedgerError> {
        Ok(self.book.lock().paused.get(&user).copied())
    }

    async fn kill_switches(&self) -> Result<Vec<KillSwitch>, LedgerError> {
        Ok(self.book.lock().kills.values().cloned().collect())
    }

    async fn routing_preference(&self, user: UserId) -> Result<RoutingPreference, LedgerError> {
        Ok(self.book.lock().preferences.get(&user).copied().unwrap_or_default())
    }

    async fn protections(&self) -> Result<Vec<Protection>, LedgerError> {
        Ok(self.guarded())
    }

    async fn risk_settings(&self, user: UserId) -> Result<RiskStanding, LedgerError> {
        let book = self.book.lock();
        let changes = book.journal.iter().rev().filter(|record| record.user == user);
        let mut standings = changes.filter_map(|record| match &record.event {
            JournalEvent::RiskSettingsChanged { standing } => Some(standing.clone()),
            _ => None,
        });
        Ok(standings.next().unwrap_or_default())
    }

    async fn realised_by_day(&self, user: UserId) -> Result<Vec<(Timestamp, RealisedPnl)>, LedgerError> {
        let book = self.book.lock();
        let mut days: BTreeMap<(Timestamp, String), (Decimal, Decimal)> = BTreeMap::new();
        for settled in book.fills.iter().filter(|settled| settled.fill.user == user) {
            let execution = &settled.fill.execution;
            let sum =
                days.entry((execution.at.day_start(), execution.symbol.quote().to_owned())).or_default();
            sum.0 += settled.realised_pnl;
            sum.1 += settled.fill.fee_in_quote;
        }
        let rows = days.into_iter();
        Ok(rows
            .map(|((day, currency), (realised, fees))| (day, RealisedPnl { currency, realised, fees }))
            .collect())
    }

    // Nothing in the engine asks for what the host shows.
    async fn pnl(&self, _: UserId, _: PnlQuery) -> Result<PnlPage, LedgerError> {
        Err(LedgerError::Invalid("this ledger is for the engine, which does not ask".into()))
    }

    async fn keep_equity(&self, _: Vec<EquitySample>, _: EquityKeep) -> Result<(), LedgerError> {
        Err(LedgerError::Invalid("this ledger is for the engine, which measures and does not keep".into()))
    }

    async fn equity(
        &self,
        _: UserId,
        _: Option<Timestamp>,
        _: Option<Timestamp>,
        _: usize,
    ) -> Result<Vec<EquitySample>, LedgerError> {
        Err(LedgerError::Invalid("this ledger is for the engine, which does not ask".into()))
    }

    async fn reserve_nonces(&self, key: CredentialId, floor: u64, count: u64) -> Result<u64, LedgerError> {
        let mut book = self.book.lock();
        let next = book.nonces.entry(key).or_default();
        let first = (*next).max(floor);
        *next = first + count;
        Ok(first)
    }

    async fn keep_ban(&self, ban: VenueBan) -> Result<(), LedgerError> {
        self.disk().await?;
        self.book.lock().bans.insert(ban.venue.clone(), ban);
        Ok(())
    }

    async fn lift_ban(&self, venue: &VenueId) -> Result<(), LedgerError> {
        self.disk().await?;
        self.book.lock().bans.remove(venue);
        Ok(())
    }

    async fn bans(&self) -> Result<Vec<VenueBan>, LedgerError> {
        Ok(self.kept_bans())
    }

    async fn verify_projections(&self) -> Result<Vec<String>, LedgerError> {
        Ok(if self.replay_agrees() { Vec::new() } else { vec!["they differ".into()] })
    }

    async fn active_symbols(&self) -> Result<Vec<(VenueId, Symbol)>, LedgerError> {
        let book = self.book.lock();
        Ok(book.open.keys().map(|(_, venue, symbol)| (venue.clone(), symbol.clone())).collect())
    }
}
