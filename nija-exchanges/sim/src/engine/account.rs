//! An account: balances with holds, its orders and fills, and the log of what happened to them.

use super::types::{Fill, Order, OrderId};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use tokio::sync::watch;

/// Closed orders kept per account; older ones are forgotten.
pub(crate) const CLOSED_KEPT: usize = 5_000;
/// Fills kept per account.
pub(crate) const FILLS_KEPT: usize = 10_000;
/// Execution events kept per account for streams to catch up from.
const EVENTS_KEPT: usize = 2_000;

/// What an account owns of one asset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balance {
    /// All of it, held or not.
    pub total: Decimal,
    /// The part that open orders hold.
    pub held: Decimal,
}

impl Balance {
    /// What a new order may use.
    #[must_use]
    pub fn available(&self) -> Decimal {
        self.total - self.held
    }
}

/// What happened to an order.
#[derive(Debug, Clone)]
pub enum ExecKind {
    /// Accepted, not yet live.
    PendingNew,
    /// Live.
    New,
    /// A trigger order became active.
    Triggered,
    /// Executed in part or whole.
    Trade(Fill),
    /// Executed to the end.
    Filled,
    /// Ended early.
    Canceled,
    /// Ended by its expiry.
    Expired,
}

/// One entry of an account's log: the order as it stood right after the event.
#[derive(Debug, Clone)]
pub struct ExecEvent {
    /// Rising by one per account.
    pub seq: u64,
    /// Unix nanoseconds.
    pub time_ns: i64,
    /// What happened.
    pub kind: ExecKind,
    /// The order after it.
    pub order: Order,
}

/// One account's state.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) balances: BTreeMap<String, Balance>,
    pub(crate) open: BTreeSet<OrderId>,
    pub(crate) closed: VecDeque<OrderId>,
    pub(crate) open_by_client: HashMap<String, OrderId>,
    pub(crate) fills: VecDeque<Fill>,
    pub(crate) events: VecDeque<ExecEvent>,
    /// Traded quote volume, which sets the fee tier.
    pub(crate) volume: Decimal,
    /// Rises whenever a balance changes.
    pub(crate) balance_version: u64,
    next_seq: u64,
    /// Changes whenever anything here does: an account's streams wait for it, so that one account's order wakes nobody else.
    news: watch::Sender<u64>,
}

impl Account {
    pub(crate) fn balance(&self, asset: &str) -> Balance {
        self.balances.get(asset).copied().unwrap_or_default()
    }

    pub(crate) fn credit(&mut self, asset: &str, amount: Decimal) {
        self.balance_version += 1;
        self.entry(asset).total += amount;
        self.tell();
    }

    pub(crate) fn hold(&mut self, asset: &str, change: Decimal) {
        if !change.is_zero() {
            self.balance_version += 1;
            self.entry(asset).held += change;
            self.tell();
        }
    }

    pub(crate) fn log(&mut self, time_ns: i64, kind: ExecKind, order: &Order) {
        self.next_seq += 1;
        self.events.push_back(ExecEvent { seq: self.next_seq, time_ns, kind, order: order.clone() });
        if self.events.len() > EVENTS_KEPT {
            self.events.pop_front();
        }
        self.tell();
    }

    /// Changes whenever the account does.
    pub(crate) fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    fn tell(&self) {
        self.news.send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    /// Number of the last event.
    pub(crate) fn last_seq(&self) -> u64 {
        self.next_seq
    }

    fn entry(&mut self, asset: &str) -> &mut Balance {
        self.balances.entry(asset.to_owned()).or_default()
    }
}
