//! Orders that wait before they may trade: for their market to open, or for the order before them to be filled.
//!
//! A market that is halted matches nothing: its quotes stand still and new orders queue. An order placed *after* another (one
//! triggers the others) holds nothing until that one is filled to the end, and ends with it when it ends otherwise.

use super::core::Engine;
use super::filters;
use super::linked::LINKED;
use super::types::{MarketId, NewOrder, OrderId, Reject, Status};
use std::collections::{BTreeMap, BTreeSet};

/// What waits, and for what.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    /// Markets that are closed.
    halted: BTreeSet<MarketId>,
    /// Orders that wait for their market, oldest first.
    queued: BTreeSet<OrderId>,
    /// Orders by the one that must be filled before them.
    after: BTreeMap<OrderId, Vec<OrderId>>,
    /// Orders that others waited for and that have ended, with whether they were filled.
    ended: Vec<(OrderId, bool)>,
}

impl Waiting {
    pub(crate) fn is_halted(&self, market: MarketId) -> bool {
        self.halted.contains(&market)
    }

    pub(crate) fn forget(&mut self, id: OrderId, filled: bool) {
        self.queued.remove(&id);
        if self.after.contains_key(&id) {
            self.ended.push((id, filled));
        }
    }
}

impl Engine {
    /// Whether a market is halted.
    #[must_use]
    pub fn is_halted(&self, market: MarketId) -> bool {
        self.waiting.is_halted(market)
    }

    /// Closes a market, or opens it and lets what has queued trade, oldest first.
    pub fn set_halted(&mut self, market: MarketId, halted: bool, now_ns: i64) {
        if market >= self.markets.len() || halted == self.is_halted(market) {
            return;
        }
        if halted {
            self.waiting.halted.insert(market);
            return;
        }
        self.waiting.halted.remove(&market);
        self.set_mid(market, self.markets[market].mid, now_ns);
        let here = |id: &OrderId| self.orders.get(id).is_some_and(|order| order.ask.market == market);
        let due: Vec<OrderId> = self.waiting.queued.iter().copied().filter(here).collect();
        for id in due {
            if self.waiting.queued.remove(&id) {
                self.start(id, now_ns);
            }
        }
        self.run_triggers(market, now_ns);
    }

    /// Accepts an order, and orders that begin when it is filled to the end; of several of those one cancels the others.
    /// They hold nothing before, and end with the first when it ends otherwise.
    ///
    /// # Errors
    /// The [`Reject`] of the first order that cannot be taken; then nothing changed.
    pub fn place_then(
        &mut self,
        first: NewOrder,
        then: Vec<NewOrder>,
        now_ns: i64,
    ) -> Result<(OrderId, Vec<OrderId>), Reject> {
        self.check(&first, now_ns)?;
        for order in &then {
            let market = self.markets.get(order.market).ok_or(Reject::UnknownOrder)?;
            filters::check(&market.spec, order, market.last_price())?;
            if (order.account, order.market) != (first.account, first.market) {
                return Err(Reject::UnknownOrder);
            }
        }
        let market = first.market;
        let id = self.accept(first, None, now_ns);
        let link = (then.len() > 1).then(|| self.next_link());
        let after: Vec<OrderId> = then.into_iter().map(|order| self.accept(order, link, now_ns)).collect();
        if let Some(link) = link {
            self.links.insert(link, after.clone());
        }
        self.waiting.after.insert(id, after.clone());
        self.begin(id, now_ns);
        self.run_triggers(market, now_ns);
        Ok((id, after))
    }

    /// Whether an order waits for another one to be filled.
    #[must_use]
    pub fn is_held(&self, id: OrderId) -> bool {
        self.waiting.after.values().any(|after| after.contains(&id))
    }

    /// Whether an order's market is halted and it queues.
    pub(crate) fn queues(&mut self, id: OrderId, market: MarketId) -> bool {
        let halted = self.is_halted(market);
        if halted {
            self.waiting.queued.insert(id);
        }
        halted
    }

    /// Begins what waited for orders that were filled, and ends what waited for others.
    pub(crate) fn release(&mut self, now_ns: i64) {
        while let Some((id, filled)) = self.waiting.ended.pop() {
            for order in self.waiting.after.remove(&id).unwrap_or_default() {
                let Some(open) = self.orders.get(&order).filter(|order| order.status.is_open()) else {
                    continue;
                };
                let held_by_group = self.open_group(open).is_some_and(|group| group[0].id != order);
                let (asset, needed) = self.needed_funds(&open.ask);
                let affordable = held_by_group || self.available(open.ask.account, asset) >= needed;
                if filled && affordable {
                    self.begin(order, now_ns);
                } else {
                    let reason = if filled { "Insufficient funds" } else { LINKED };
                    self.withdraw(order, Status::Canceled, Some(reason), now_ns);
                }
            }
        }
    }

    /// Lets nobody pay a fee in a market.
    pub fn set_free_of_fees(&mut self, market: MarketId) {
        self.free_of_fees.insert(market);
    }
}
