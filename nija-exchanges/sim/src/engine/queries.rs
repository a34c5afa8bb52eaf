//! Reading the engine.

use super::account::{Balance, ExecEvent};
use super::book::PriceLevel;
use super::core::Engine;
use super::fees::{FeeSchedule, FeeTier};
use super::market::Market;
use super::types::{AccountId, Fill, MarketId, Order, OrderId, Side};
use rust_decimal::Decimal;

impl Engine {
    /// All markets, by index.
    #[must_use]
    pub fn markets(&self) -> &[Market] {
        &self.markets
    }

    /// The fee schedule.
    #[must_use]
    pub fn fees(&self) -> &FeeSchedule {
        &self.fees
    }

    /// The best `depth` levels: bids, asks, best first.
    #[must_use]
    pub fn depth(&self, market: MarketId, depth: usize) -> (Vec<PriceLevel>, Vec<PriceLevel>) {
        self.markets.get(market).map_or_else(Default::default, |market| {
            (market.book.top(Side::Buy, depth), market.book.top(Side::Sell, depth))
        })
    }

    /// An order by number, of any account.
    #[must_use]
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.orders.get(&id)
    }

    /// The open order of an account with a client id.
    #[must_use]
    pub fn open_by_client_id(&self, account: AccountId, client_id: &str) -> Option<OrderId> {
        self.accounts.get(account)?.open_by_client.get(client_id).copied()
    }

    /// An account's open orders, oldest first.
    pub fn open_orders(&self, account: AccountId) -> impl DoubleEndedIterator<Item = &Order> {
        let ids = self.accounts.get(account).into_iter().flat_map(|account| account.open.iter());
        ids.filter_map(|id| self.orders.get(id))
    }

    /// An account's closed orders, newest first, as far as they are kept.
    pub fn closed_orders(&self, account: AccountId) -> impl Iterator<Item = &Order> {
        let ids = self.accounts.get(account).into_iter().flat_map(|account| account.closed.iter().rev());
        ids.filter_map(|id| self.orders.get(id))
    }

    /// An account's fills, newest first, as far as they are kept.
    pub fn fills(&self, account: AccountId) -> impl Iterator<Item = &Fill> {
        self.accounts.get(account).into_iter().flat_map(|account| account.fills.iter().rev())
    }

    /// An account's log after entry `seq`, oldest first, as far as it is kept.
    pub fn events_after(&self, account: AccountId, seq: u64) -> impl Iterator<Item = &ExecEvent> {
        let events = self.accounts.get(account).map(|account| &account.events);
        let skip = events.map_or(0, |events| events.partition_point(|event| event.seq <= seq));
        events.into_iter().flat_map(move |events| events.iter().skip(skip))
    }

    /// Number of the last entry of an account's log.
    #[must_use]
    pub fn last_event(&self, account: AccountId) -> u64 {
        self.accounts.get(account).map_or(0, super::account::Account::last_seq)
    }

    /// Changes whenever the account's log or balances do.
    pub(crate) fn news(&self, account: AccountId) -> Option<tokio::sync::watch::Receiver<u64>> {
        self.accounts.get(account).map(super::account::Account::news)
    }

    /// An account's balances by asset, and a number that rises with each change.
    #[must_use]
    pub fn balances(&self, account: AccountId) -> (Vec<(String, Balance)>, u64) {
        self.accounts.get(account).map_or_else(Default::default, |account| {
            let list = account.balances.iter().map(|(asset, balance)| (asset.clone(), *balance)).collect();
            (list, account.balance_version)
        })
    }

    /// An account's traded quote volume and the fee tier it gives.
    #[must_use]
    pub fn volume(&self, account: AccountId) -> (Decimal, FeeTier) {
        let volume = self.accounts.get(account).map_or(Decimal::ZERO, |account| account.volume);
        (volume, self.fees.tier(volume))
    }
}
