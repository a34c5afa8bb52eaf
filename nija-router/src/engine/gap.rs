//! What an account's stream may not have told: from when on executions are to be asked for.

use nija_core::Timestamp;
use parking_lot::Mutex;

/// A time in which the stream was down, or not there yet. Where the newest execution on record is by itself says too little: one that the stream
/// tells as soon as it is back may be on record before those that it missed are asked for.
#[derive(Debug, Default)]
pub(crate) struct Gap(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// What happened from then on may have been missed.
    since: Option<Timestamp>,
    /// When the stream last told something.
    heard_at: Option<Timestamp>,
    /// Grows with each gap.
    noted: u64,
}

/// A gap as it was when its executions were asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) since: Option<Timestamp>,
    noted: u64,
}

impl Gap {
    /// The stream told something.
    pub(crate) fn heard(&self, now: Timestamp) {
        self.0.lock().heard_at = Some(now);
    }

    /// When the stream last told something.
    pub(crate) fn heard_at(&self) -> Option<Timestamp> {
        self.0.lock().heard_at
    }

    /// What happened from then on may have been missed.
    pub(crate) fn opens(&self, since: Timestamp) {
        let mut state = self.0.lock();
        state.since = Some(state.since.map_or(since, |known| known.min(since)));
        state.noted += 1;
    }

    pub(crate) fn seen(&self) -> Seen {
        let state = self.0.lock();
        Seen { since: state.since, noted: state.noted }
    }

    /// All of a gap is on record up to `open_from`, from when on the stream is missing still; with a stream that is up there is none left. Nothing
    /// is said of a gap that came up meanwhile.
    pub(crate) fn closes(&self, seen: Seen, open_from: Option<Timestamp>) {
        let mut state = self.0.lock();
        if state.noted == seen.noted {
            state.since = open_from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_over_once_all_of_it_was_asked_for_and_no_other_came_up() {
        let (gap, at) = (Gap::default(), Timestamp::from_micros);
        assert_eq!(gap.seen().since, None);
        gap.opens(at(5));
        let first = gap.seen();
        gap.opens(at(7));
        gap.closes(first, None);
        let both = gap.seen();
        assert_eq!(both.since, Some(at(5)), "the second may lie behind what was asked for");
        gap.closes(both, Some(at(9)));
        assert_eq!(gap.seen().since, Some(at(9)));
        gap.closes(gap.seen(), None);
        assert_eq!(gap.seen().since, None);
    }
}
