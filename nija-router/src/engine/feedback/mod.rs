//! What orders really came to feeds the next route: of each pair at each venue, whether the venue took them, after what time, and how much worse than
//! expected they filled. All of it follows from the journal, as it is written and after a restart.

mod ewma;
mod fold;
#[cfg(test)]
mod tests;

pub(crate) use fold::Attempts;

use nija_core::{JournalRecord, PageRequest, Symbol, Timestamp, VenueId};
use parking_lot::Mutex;
use rust_decimal::Decimal;
use std::time::Duration;

use super::ids::ByName;
use ewma::{Ewma, HalfLife};
use fold::{Lesson, What};

/// Of each user's journal, the newest records that a restart reads for this: what is older counts little beside them.
pub(super) const READ_BACK: PageRequest = PageRequest { before: None, limit: 200 };

/// An order that was taken, in millionths; one that was not counts 0.
const TAKEN: i64 = 1_000_000;

#[derive(Debug, Default)]
struct Pair {
    taken: Ewma,
    latency_micros: Ewma,
    slipped: Ewma,
}

/// What is known of a pair at a venue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Learnt {
    /// 0 to 100.
    pub(crate) record: Option<Decimal>,
    pub(crate) latency: Option<Duration>,
    /// Basis points worse than expected; below zero when better.
    pub(crate) slippage: Option<Decimal>,
}

/// The figures of all venues.
#[derive(Debug)]
pub(crate) struct Feedback {
    half_life: HalfLife,
    pairs: Mutex<ByName<(VenueId, Symbol), Pair>>,
}

impl Feedback {
    pub(crate) fn new(half_life: Duration) -> Self {
        Self { half_life: HalfLife::new(half_life), pairs: Mutex::default() }
    }

    /// Follows a user's journal.
    pub(crate) fn follow(&self, attempts: &mut Attempts, records: &[JournalRecord]) {
        for record in records {
            attempts.follow(record, |lesson| self.learn(lesson));
        }
    }

    fn learn(&self, lesson: Lesson) {
        let Lesson { venue, symbol, at, what } = lesson;
        let mut pairs = self.pairs.lock();
        let pair = pairs.entry((venue, symbol)).or_default();
        match what {
            What::Taken(took) => {
                pair.taken.add(TAKEN, at, self.half_life);
                if let Some(micros) = took.and_then(|took| i64::try_from(took.as_micros()).ok()) {
                    pair.latency_micros.add(micros, at, self.half_life);
                }
            }
            What::NotTaken => pair.taken.add(0, at, self.half_life),
            What::Slipped(worse) => pair.slipped.add(worse, at, self.half_life),
        }
    }

    /// What is known of a pair at a venue whose calls are usually answered after this time. What is usual (an order is taken, fills as expected, and is
    /// answered as all calls are) counts as one order of this moment, so that one bad order does not condemn a venue and time lets it back in.
    pub(crate) fn learnt(
        &self,
        key: &(VenueId, Symbol),
        latency: Option<Duration>,
        now: Timestamp,
    ) -> Learnt {
        let usual = latency.and_then(|latency| i64::try_from(latency.as_micros()).ok());
        let pairs = self.pairs.lock();
        let Some(pair) = pairs.get(key) else {
            return Learnt { latency, ..Learnt::default() };
        };
        let answered = pair.latency_micros.mean(now, usual, self.half_life);
        Learnt {
            // A millionth is a ten-thousandth of a per cent.
            record: pair.taken.mean(now, Some(TAKEN), self.half_life).map(|taken| Decimal::new(taken, 4)),
            latency: answered
                .and_then(|micros| u64::try_from(micros).ok())
                .map(Duration::from_micros)
                .or(latency),
            slippage: pair.slipped.mean(now, Some(0), self.half_life).map(|worse| Decimal::new(worse, 4)),
        }
    }
}
