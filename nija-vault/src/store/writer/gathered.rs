//! Entries that nobody waits for, gathered for one commit.
//!
//! Each commit takes a core from whoever opens keys meanwhile, wakes the disk and empties the readers' caches: one for every opening would make
//! the slowest of a hundred openings ten times as slow as the median.

use parking_lot::Mutex;
use std::time::Duration;

use crate::audit::Entry;

/// How long entries that nobody waits for may wait for others: a crash loses that much more of them at most. Whatever somebody waits for takes
/// them along at once.
pub(super) const GATHER: Duration = Duration::from_millis(20);

/// What is being gathered, up to a bound.
pub(super) struct Gathered {
    entries: Mutex<Vec<Entry>>,
    most: usize,
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Added {
    /// The first: somebody has to be told.
    First,
    /// Who was told of the first takes it too.
    Another,
    /// There is no room for it.
    Full,
}

impl Gathered {
    pub(super) const fn new(most: usize) -> Self {
        Self { entries: Mutex::new(Vec::new()), most }
    }

    pub(super) fn add(&self, entry: Entry) -> Added {
        let mut entries = self.entries.lock();
        if entries.len() >= self.most {
            return Added::Full;
        }
        entries.push(entry);
        if entries.len() == 1 { Added::First } else { Added::Another }
    }

    /// All of them; the next is a first one again.
    pub(super) fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut self.entries.lock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::Timestamp;

    #[test]
    fn the_first_of_each_gathering_is_told_of_and_the_bound_holds() {
        let gathered = Gathered::new(2);
        let entry = |at| Entry::new("open", Timestamp::from_micros(at));
        for round in [0, 10] {
            let added = [1, 2, 3].map(|n| gathered.add(entry(round + n)));
            assert_eq!(added, [Added::First, Added::Another, Added::Full]);
            assert_eq!(gathered.take(), [1, 2].map(|n| entry(round + n)));
        }
        assert_eq!(gathered.take(), []);
    }
}
