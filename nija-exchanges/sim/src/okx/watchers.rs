//! Who hears which of an account's channels: at most thirty connections each.

use crate::engine::AccountId;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

/// Connections that one account may have to one channel.
const MOST: usize = 30;

/// All connections by channel and account.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    next: AtomicU64,
    channels: Mutex<BTreeMap<(String, AccountId), BTreeSet<u64>>>,
}

impl Watchers {
    /// A number for a new connection.
    pub(super) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Lets a connection hear a channel. Returns how many hear it, and whether this one may.
    pub(super) fn join(&self, channel: &str, account: AccountId, connection: u64) -> (usize, bool) {
        let mut channels = self.channels.lock();
        let all = channels.entry((channel.to_owned(), account)).or_default();
        let admitted = all.len() < MOST || all.contains(&connection);
        if admitted {
            all.insert(connection);
        }
        (all.len(), admitted)
    }

    pub(super) fn leave(&self, channel: &str, connection: u64) {
        for ((name, _), all) in &mut *self.channels.lock() {
            if name == channel {
                all.remove(&connection);
            }
        }
    }

    pub(super) fn leave_all(&self, connection: u64) {
        self.channels.lock().retain(|_, all| {
            all.remove(&connection);
            !all.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_connections_hear_a_channel() {
        let watchers = Watchers::default();
        let numbers: Vec<u64> = (0..31).map(|_| watchers.number()).collect();
        for (index, number) in numbers[..30].iter().enumerate() {
            assert_eq!(watchers.join("orders", 1, *number), (index + 1, true));
        }
        assert_eq!(watchers.join("orders", 1, numbers[30]), (30, false));
        assert_eq!(watchers.join("orders", 1, numbers[0]), (30, true), "it does already");
        assert_eq!(watchers.join("account", 1, numbers[30]), (1, true));
        assert_eq!(watchers.join("orders", 2, numbers[30]), (1, true));
        watchers.leave_all(numbers[0]);
        assert_eq!(watchers.join("orders", 1, numbers[30]), (30, true));
        watchers.leave("orders", numbers[1]);
        assert_eq!(watchers.join("orders", 1, numbers[0]), (30, true));
    }
}
