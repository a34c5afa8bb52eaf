//! Which entries of the journal are whose.

use nija_core::UserId;

/// An entry of the journal by its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) user: UserId,
    pub(crate) seq: u64,
    pub(crate) kind: &'static str,
}

/// Those of one user after each other, so that each page of the table is met once.
pub(crate) fn by_user(entries: &[Entry]) -> Vec<Entry> {
    let mut entries = entries.to_vec();
    entries.sort_unstable();
    entries
}
