//! The engine's state and its ledger.

use super::account::{Account, Balance, CLOSED_KEPT};
use super::candles::Candle;
use super::fees::FeeSchedule;
use super::house::HouseProfile;
use super::market::{Market, MarketSpec};
use super::types::{AccountId, LinkId, MarketId, Order, OrderId, Status};
use super::waiting::Waiting;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One venue's markets, accounts and orders.
#[derive(Debug)]
pub struct Engine {
    pub(crate) markets: Vec<Market>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) orders: HashMap<OrderId, Order>,
    pub(crate) fees: FeeSchedule,
    pub(crate) house: HouseProfile,
    /// What the house gained or lost against users, and the fees it took, by asset.
    pub(crate) house_ledger: BTreeMap<String, Decimal>,
    pub(crate) fee_ledger: BTreeMap<String, Decimal>,
    /// Open orders that expire, soonest first.
    pub(crate) expiring: BTreeSet<(i64, OrderId)>,
    pub(crate) max_open_per_market: usize,
    /// Groups of linked orders by number, each in the order they were given.
    pub(crate) links: BTreeMap<LinkId, Vec<OrderId>>,
    /// Whether an execution in part takes its quantity off the orders linked to it rather than ending them.
    pub(crate) linked_shrink: bool,
    /// Orders that wait before they may trade.
    pub(crate) waiting: Waiting,
    /// Markets in which nobody pays a fee.
    pub(crate) free_of_fees: BTreeSet<MarketId>,
    /// Whether an order that meets one of its own account cancels that one and goes on.
    pub(crate) self_trade_cancels_maker: bool,
    pub(crate) next_order: OrderId,
    pub(crate) next_fill: u64,
}

impl Engine {
    /// An engine with these markets, a fee schedule, and a house. `first_id` is where order, fill and trade numbers
    /// start, so that two venues do not share them.
    #[must_use]
    pub fn new(specs: Vec<MarketSpec>, fees: FeeSchedule, house: HouseProfile, first_id: u64) -> Self {
        Self {
            markets: specs.into_iter().map(|spec| Market::new(spec, first_id)).collect(),
            accounts: Vec::new(),
            orders: HashMap::new(),
            fees,
            house,
            house_ledger: BTreeMap::new(),
            fee_ledger: BTreeMap::new(),
            expiring: BTreeSet::new(),
            max_open_per_market: usize::MAX,
            links: BTreeMap::new(),
            linked_shrink: false,
            waiting: Waiting::default(),
            free_of_fees: BTreeSet::new(),
            self_trade_cancels_maker: false,
            next_order: first_id,
            next_fill: first_id,
        }
    }

    /// Limits each account's open orders in each market.
    pub fn set_max_open_per_market(&mut self, max: usize) {
        self.max_open_per_market = max;
    }

    /// Lets an execution in part take its quantity off the orders that are linked to it, which end with the whole of it alone.
    pub fn set_linked_shrink(&mut self) {
        self.linked_shrink = true;
    }

    /// Opens an empty account.
    pub fn open_account(&mut self) -> AccountId {
        self.accounts.push(Account::default());
        self.accounts.len() - 1
    }

    /// Adds money from outside. Ignores an unknown account.
    pub fn deposit(&mut self, account: AccountId, asset: &str, amount: Decimal) {
        if let Some(account) = self.accounts.get_mut(account) {
            account.credit(asset, amount);
        }
    }

    /// Adds a candle of the past to a market; oldest first, before any trade.
    pub fn seed_candle(&mut self, market: MarketId, candle: Candle) {
        if let Some(market) = self.markets.get_mut(market) {
            market.candles.seed(candle);
        }
    }

    /// All of an asset: users' totals, what the house gained, and fees. Only a deposit changes it.
    #[must_use]
    pub fn total_supply(&self, asset: &str) -> Decimal {
        let users: Decimal = self.accounts.iter().map(|account| account.balance(asset).total).sum();
        let of = |ledger: &BTreeMap<String, Decimal>| ledger.get(asset).copied().unwrap_or_default();
        users + of(&self.house_ledger) + of(&self.fee_ledger)
    }

    /// Sets what an order holds of its account.
    pub(crate) fn set_hold(&mut self, id: OrderId, hold: Decimal) {
        let Some(order) = self.orders.get_mut(&id) else {
            return;
        };
        let change = hold - order.held;
        order.held = hold;
        let spec = &self.markets[order.ask.market].spec;
        let asset = match order.ask.side {
            super::types::Side::Buy => &spec.quote,
            super::types::Side::Sell => &spec.base,
        };
        self.accounts[order.ask.account].hold(asset, change);
    }

    /// Ends an order: releases its hold, forgets its client id, files it under closed.
    pub(crate) fn close(&mut self, id: OrderId, status: Status, reason: Option<&'static str>, now_ns: i64) {
        self.set_hold(id, Decimal::ZERO);
        self.waiting.forget(id, status == Status::Filled);
        let Some(order) = self.orders.get_mut(&id) else {
            return;
        };
        order.status = status;
        order.reason = reason;
        order.closed_ns = Some(now_ns);
        let account = &mut self.accounts[order.ask.account];
        account.open.remove(&id);
        if let Some(client_id) = &order.ask.client_id {
            account.open_by_client.remove(client_id);
        }
        if let Some(expires) = order.ask.expires_ns {
            self.expiring.remove(&(expires, id));
        }
        account.closed.push_back(id);
        let forgotten = if account.closed.len() > CLOSED_KEPT { account.closed.pop_front() } else { None };
        if let Some(old) = forgotten {
            self.orders.remove(&old);
        }
    }

    /// Forgets an order altogether, after ending it where it is open.
    pub(crate) fn lose(&mut self, id: OrderId, now_ns: i64) {
        if self.orders.get(&id).is_some_and(|order| order.status.is_open()) {
            self.withdraw(id, Status::Canceled, None, now_ns);
        }
        if let Some(order) = self.orders.remove(&id) {
            self.accounts[order.ask.account].closed.retain(|closed| *closed != id);
        }
    }

    pub(crate) fn available(&self, account: AccountId, asset: &str) -> Decimal {
        self.accounts[account].balance(asset).available()
    }

    /// Moves an asset between a user and the house, or into fees.
    pub(crate) fn move_to(ledger: &mut BTreeMap<String, Decimal>, asset: &str, amount: Decimal) {
        *ledger.entry(asset.to_owned()).or_default() += amount;
    }

    /// An account's balance of an asset.
    #[must_use]
    pub fn balance(&self, account: AccountId, asset: &str) -> Balance {
        self.accounts.get(account).map(|account| account.balance(asset)).unwrap_or_default()
    }
}
