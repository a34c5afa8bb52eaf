//! News of orders that may be linked to others. An update shows one of them: what has become of the whole is asked for, once for all
//! updates that come together, and again while one of its orders has ended and the other has not followed. The end of the second is
//! not always told.

use nija_core::Timestamp;
use rust_decimal::Decimal;
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

use super::super::wire;

/// How often to ask again, waiting twice as long each time.
const TRIES: u32 = 8;

/// What was told of and has not been asked for yet.
#[derive(Debug, Default)]
pub(super) struct Linked {
    orders: BTreeMap<String, wire::Order>,
    since: Option<Timestamp>,
    at: Option<Instant>,
    tries: u32,
}

impl Linked {
    /// Takes up an update's order, to be asked for at `at`.
    pub(super) fn told(&mut self, order: wire::Order, since: Timestamp, at: Instant) {
        self.orders.insert(order.id.clone(), order);
        self.since = Some(self.since.map_or(since, |known| known.min(since)));
        self.at = Some(self.at.map_or(at, |known| known.min(at)));
        self.tries = 0;
    }

    /// When there is something to ask for.
    pub(super) const fn due(&self) -> Option<Instant> {
        self.at
    }

    /// The next to ask for.
    pub(super) fn pop(&mut self) -> Option<wire::Order> {
        self.orders.pop_first().map(|(_, order)| order)
    }

    /// That all of these are known by now.
    pub(super) fn known(&mut self, whole: &wire::Order) {
        for member in whole.members() {
            self.orders.remove(&member.id);
        }
    }

    /// Since when they were executed.
    pub(super) fn since(&self, or: Timestamp) -> Timestamp {
        self.since.unwrap_or(or)
    }

    /// Ends a round, with those that are to be asked for again; false when they were asked for often enough.
    pub(super) fn again(&mut self, orders: Vec<wire::Order>, pause: Duration) -> bool {
        self.at = None;
        if orders.is_empty() {
            self.since = None;
            return true;
        }
        self.tries += 1;
        if self.tries > TRIES {
            self.since = None;
            return false;
        }
        self.orders = orders.into_iter().map(|order| (order.id.clone(), order)).collect();
        self.at = Some(Instant::now() + pause * 2_u32.pow(self.tries));
        true
    }
}

/// How much of each order of a whole was executed.
pub(super) fn executed(whole: &wire::Order) -> impl Iterator<Item = (&str, Decimal)> {
    let each =
        whole.members().map(|one| (one.id.as_str(), one.filled_qty.map_or(Decimal::ZERO, |qty| qty.0)));
    each.filter(|(_, filled)| *filled > Decimal::ZERO)
}
