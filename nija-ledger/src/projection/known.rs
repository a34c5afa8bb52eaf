//! What the tables surely do not have, so that nobody asks them for it.
//!
//! Of each new order and fill it must be shown that its ids are new. Almost all are, and a question to the tables costs each of them a
//! walk through an index that grows with the history. A filter in memory says "not there" without one; where it says "perhaps", once in a
//! hundred times for nothing, the tables are asked.

use fastbloom::BloomFilter;
use foldhash::quality::RandomState;
use nija_core::{ClientOrderId, ExecutionId, Fill, Order, OrderId, Position, UserId, VenueId};

use super::lookups::{Lookups, Recorded};
use crate::fault::Outcome;

/// How often a filter may say "perhaps" of what is not there.
const FALSE_POSITIVES: f64 = 0.01;
/// Keys in the first filter of what came after the opening (some 300 KiB); each further one holds twice as many.
const FIRST: usize = 1 << 18;

/// What must be new.
#[derive(Hash)]
pub(crate) enum Key<'a> {
    Order(OrderId),
    Client(UserId, &'a ClientOrderId),
    Fill(UserId, &'a VenueId, &'a ExecutionId),
}

/// A set of keys that may hold more than was put in, never less.
pub(crate) struct Filter {
    keys: BloomFilter<RandomState>,
    room: usize,
}

impl Filter {
    /// One that is right for so many keys.
    pub(crate) fn new(keys: usize) -> Self {
        let room = keys.max(1024);
        let filter = BloomFilter::with_false_pos(FALSE_POSITIVES).hasher(RandomState::default());
        Self { keys: filter.expected_items(room), room }
    }

    pub(crate) fn put(&mut self, key: &Key<'_>) {
        self.keys.insert(key);
        self.room = self.room.saturating_sub(1);
    }

    fn may_hold(&self, key: &Key<'_>) -> bool {
        self.keys.contains(key)
    }
}

/// Every key of the tables, as soon as those of before the opening were read, and every key since.
pub(crate) struct Known {
    before: Option<Filter>,
    since: Vec<Filter>,
}

impl Known {
    /// Nothing is read yet: everything may be there.
    pub(crate) fn new() -> Self {
        Self { before: None, since: Vec::new() }
    }

    /// Takes up all keys that the tables had at the opening.
    pub(crate) fn learn(&mut self, before: Filter) {
        self.before = Some(before);
    }

    /// Takes up a key that may get into the tables.
    pub(crate) fn put(&mut self, key: &Key<'_>) {
        let next = FIRST << self.since.len().min(8);
        match self.since.last_mut() {
            Some(filter) if filter.room > 0 => filter.put(key),
            _ => {
                let mut filter = Filter::new(next);
                filter.put(key);
                self.since.push(filter);
            }
        }
    }

    /// Whether the tables may have it.
    pub(crate) fn may_hold(&self, key: &Key<'_>) -> bool {
        self.before.as_ref().is_none_or(|before| before.may_hold(key))
            || self.since.iter().any(|filter| filter.may_hold(key))
    }
}

/// The tables, asked for what they may have only.
pub(crate) struct Screened<'a, T> {
    pub(crate) tables: &'a T,
    pub(crate) known: &'a Known,
}

impl<T: Lookups> Lookups for Screened<'_, T> {
    fn order(&self, user: UserId, id: OrderId) -> Outcome<Option<(u64, Order)>> {
        self.tables.order(user, id)
    }

    fn order_exists(&self, id: OrderId) -> Outcome<bool> {
        Ok(self.known.may_hold(&Key::Order(id)) && self.tables.order_exists(id)?)
    }

    fn owner(&self, user: UserId, client_order_id: &ClientOrderId) -> Outcome<Option<OrderId>> {
        if self.known.may_hold(&Key::Client(user, client_order_id)) {
            self.tables.owner(user, client_order_id)
        } else {
            Ok(None)
        }
    }

    fn fill(&self, user: UserId, fill: &Fill) -> Outcome<Option<Recorded>> {
        let execution = &fill.execution;
        let key = Key::Fill(user, &execution.venue, &execution.execution_id);
        if self.known.may_hold(&key) { self.tables.fill(user, fill) } else { Ok(None) }
    }

    fn open_position(&self, fill: &Fill) -> Outcome<Option<(i64, Position)>> {
        self.tables.open_position(fill)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{SeededEntropy, Timestamp};

    fn ids(seed: u64, count: usize) -> Vec<OrderId> {
        let entropy = SeededEntropy::new(seed);
        (0..count).map(|_| OrderId::generate(Timestamp::default(), &entropy)).collect()
    }

    fn perhaps(known: &Known, ids: &[OrderId]) -> usize {
        ids.iter().filter(|id| known.may_hold(&Key::Order(**id))).count()
    }

    #[test]
    fn before_the_tables_were_read_everything_may_be_there() {
        let known = Known::new();
        assert_eq!(perhaps(&known, &ids(1, 100)), 100);
    }

    #[test]
    fn what_is_there_is_never_denied_and_what_is_not_almost_always() {
        let (old, new, others) = (ids(1, 5_000), ids(2, FIRST * 2), ids(3, 10_000));
        let mut before = Filter::new(old.len());
        for id in &old {
            before.put(&Key::Order(*id));
        }
        let mut known = Known::new();
        for id in &new[..FIRST / 2] {
            known.put(&Key::Order(*id));
        }
        known.learn(before);
        for id in &new[FIRST / 2..] {
            known.put(&Key::Order(*id));
        }
        assert_eq!(perhaps(&known, &old), old.len());
        assert_eq!(perhaps(&known, &new), new.len());
        assert_eq!(known.since.len(), 2, "one filter was full");
        // Three filters, each wrong once in a hundred times.
        assert!(perhaps(&known, &others) < 500);
    }

    #[test]
    fn the_same_text_means_different_things_to_different_users() {
        let entropy = SeededEntropy::new(1);
        let [alice, bob] = [(); 2].map(|()| UserId::generate(Timestamp::default(), &entropy));
        let mut known = Known::new();
        known.learn(Filter::new(0));
        let id = ClientOrderId::new("mine").unwrap();
        known.put(&Key::Client(alice, &id));
        assert!(known.may_hold(&Key::Client(alice, &id)));
        assert!(!known.may_hold(&Key::Client(bob, &id)));
    }
}
