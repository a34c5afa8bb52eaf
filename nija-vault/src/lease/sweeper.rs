//! When what has expired is looked for.
//!
//! The writer asks after every commit, and a sweep walks everything that is out under locks that every opening takes: it may not
//! come with each commit, or openings cost the more the more users there are.

use nija_core::Timestamp;
use parking_lot::Mutex;
use std::time::Duration;

/// The least time between two sweeps. Nothing waits for one: what has expired signs nothing, swept or not.
const APART: Duration = Duration::from_secs(1);

/// Says when a sweep is due.
#[derive(Debug, Default)]
pub(crate) struct Sweeper(Mutex<Option<Timestamp>>);

impl Sweeper {
    /// Runs `sweep`, unless it ran within the second before. A clock that was set back does not hold it up.
    pub(crate) fn run(&self, now: Timestamp, sweep: impl FnOnce()) {
        let mut last = self.0.lock();
        if last.is_some_and(|last| last <= now && now < last.plus(APART)) {
            return;
        }
        *last = Some(now);
        sweep();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_comes_at_most_once_a_second_and_a_clock_set_back_does_not_stop_it() {
        let (sweeper, mut sweeps) = (Sweeper::default(), Vec::new());
        for millis in [0, 1, 999, 1_000, 1_500, 1_999, 2_000, 9_000, 100, 600, 1_100] {
            let now = Timestamp::from_micros(millis * 1_000);
            sweeper.run(now, || sweeps.push(millis));
        }
        assert_eq!(sweeps, [0, 1_000, 2_000, 9_000, 100, 1_100]);
    }
}
