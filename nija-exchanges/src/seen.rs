//! What was seen already, as far back as it matters.

use std::collections::{HashSet, VecDeque};

/// The newest ids.
#[derive(Debug)]
pub(crate) struct Seen {
    kept: usize,
    ids: HashSet<String>,
    oldest: VecDeque<String>,
}

impl Seen {
    pub(crate) fn new(kept: usize) -> Self {
        Self { kept, ids: HashSet::new(), oldest: VecDeque::new() }
    }

    /// Notes an id; false when it was there already.
    pub(crate) fn insert(&mut self, id: &str) -> bool {
        if !self.ids.insert(id.to_owned()) {
            return false;
        }
        self.oldest.push_back(id.to_owned());
        while self.oldest.len() > self.kept {
            if let Some(oldest) = self.oldest.pop_front() {
                self.ids.remove(&oldest);
            }
        }
        true
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        self.ids.contains(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_remembered() {
        let mut seen = Seen::new(2);
        assert!(seen.insert("a") && seen.insert("b") && !seen.insert("a"));
        assert!(seen.insert("c") && !seen.contains("a") && seen.contains("b"));
        assert!(seen.insert("a"));
    }
}
