//! Lanes for streams under test.

use async_trait::async_trait;
use nija_core::{LimitScope, OpenLane, StreamLane, StreamPass, UserId, VenueError, VenueId};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

/// A lane that lets everything go.
#[must_use]
pub fn open_lane() -> Arc<dyn StreamLane> {
    Arc::new(OpenLane)
}

/// A lane that counts, and lets nothing go when told so.
#[derive(Debug, Default)]
pub struct TestLane {
    banned: AtomicBool,
    limited: AtomicBool,
    passed: AtomicUsize,
    refused: AtomicUsize,
    under_way: Arc<()>,
}

impl TestLane {
    /// An open one.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Nothing goes, and streams that are down are told not even to connect; or that is over.
    pub fn ban(&self, banned: bool) {
        self.banned.store(banned, SeqCst);
    }

    /// No request goes; or that is over.
    pub fn limit(&self, limited: bool) {
        self.limited.store(limited, SeqCst);
    }

    /// Requests that it let go.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.passed.load(SeqCst)
    }

    /// Requests that it turned away.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.refused.load(SeqCst)
    }

    /// Requests that it let go and that are not answered yet.
    #[must_use]
    pub fn under_way(&self) -> usize {
        Arc::strong_count(&self.under_way) - 1
    }
}

#[async_trait]
impl StreamLane for TestLane {
    async fn enter(&self, _: Option<UserId>) -> Result<StreamPass, VenueError> {
        // Counted before the look: who closes it and then sees nothing under way knows that nothing follows.
        let mine = self.under_way.clone();
        if self.banned.load(SeqCst) || self.limited.load(SeqCst) {
            self.refused.fetch_add(1, SeqCst);
            let (venue, scope) = (VenueId::new("test").unwrap(), LimitScope::Ip);
            let retry_after = Some(Duration::from_millis(50));
            return Err(VenueError::RateLimited { venue, scope, banned: false, retry_after });
        }
        self.passed.fetch_add(1, SeqCst);
        Ok(StreamPass::new(move |_| drop(mine)))
    }

    fn held(&self, _: Option<UserId>) -> Option<Duration> {
        self.banned.load(SeqCst).then_some(Duration::from_millis(50))
    }
}
