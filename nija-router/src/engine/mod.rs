//! The order engine.

mod account;
mod accounts;
mod answers;
mod aside;
mod attended;
mod backoff;
mod balances;
mod bans;
mod bound;
mod cancel;
mod children;
mod config;
mod conn;
mod derived;
mod doubts;
mod draft;
mod dust;
mod entries;
mod error;
mod feedback;
mod fees;
mod fitting;
mod gap;
mod hear;
mod held;
mod ids;
mod inner;
mod keeper;
mod kill;
mod latch;
mod late_fees;
mod limits;
mod listen;
mod live;
mod load;
mod market;
mod money;
mod names;
mod news;
mod orders;
mod owner;
mod protection;
mod rates;
mod realised;
mod receipt;
mod reconcile;
mod record;
mod reroute;
mod resolve;
mod route;
mod sample;
mod send;
mod settings;
mod stake;
mod start;
mod state;
mod stats;
mod stream_calls;
mod submit;
mod tasks;
mod told;
mod turn;
mod user;
mod venue;
mod view;

pub use answers::{AccountSummary, MarkedPosition, Preview, Submitted, VenueStatus};
pub use attended::LeftBehind;
pub use children::SlicingConfig;
pub use config::EngineConfig;
pub use error::EngineError;
pub(crate) use ids::{ById, ByName};
pub use kill::{KillReport, VenueProof};
pub use money::CURRENCY;
pub use protection::{ProtectionConfig, ProtectionStatus};
pub use stats::RoutingStats;

use nija_core::{Clock, Entropy, EventBus, Executor, Ledger, RiskChain, Router, Vault};
use std::{
    future::Future,
    sync::{Arc, atomic::Ordering},
};

use inner::Inner;
use user::User;

/// What an engine is made of.
pub struct EngineParts {
    /// Opens signers.
    pub vault: Arc<dyn Vault>,
    /// The journal.
    pub ledger: Arc<dyn Ledger>,
    /// The venues.
    pub executors: Vec<Arc<dyn Executor>>,
    /// Where live events go.
    pub bus: Arc<dyn EventBus>,
    /// The scoring policy.
    pub router: Arc<dyn Router>,
    /// The risk policies.
    pub risk: RiskChain,
    /// Time, for every decision.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for ids.
    pub entropy: Arc<dyn Entropy>,
    /// Settings.
    pub config: EngineConfig,
}

/// The order engine: the only way from a signal to a venue. It ends with its last handle; what was in flight then is
/// reconciled by the next start.
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
    /// Users whose accounts were there at the start.
    starting: Vec<Arc<User>>,
}

impl Engine {
    /// Takes up what the ledger and the vault hold, and starts. Venues that are down do not hold it up.
    ///
    /// # Errors
    /// [`EngineError::Ledger`] or [`EngineError::Vault`] when those cannot be read.
    pub async fn start(parts: EngineParts) -> Result<Arc<Self>, EngineError> {
        let inner = Arc::new(Inner::new(parts));
        match inner.take_up().await {
            Ok(starting) => {
                inner.markets_tried().await;
                Ok(Arc::new(Self { inner, starting }))
            }
            Err(error) => {
                inner.tasks.stop().await;
                Err(error)
            }
        }
    }

    /// Waits until every account that was there at the start has been reconciled, or at least tried once. An order that a venue
    /// could not tell about is `Unknown` then.
    pub async fn reconciled(&self) {
        for user in &self.starting {
            for conn in user.conns().iter() {
                conn.tried.wait().await;
            }
        }
    }

    /// Takes nothing new and waits, within a bound, until the lanes are empty. What is left is on record and taken up by
    /// the next start.
    pub async fn drain(&self) {
        self.inner.draining.store(true, Ordering::SeqCst);
        let drained = async {
            for venue in &self.inner.venues {
                venue.lane.drained().await;
            }
        };
        if tokio::time::timeout(self.inner.config.drain_timeout, drained).await.is_err() {
            tracing::warn!("orders were still being sent when the time to drain was over");
        }
    }

    /// Ends all background work where it stands and waits until it is gone; [`Engine::drain`] first for a clean end.
    pub async fn stop(&self) {
        self.inner.draining.store(true, Ordering::SeqCst);
        self.inner.tasks.stop().await;
        self.inner.keep_last_bans().await;
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, EngineError>> + Send + 'static,
    ) -> Result<T, EngineError> {
        self.inner.tasks.run(work).await.unwrap_or(Err(EngineError::Draining))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.inner.tasks.abort();
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let venues: Vec<_> = self.inner.venues.iter().map(|venue| &venue.id).collect();
        f.debug_struct("Engine").field("venues", &venues).finish_non_exhaustive()
    }
}
