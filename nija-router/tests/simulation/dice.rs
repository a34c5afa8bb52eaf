//! One seeded source of chance for everything around the engine.

use parking_lot::Mutex;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{ops::Range, sync::Arc, time::Duration};

#[derive(Clone)]
pub(crate) struct Dice(Arc<Mutex<ChaCha8Rng>>);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(ChaCha8Rng::seed_from_u64(seed))))
    }

    /// Whether something of this chance, in per cent, happens.
    pub(crate) fn chance(&self, percent: u32) -> bool {
        percent > 0 && self.0.lock().random_range(0..100) < percent
    }

    pub(crate) fn number(&self, range: Range<u64>) -> u64 {
        self.0.lock().random_range(range)
    }

    pub(crate) fn millis(&self, range: Range<u64>) -> Duration {
        Duration::from_millis(self.number(range))
    }

    pub(crate) fn pick<'a, T>(&self, from: &'a [T]) -> &'a T {
        &from[self.0.lock().random_range(0..from.len())]
    }
}
