//! All leases that are out: a bounded cache of those that can be handed out again, and weak references to every other, so that
//! a change ends them too.

use nija_core::{Timestamp, UserId, VenueId};
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::Lease;

/// How long a lease lasts.
pub(crate) const TTL: Duration = Duration::from_secs(300);
/// A lease with less than this left is not handed out again: who gets one can count on this much.
const LEAST: Duration = Duration::from_secs(30);
/// Decrypted credentials kept ready.
const CAPACITY: usize = 4096;

/// Changes are counted for this many groups of users, so that one user's change seldom makes another read twice.
const SHARDS: usize = 64;

type Place = (UserId, VenueId);

/// A count of the changes, read before a credential is decrypted: when it moved meanwhile, what was read may be old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Epoch(u64);

/// The leases.
#[derive(Debug, Default)]
pub(crate) struct Book {
    leases: Mutex<Leases>,
    /// Openings that found a lease ready, and those that had to read and decrypt.
    hits: AtomicU64,
    misses: AtomicU64,
}

#[derive(Debug)]
struct Leases {
    places: HashMap<Place, Out>,
    /// Cached leases, oldest first; one that was replaced is skipped.
    order: VecDeque<(Place, Weak<Lease>)>,
    /// Of keys that are only being checked. A change of what is stored is none of theirs.
    checks: Vec<Weak<Lease>>,
    cached: usize,
    changes: [u64; SHARDS],
}

#[derive(Debug, Default)]
struct Out {
    current: Option<Arc<Lease>>,
    others: Vec<Weak<Lease>>,
}

impl Book {
    /// When a lease that is opened now ends.
    pub(crate) fn ends_at(now: Timestamp) -> Timestamp {
        now.plus(TTL)
    }

    /// A lease that is ready, or the epoch to give back with the one that the caller makes.
    pub(crate) fn find(&self, user: UserId, venue: &VenueId, now: Timestamp) -> Result<Arc<Lease>, Epoch> {
        let leases = self.leases.lock();
        leases
            .places
            .get(&(user, venue.clone()))
            .and_then(|out| out.current.as_ref())
            .filter(|lease| lease.is_live(now) && lease.is_live(now.plus(LEAST)))
            .cloned()
            .ok_or_else(|| Epoch(leases.changes.get(shard(user)).copied().unwrap_or(0)))
    }

    /// Takes up a new lease. `None` when something changed since the epoch: read again. When another caller was faster,
    /// the answer is that caller's lease.
    pub(crate) fn insert(&self, lease: Arc<Lease>, epoch: Epoch, now: Timestamp) -> Option<Arc<Lease>> {
        let mut leases = self.leases.lock();
        if leases.changes.get(shard(lease.parts.user)) != Some(&epoch.0) {
            return None;
        }
        let place = (lease.parts.user, lease.parts.venue.clone());
        let out = leases.places.entry(place.clone()).or_default();
        match out.current.take() {
            Some(other) if other.is_live(now) && other.parts.opened_at >= lease.parts.opened_at => {
                out.current = Some(Arc::clone(&other));
                return Some(other);
            }
            Some(old) => out.others.push(Arc::downgrade(&old)),
            None => leases.cached += 1,
        }
        let out = leases.places.entry(place.clone()).or_default();
        out.current = Some(Arc::clone(&lease));
        leases.order.push_back((place, Arc::downgrade(&lease)));
        while leases.cached > CAPACITY {
            leases.evict_oldest();
        }
        Some(lease)
    }

    /// Keeps an eye on the lease of a key that is only being checked.
    pub(crate) fn watch(&self, lease: &Arc<Lease>) {
        let mut leases = self.leases.lock();
        if leases.checks.len() == leases.checks.capacity() {
            leases.checks.retain(|check| check.strong_count() > 0);
        }
        leases.checks.push(Arc::downgrade(lease));
    }

    /// Ends every lease of a user at a venue. Whoever opens afterwards reads what is stored now.
    pub(crate) fn end(&self, user: UserId, venue: &VenueId) {
        let mut leases = self.leases.lock();
        if let Some(changes) = leases.changes.get_mut(shard(user)) {
            *changes += 1;
        }
        if let Some(out) = leases.places.remove(&(user, venue.clone())) {
            leases.cached -= usize::from(out.current.is_some());
            out.end();
        }
    }

    /// Ends every lease of a user.
    pub(crate) fn end_user(&self, user: UserId) {
        let mut leases = self.leases.lock();
        if let Some(changes) = leases.changes.get_mut(shard(user)) {
            *changes += 1;
        }
        let mut ended = 0;
        leases.places.retain(|(owner, _), out| {
            if *owner != user {
                return true;
            }
            ended += usize::from(out.current.is_some());
            std::mem::take(out).end();
            false
        });
        leases.cached -= ended;
        leases.end_checks(|lease| lease.parts.user == user);
    }

    /// How many leases of a version can still sign.
    pub(crate) fn leases_of(&self, user: UserId, venue: &VenueId, version: u32, now: Timestamp) -> u64 {
        let leases = self.leases.lock();
        let Some(out) = leases.places.get(&(user, venue.clone())) else { return 0 };
        let others = out.others.iter().filter_map(Weak::upgrade);
        let all = out.current.iter().cloned().chain(others);
        all.filter(|lease| lease.parts.version == Some(version) && lease.is_live(now) && !lease.has_ended())
            .map(|_| 1)
            .sum()
    }

    /// When a lease of a user at a venue that is out last signed.
    pub(crate) fn last_signed(&self, user: UserId, venue: &VenueId) -> Option<Timestamp> {
        let leases = self.leases.lock();
        let out = leases.places.get(&(user, venue.clone()))?;
        let others = out.others.iter().filter_map(Weak::upgrade);
        out.current.iter().cloned().chain(others).filter_map(|lease| lease.last_signed()).max()
    }

    /// Counts an opening.
    pub(crate) fn note_opening(&self, was_ready: bool) {
        let counter = if was_ready { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Openings so far: those that found a lease ready, and the others.
    pub(crate) fn openings(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }

    /// How many leases are out, those that are handed out again and the others.
    pub(crate) fn count(&self) -> (u64, u64) {
        let leases = self.leases.lock();
        let others = leases.places.values().flat_map(|out| &out.others);
        (leases.cached as u64, others.filter(|lease| lease.strong_count() > 0).count() as u64)
    }

    /// Ends all leases.
    pub(crate) fn end_all(&self) {
        let mut leases = self.leases.lock();
        leases.changes.iter_mut().for_each(|changes| *changes += 1);
        leases.cached = 0;
        leases.order.clear();
        for (_, out) in leases.places.drain() {
            out.end();
        }
        leases.end_checks(|_| true);
    }

    /// Wipes what has expired, and has what the others signed put on record now and then.
    pub(crate) fn sweep(&self, now: Timestamp) {
        let mut leases = self.leases.lock();
        let mut expired = 0;
        leases.places.retain(|_, out| {
            if let Some(lease) = out.current.take_if(|lease| !lease.is_live(now)) {
                lease.end();
                expired += 1;
            }
            out.others.retain(|lease| {
                let lease = lease.upgrade();
                lease.as_ref().filter(|lease| !lease.is_live(now)).inspect(|lease| lease.end());
                lease.is_some_and(|lease| lease.is_live(now))
            });
            let others = out.others.iter().filter_map(Weak::upgrade);
            out.current.iter().cloned().chain(others).for_each(|lease| lease.count(now));
            out.current.is_some() || !out.others.is_empty()
        });
        leases.cached -= expired;
        leases.end_checks(|lease| !lease.is_live(now));
        leases.order.retain(|(_, lease)| lease.strong_count() > 0);
    }
}

fn shard(user: UserId) -> usize {
    // The last byte of a version 7 UUID is random.
    usize::from(user.as_uuid().as_bytes()[15]) % SHARDS
}

impl Default for Leases {
    fn default() -> Self {
        let (places, order, checks) = (HashMap::new(), VecDeque::new(), Vec::new());
        Self { places, order, checks, cached: 0, changes: [0; SHARDS] }
    }
}

impl Leases {
    /// A lease that leaves the cache stays good for those who hold it.
    fn evict_oldest(&mut self) {
        let Some((place, oldest)) = self.order.pop_front() else {
            self.cached = 0;
            return;
        };
        let Some(out) = self.places.get_mut(&place) else {
            return;
        };
        if let Some(lease) = out.current.take_if(|lease| std::ptr::eq(Arc::as_ptr(lease), oldest.as_ptr())) {
            self.cached -= 1;
            out.others.push(Arc::downgrade(&lease));
        }
        out.others.retain(|lease| lease.strong_count() > 0);
        if out.current.is_none() && out.others.is_empty() {
            self.places.remove(&place);
        }
    }
}

impl Leases {
    /// Ends those checks that it holds of, and forgets those that nobody holds.
    fn end_checks(&mut self, of: impl Fn(&Lease) -> bool) {
        self.checks.retain(|check| {
            let lease = check.upgrade();
            lease.as_ref().filter(|lease| of(lease)).inspect(|lease| lease.end());
            lease.is_some_and(|lease| !of(&lease))
        });
    }
}

impl Out {
    fn end(self) {
        let others = self.others.iter().filter_map(Weak::upgrade);
        self.current.into_iter().chain(others).for_each(|lease| lease.end());
    }
}
