//! Sessions that are over while their access tokens still run: asked at every request, so kept in memory.

use nija_core::Timestamp;
use parking_lot::RwLock;
use std::{collections::HashMap, time::Duration};

/// Sessions that ended within the life of an access token.
#[derive(Debug)]
pub(crate) struct RevokedSessions {
    life: Duration,
    ended: RwLock<HashMap<String, Timestamp>>,
}

impl RevokedSessions {
    /// `life` is an access token's; `ended` are the sessions that ended within it, from the database.
    pub(crate) fn new(life: Duration, ended: Vec<String>, now: Timestamp) -> Self {
        Self { life, ended: RwLock::new(ended.into_iter().map(|session| (session, now)).collect()) }
    }

    /// Refuses a session's access tokens from now on.
    pub(crate) fn add(&self, session: String, now: Timestamp) {
        let mut ended = self.ended.write();
        ended.retain(|_, at| now.since(*at) <= self.life);
        ended.insert(session, now);
    }

    /// Whether a session is over.
    pub(crate) fn contains(&self, session: &str) -> bool {
        self.ended.read().contains_key(session)
    }
}
