//! Where we are in the stream's sequence, as pure data.

use crate::wire::{StreamBody, StreamEvent};

/// The place to resume from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    stream: Option<String>,
    /// `None` where the next number may be any.
    last: Option<u64>,
}

/// What to do with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Deliver,
    /// Deliver, and say that something was lost.
    DeliverAndReload,
    /// Seen before.
    Skip,
}

impl Cursor {
    /// The query of the next connection.
    pub(super) fn resume(&self) -> Option<(&str, u64)> {
        Some((self.stream.as_deref()?, self.last?))
    }

    pub(super) fn advance(&mut self, event: &StreamEvent) -> Step {
        match &event.body {
            StreamBody::Hello { stream, last_seq } => self.hello(stream, *last_seq),
            StreamBody::Reload { .. } => {
                self.last = None;
                Step::Deliver
            }
            _ => self.numbered(event.seq),
        }
    }

    pub(super) fn numbered(&mut self, seq: u64) -> Step {
        if seq == 0 {
            return Step::Deliver;
        }
        let before = self.last.replace(seq);
        match before {
            Some(last) if seq <= last => {
                self.last = Some(last);
                Step::Skip
            }
            Some(last) if seq > last + 1 => Step::DeliverAndReload,
            _ => Step::Deliver,
        }
    }

    fn hello(&mut self, stream: &str, newest: u64) -> Step {
        let first = self.stream.is_none();
        let resumed = self.stream.as_deref() == Some(stream) && self.last.is_some_and(|last| last <= newest);
        if resumed {
            return Step::Deliver;
        }
        self.stream = Some(stream.to_owned());
        self.last = Some(newest);
        if first { Step::Deliver } else { Step::DeliverAndReload }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::BotStatus;
    use proptest::prelude::*;

    fn event(seq: u64, body: StreamBody) -> StreamEvent {
        StreamEvent { seq, at: String::new(), body }
    }

    fn hello(stream: &str, last_seq: u64) -> StreamEvent {
        event(0, StreamBody::Hello { stream: stream.to_owned(), last_seq })
    }

    fn numbered(seq: u64) -> StreamEvent {
        let status = BotStatus { state: "running".to_owned(), since: String::new() };
        event(seq, StreamBody::BotStatus(status))
    }

    #[test]
    fn a_resumed_stream_goes_on_without_a_reload() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.resume(), None);
        assert_eq!(cursor.advance(&hello("a", 7)), Step::Deliver);
        assert_eq!(cursor.advance(&numbered(8)), Step::Deliver);
        assert_eq!(cursor.resume(), Some(("a", 8)));
        assert_eq!(cursor.advance(&hello("a", 10)), Step::Deliver);
        assert_eq!(cursor.advance(&numbered(9)), Step::Deliver);
    }

    #[test]
    fn another_run_of_the_server_means_reload() {
        let mut cursor = Cursor::default();
        cursor.advance(&hello("a", 7));
        assert_eq!(cursor.advance(&hello("b", 2)), Step::DeliverAndReload);
        assert_eq!(cursor.resume(), Some(("b", 2)));
    }

    #[test]
    fn a_server_that_lost_numbers_means_reload() {
        let mut cursor = Cursor::default();
        cursor.advance(&hello("a", 7));
        assert_eq!(cursor.advance(&hello("a", 3)), Step::DeliverAndReload);
    }

    #[test]
    fn after_a_reload_any_number_begins_anew() {
        let mut cursor = Cursor::default();
        cursor.advance(&hello("a", 7));
        let reload = event(0, StreamBody::Reload { reason: String::new() });
        assert_eq!(cursor.advance(&reload), Step::Deliver);
        assert_eq!(cursor.advance(&numbered(90)), Step::Deliver);
        assert_eq!(cursor.advance(&numbered(91)), Step::Deliver);
    }

    proptest! {
        #[test]
        fn every_number_comes_once_and_in_order_and_gaps_are_told(seqs in prop::collection::vec(0u64..40, 0..80)) {
            let mut cursor = Cursor::default();
            cursor.advance(&hello("a", 0));
            let mut last = 0;
            for seq in seqs {
                match cursor.advance(&numbered(seq)) {
                    Step::Skip => prop_assert!(seq != 0 && seq <= last),
                    Step::Deliver => prop_assert!(seq == 0 || seq == last + 1),
                    Step::DeliverAndReload => prop_assert!(seq > last + 1),
                }
                last = last.max(seq);
            }
        }
    }
}
