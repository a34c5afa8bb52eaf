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

    /// Adds an account, or puts it in the place of the one at the same venue.
    pub(crate) fn put_conn(&self, conn: Arc<Conn>) {
        let mut shared = self.conns.write();
        let conns = Arc::make_mut(&mut shared);
        match conns.iter_mut().find(|known| known.venue.id == conn.venue.id) {
            Some(known) => {
                known.abort();
                *known = conn;
            }
            None => {
                conns.push(conn);
                // Credentials are older or newer than each other whatever the order they were read in.
                conns.sort_by_key(|conn| conn.since);
            }
        }
    }

    pub(crate) fn drop_conn(&self, venue: &VenueId) {
        Arc::make_mut(&mut self.conns.write()).retain(|conn| {
            let keep = conn.venue.id != *venue;
            if !keep {
                conn.abort();
            }
            keep
        });
    }
}
