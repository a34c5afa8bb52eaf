//! Which fault hits which request.

use super::spec::{Fault, FaultKind, RandomFaults, on_path};
use parking_lot::Mutex;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Scripted faults kept at most; older ones go first.
const KEPT: usize = 10_000;

/// The faults that wait for requests.
#[derive(Debug, Default)]
pub(crate) struct FaultPlan {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    scripted: Vec<Fault>,
    random: Option<Random>,
    hits: BTreeMap<FaultKind, u64>,
}

/// Faults to draw, with a source of chance for requests and one for streams, so that neither disturbs the other.
#[derive(Debug)]
struct Random {
    faults: RandomFaults,
    requests: ChaCha8Rng,
    streams: ChaCha8Rng,
}

impl FaultPlan {
    pub(crate) fn add(&self, fault: Fault) {
        let mut state = self.state.lock();
        if state.scripted.len() == KEPT {
            state.scripted.remove(0);
        }
        state.scripted.push(fault);
    }

    pub(crate) fn set_random(&self, random: RandomFaults) {
        let rng = |stream| {
            let mut rng = ChaCha8Rng::seed_from_u64(random.seed);
            rng.set_stream(stream);
            rng
        };
        let (requests, streams) = (rng(0), rng(1));
        self.state.lock().random = Some(Random { faults: random, requests, streams });
    }

    pub(crate) fn clear(&self) {
        let mut state = self.state.lock();
        state.scripted.clear();
        state.random = None;
    }

    /// How many requests were hit so far.
    pub(crate) fn hits(&self) -> u64 {
        let state = self.state.lock();
        state.hits.iter().filter(|(kind, _)| !kind.is_state()).map(|(_, hits)| hits).sum()
    }

    /// How often each kind has hit: requests, messages of streams, or the venue.
    pub(crate) fn hits_by_kind(&self) -> BTreeMap<FaultKind, u64> {
        self.state.lock().hits.clone()
    }

    /// Counts a fault that was not taken from here.
    pub(crate) fn note(&self, kind: FaultKind) {
        *self.state.lock().hits.entry(kind).or_default() += 1;
    }

    /// How often the scripted faults will still hit.
    pub(crate) fn pending(&self) -> u64 {
        self.state.lock().scripted.iter().map(|fault| fault.times).sum()
    }

    /// The fault for a request, used up by it.
    pub(crate) fn take(&self, path: &str, private: bool, key: Option<&str>) -> Option<Fault> {
        let mut state = self.state.lock();
        let hit = state.scripted(path, private, key).or_else(|| state.drawn(path, private));
        if let Some(fault) = &hit {
            *state.hits.entry(fault.kind).or_default() += 1;
        }
        hit
    }

    /// Whether a fault of this kind is drawn for a message of a stream.
    pub(crate) fn draws_on_stream(&self, kind: FaultKind) -> bool {
        let mut state = self.state.lock();
        let Some(random) = state.random.as_mut().filter(|random| random.faults.kinds.contains(&kind)) else {
            return false;
        };
        random.streams.random_bool(random.faults.share())
    }
}

impl State {
    fn scripted(&mut self, path: &str, private: bool, key: Option<&str>) -> Option<Fault> {
        let index =
            self.scripted.iter().position(|fault| fault.times > 0 && fault.hits(path, private, key))?;
        let fault = &mut self.scripted[index];
        fault.times -= 1;
        let hit = fault.clone();
        self.scripted.retain(|fault| fault.times > 0);
        Some(hit)
    }

    fn drawn(&mut self, path: &str, private: bool) -> Option<Fault> {
        let Random { faults, requests: rng, .. } = self.random.as_mut()?;
        let kinds: Vec<FaultKind> = faults.kinds.iter().copied().filter(|kind| !kind.is_state()).collect();
        let rate = (faults.share() * kinds.len() as f64).clamp(0.0, 1.0);
        if kinds.is_empty() || !on_path(faults.path.as_deref(), path, private) || !rng.random_bool(rate) {
            return None;
        }
        let kind = kinds[rng.random_range(0..kinds.len())];
        Some(Fault::new(kind))
    }
}

/// What is wrong with the streams.
#[derive(Debug, Default)]
pub(crate) struct StreamFaults {
    pub(crate) gap: AtomicU64,
    pub(crate) duplicates: AtomicU64,
    pub(crate) late_ms: AtomicU64,
    pub(crate) stale_book: AtomicBool,
}

impl StreamFaults {
    /// Takes one from a counter; false when it was zero.
    pub(crate) fn take(counter: &AtomicU64) -> bool {
        counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    pub(crate) fn clear(&self) {
        self.gap.store(0, Ordering::Relaxed);
        self.duplicates.store(0, Ordering::Relaxed);
        self.late_ms.store(0, Ordering::Relaxed);
        self.stale_book.store(false, Ordering::Relaxed);
    }
}
