//! How far a venue's clock is from ours.

use nija_core::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// What a measurement leaves open: the journey, and a clock that is told in whole seconds.
const DOUBT: Duration = Duration::from_secs(2);

/// The newest measurement; zero before the first.
#[derive(Debug, Default)]
pub struct ClockOffset(AtomicI64);

impl ClockOffset {
    /// Takes a measurement: the venue said `venue`, exact to `resolution` microseconds, in answer to a request sent at `sent`
    /// and answered at `received`. A difference that the journey and the resolution explain is not taken for an offset.
    pub fn measure(&self, sent: Timestamp, venue: Timestamp, received: Timestamp, resolution: i64) {
        let middle = sent.micros() / 2 + received.micros() / 2;
        let offset = venue.micros().saturating_add(resolution / 2).saturating_sub(middle);
        let doubt = (received.micros().saturating_sub(sent.micros()) / 2).saturating_add(resolution);
        let known = if offset.abs() <= doubt { 0 } else { offset };
        self.0.store(known, Ordering::Relaxed);
    }

    /// Our time as the venue's clock shows it.
    #[must_use]
    pub fn at_venue(&self, ours: Timestamp) -> Timestamp {
        Timestamp::from_micros(ours.micros().saturating_add(self.0.load(Ordering::Relaxed)))
    }

    /// A moment from which on something is asked for, told by our clock or by the venue's: the earlier of the two, so that nothing that
    /// happened since is left out, whichever clock is behind.
    #[must_use]
    pub fn earliest(&self, since: Timestamp) -> Timestamp {
        if self.micros() < 0 { self.at_venue(since).minus(DOUBT) } else { since }
    }

    /// Microseconds that the venue is ahead.
    #[must_use]
    pub fn micros(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn offset(sent: i64, venue: i64, received: i64) -> i64 {
        let offset = ClockOffset::default();
        let at = Timestamp::from_micros;
        offset.measure(at(sent), at(venue), at(received), SECOND);
        offset.micros()
    }

    #[test]
    fn a_clock_that_agrees_within_its_resolution_is_left_alone() {
        assert_eq!(offset(1_000_400_000, 1_000_000_000, 1_000_500_000), 0);
        assert_eq!(offset(1_000_900_000, 1_001_000_000, 1_001_100_000), 0);
    }

    #[test]
    fn a_clock_that_is_off_is_followed_both_ways() {
        assert_eq!(offset(1_000_000_000, 1_030_000_000, 1_000_000_000), 30 * SECOND + SECOND / 2);
        assert!(offset(1_030_000_000, 1_000_000_000, 1_030_000_000) < -28 * SECOND);
    }

    #[test]
    fn what_is_asked_for_begins_by_the_clock_that_is_behind() {
        let (at, offset) = (Timestamp::from_micros, ClockOffset::default());
        offset.measure(at(300 * SECOND), at(100 * SECOND), at(300 * SECOND), 0);
        assert_eq!(offset.earliest(at(1_000 * SECOND)), at(798 * SECOND));
        offset.measure(at(100 * SECOND), at(300 * SECOND), at(100 * SECOND), 0);
        assert_eq!(offset.earliest(at(1_000 * SECOND)), at(1_000 * SECOND));
    }
}
