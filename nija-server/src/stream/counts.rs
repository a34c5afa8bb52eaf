//! How many streams are open.

use nija_core::UserId;
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};

use super::shared::SharedFrames;

/// Counts open streams, each user's apart.
#[derive(Debug, Clone)]
pub(crate) struct StreamCounts {
    per_user: usize,
    open: Arc<Mutex<HashMap<UserId, Streams>>>,
}

/// The streams of one user.
#[derive(Debug, Default)]
struct Streams {
    count: usize,
    frames: Arc<SharedFrames>,
}

/// One open stream; gives its place back when dropped.
#[derive(Debug)]
pub(crate) struct StreamPlace {
    user: UserId,
    counts: StreamCounts,
    /// What all streams of the user send.
    pub(super) frames: Arc<SharedFrames>,
}

impl StreamCounts {
    pub(crate) fn new(per_user: usize) -> Self {
        Self { per_user, open: Arc::default() }
    }

    /// A place for one more stream of a user, if there is one.
    pub(crate) fn enter(&self, user: UserId) -> Option<StreamPlace> {
        let mut open = self.open.lock();
        let streams = open.entry(user).or_default();
        (streams.count < self.per_user).then(|| {
            streams.count += 1;
            StreamPlace { user, counts: self.clone(), frames: streams.frames.clone() }
        })
    }

    /// All open streams.
    pub(crate) fn total(&self) -> usize {
        self.open.lock().values().map(|streams| streams.count).sum()
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut open = self.counts.open.lock();
        if let Some(streams) = open.get_mut(&self.user) {
            streams.count -= 1;
            if streams.count == 0 {
                open.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{SeededEntropy, Timestamp};

    #[test]
    fn a_place_comes_back_when_its_stream_ends() {
        let counts = StreamCounts::new(1);
        let user = |seed| UserId::generate(Timestamp::from_micros(0), &SeededEntropy::new(seed));
        let first = counts.enter(user(1));
        assert!(first.is_some() && counts.enter(user(1)).is_none() && counts.enter(user(2)).is_some());
        drop(first);
        assert!(counts.enter(user(1)).is_some());
        assert_eq!(counts.total(), 0);
    }
}
