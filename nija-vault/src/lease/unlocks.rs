//! Keys that users' devices derived and sent, for as long as their unlock lasts. They are in memory and nowhere else.

use nija_core::{Timestamp, UserId, VenueId};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::crypto::DataKey;

/// The longest that an unlock lasts, whatever the device asks for.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// How far a clock may be set back without ending unlocks.
const CORRECTION: Duration = Duration::from_secs(30);

/// A derived key and the time in which it may be used. aws-lc wipes the key when it is dropped.
#[derive(Clone)]
pub(crate) struct Unlocked {
    pub(crate) key: Arc<DataKey>,
    pub(crate) until: Timestamp,
    since: Timestamp,
    /// How long the audit log was when it was last known that nothing in it had taken this unlock back.
    entry: Arc<AtomicU64>,
}

/// All unlocks.
#[derive(Default)]
pub(crate) struct Unlocks(Mutex<HashMap<(UserId, VenueId), Unlocked>>);

impl Unlocks {
    /// When an unlock that is asked for until `until` ends.
    pub(crate) fn ends_at(now: Timestamp, until: Timestamp) -> Timestamp {
        until.min(now.plus(LONGEST))
    }

    pub(crate) fn insert(
        &self,
        user: UserId,
        venue: &VenueId,
        key: DataKey,
        (now, until): (Timestamp, Timestamp),
        entry: u64,
    ) {
        let entry = Arc::new(AtomicU64::new(entry));
        let unlocked = Unlocked { key: Arc::new(key), until, since: now, entry };
        self.0.lock().insert((user, venue.clone()), unlocked);
    }

    /// The key, while the unlock lasts. A clock that jumped back ends it, as it ends a lease.
    pub(crate) fn get(&self, user: UserId, venue: &VenueId, now: Timestamp) -> Option<Unlocked> {
        let mut all = self.0.lock();
        let place = (user, venue.clone());
        let unlocked = all.get(&place)?;
        if unlocked.is_over(now) {
            all.remove(&place);
            return None;
        }
        Some(unlocked.clone())
    }

    pub(crate) fn remove(&self, user: UserId, venue: &VenueId) {
        self.0.lock().remove(&(user, venue.clone()));
    }

    /// Forgets this very one; one that came after it stays.
    pub(crate) fn remove_this(&self, user: UserId, venue: &VenueId, unlocked: &Unlocked) {
        let mut all = self.0.lock();
        let place = (user, venue.clone());
        if all.get(&place).is_some_and(|present| Arc::ptr_eq(&present.key, &unlocked.key)) {
            all.remove(&place);
        }
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<(UserId, VenueId, Unlocked)> {
        let all = self.0.lock();
        all.iter().map(|((user, venue), unlocked)| (*user, venue.clone(), unlocked.clone())).collect()
    }

    pub(crate) fn remove_user(&self, user: UserId) {
        self.0.lock().retain(|(owner, _), _| *owner != user);
    }

    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }

    /// Wipes those that are over.
    pub(crate) fn sweep(&self, now: Timestamp) {
        self.0.lock().retain(|_, unlocked| !unlocked.is_over(now));
    }
}

impl Unlocked {
    /// The entry of the log after which something may have taken it back.
    pub(crate) fn entry(&self) -> u64 {
        self.entry.load(Ordering::Relaxed)
    }

    /// Nothing up to this entry did.
    pub(crate) fn stands_at(&self, entry: u64) {
        self.entry.fetch_max(entry, Ordering::Relaxed);
    }

    fn is_over(&self, now: Timestamp) -> bool {
        now >= self.until || self.since > now.plus(CORRECTION)
    }
}

impl fmt::Debug for Unlocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unlocks({})", self.0.lock().len())
    }
}
