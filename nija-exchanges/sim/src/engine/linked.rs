//! Linked orders: one cancels the others.
//!
//! The first execution or trigger of one ends the rest (or, at some venues, an execution in part only takes from it), and so does its
//! cancel or its expiry. Funds are held once for the
//! whole group, by its first open order.

use super::core::Engine;
use super::types::{LinkId, NewOrder, Order, OrderId, Reject, Status};
use rust_decimal::Decimal;

/// Why an order ended when one that it was linked to executed, was triggered, or expired.
pub const LINKED: &str = "Linked order";

/// Groups kept; the oldest finished one goes first.
const KEPT: usize = 10_000;

impl Engine {
    /// Accepts orders of one account, market and side of which one cancels the others, in this order: the first that can
    /// trade at once wins. Answers with the group's number; [`Engine::linked`] names its orders.
    ///
    /// # Errors
    /// The [`Reject`] of the first order that cannot be taken; then nothing changed.
    pub fn place_linked(&mut self, orders: Vec<NewOrder>, now_ns: i64) -> Result<LinkId, Reject> {
        let Some(first) = orders.first() else {
            return Err(Reject::UnknownOrder);
        };
        let (account, market, side) = (first.account, first.market, first.side);
        if orders.iter().any(|order| (order.account, order.market, order.side) != (account, market, side)) {
            return Err(Reject::UnknownOrder);
        }
        let mut needed = Decimal::ZERO;
        for (index, order) in orders.iter().enumerate() {
            self.check(order, now_ns)?;
            let repeated = |other: &NewOrder| other.client_id == order.client_id;
            if order.client_id.is_some() && orders[..index].iter().any(repeated) {
                return Err(Reject::DuplicateClientId);
            }
            needed = needed.max(self.needed_funds(order).1);
        }
        if self.available(account, self.needed_funds(&orders[0]).0) < needed {
            return Err(Reject::InsufficientFunds);
        }
        let link = self.next_link();
        let ids: Vec<OrderId> =
            orders.into_iter().map(|order| self.accept(order, Some(link), now_ns)).collect();
        self.links.insert(link, ids.clone());
        self.forget_links();
        for id in ids {
            // One that was before may have ended it already.
            if self.orders.get(&id).is_some_and(|order| order.status.is_open()) {
                self.begin(id, now_ns);
            }
        }
        self.run_triggers(market, now_ns);
        Ok(link)
    }

    /// A number for the next group.
    pub(crate) fn next_link(&self) -> LinkId {
        self.links.last_key_value().map_or(1, |(last, _)| last + 1)
    }

    /// The orders of a group, as far as they are kept, in the order they were given.
    pub fn linked(&self, link: LinkId) -> impl Iterator<Item = &Order> {
        self.links.get(&link).into_iter().flatten().filter_map(|id| self.orders.get(id))
    }

    /// All groups of an account, oldest first.
    pub fn links_of(&self, account: super::types::AccountId) -> impl Iterator<Item = LinkId> + '_ {
        let of = move |link: &LinkId| self.linked(*link).any(|order| order.ask.account == account);
        self.links.keys().copied().filter(of)
    }

    /// The open orders of an order's group, where that is more than itself.
    pub(crate) fn open_group(&self, order: &Order) -> Option<Vec<&Order>> {
        let open: Vec<&Order> = self.linked(order.link?).filter(|order| order.status.is_open()).collect();
        (open.len() > 1).then_some(open)
    }

    /// After an execution: ends what an order is linked to, or, where the venue does so and something is left of the order, leaves
    /// only so much of it.
    pub(crate) fn settle_siblings(&mut self, id: OrderId, now_ns: i64) {
        let Some(order) = self.orders.get(&id) else { return };
        let (left, link) = (order.remaining(), order.link);
        if !self.linked_shrink || left.is_zero() {
            return self.cancel_siblings(id, Some(LINKED), now_ns);
        }
        let Some(link) = link else { return };
        for sibling in self.links.get(&link).into_iter().flatten().filter(|sibling| **sibling != id) {
            if let Some(sibling) = self.orders.get_mut(sibling).filter(|sibling| sibling.status.is_open()) {
                sibling.ask.qty = sibling.filled + left;
            }
        }
    }

    /// Ends all that an order is linked to and lets it hold for itself.
    pub(crate) fn cancel_siblings(&mut self, id: OrderId, reason: Option<&'static str>, now_ns: i64) {
        let Some(link) = self.orders.get(&id).and_then(|order| order.link) else {
            return;
        };
        let siblings: Vec<OrderId> = self
            .linked(link)
            .filter(|order| order.id != id && order.status.is_open())
            .map(|order| order.id)
            .collect();
        if siblings.is_empty() {
            return;
        }
        for sibling in siblings {
            self.withdraw(sibling, Status::Canceled, reason, now_ns);
        }
        if let Some(order) = self.orders.get(&id).filter(|order| order.status.is_open()) {
            let hold = self.hold_of(order);
            self.set_hold(id, hold);
        }
    }

    fn forget_links(&mut self) {
        while self.links.len() > KEPT {
            let over = |link: &LinkId| !self.linked(*link).any(|order| order.status.is_open());
            let Some(oldest) = self.links.keys().copied().find(|link| over(link)) else {
                return;
            };
            self.links.remove(&oldest);
        }
    }
}
