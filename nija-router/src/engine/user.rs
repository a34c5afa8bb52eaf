//! A user as the engine knows them.

use nija_core::{UserId, VenueId};
use parking_lot::RwLock;
use std::sync::Arc;
use tokio::sync::{Mutex, Notify, OnceCell};

use super::{conn::Conn, state::UserState};

/// One user: the state behind one lock, so that check and reserve is atomic, and the accounts at venues.
pub(crate) struct User {
    pub(crate) id: UserId,
    /// Held over an append: memory and journal change in the same order.
    pub(crate) state: Mutex<UserState>,
    pub(crate) loaded: OnceCell<()>,
    /// Wakes those who wait for an order.
    pub(crate) changed: Notify,
    /// Replaced as a whole, so that readers share it.
    conns: RwLock<Arc<Vec<Arc<Conn>>>>,
}

impl User {
    pub(crate) fn new(id: UserId) -> Self {
        Self {
            id,
            state: Mutex::default(),
            loaded: OnceCell::new(),
            changed: Notify::new(),
            conns: RwLock::default(),
        }
    }

    /// Accounts in the order they were connected.
    pub(crate) fn conns(&self) -> Arc<Vec<Arc<Conn>>> {
        self.conns.read().clone()
    }

    pub(crate) fn conn(&self, venue: &VenueId) -> Option<Arc<Conn>> {
        self.conns.read().iter().find(|conn| conn.venue.id == *venue).cloned()
    }

    /// Tells those who wait for an order that something changed.
    pub(crate) fn note_change(&self) {
        // Who comes later looks at the state first.
        self.changed.notify_waiters();
    }

    /// Adds an account. The one that was there before has been taken away.
    pub(crate) fn put_conn(&self, conn: Arc<Conn>) {
        let mut shared = self.conns.write();
        let conns = Arc::make_mut(&mut shared);
        conns.push(conn);
        // Credentials are older or newer than each other whatever the order they were read in.
        conns.sort_by_key(|conn| conn.since);
    }

    /// Takes an account away.
    pub(crate) fn take_conn(&self, venue: &VenueId) -> Option<Arc<Conn>> {
        let mut shared = self.conns.write();
        let place = shared.iter().position(|conn| conn.venue.id == *venue)?;
        Some(Arc::make_mut(&mut shared).remove(place))
    }
}
