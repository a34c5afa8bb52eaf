//! What all parts of the engine share.

use nija_core::{
    Clock, CredentialStatus, CustodyMode, Entropy, EventBus, FeeSchedule, Ledger, LedgerError, NoSigner,
    OpenPurpose, OrderId, RiskChain, Router, Symbol, Tier, UserId, Vault, VaultError, VenueAccount,
    VenueError, VenueId,
};
use parking_lot::{Mutex, RwLock};
use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::{Arc, atomic::AtomicBool},
};
use tokio::time::Instant;

use crate::lane::Sending;

use super::{
    EngineConfig, EngineError, feedback::Feedback, ids::ById, kill::Kills, market::Market,
    protection::Guards, tasks::Tasks, user::User, venue::Venue,
};

/// The engine without its handle; its background tasks hold it.
pub(crate) struct Inner {
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) bus: Arc<dyn EventBus>,
    pub(crate) router: Arc<dyn Router>,
    pub(crate) risk: RiskChain,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) config: EngineConfig,
    pub(crate) venues: Vec<Arc<Venue>>,
    /// Unsettled orders at venues that are not of this platform any more.
    pub(crate) orphans: Mutex<BTreeMap<VenueId, BTreeSet<OrderId>>>,
    pub(crate) market: Market,
    pub(crate) feedback: Feedback,
    pub(crate) tasks: Tasks,
    pub(crate) kills: Kills,
    pub(crate) guards: Guards,
    /// What guarded positions at the start, for users as they are met.
    pub(crate) guarded_at_start: RwLock<Vec<nija_core::Protection>>,
    pub(crate) draining: AtomicBool,
    pub(crate) routing_latency: metrics::Histogram,
    pub(crate) users: RwLock<ById<UserId, Arc<User>>>,
    pub(crate) tiers: RwLock<ById<UserId, Tier>>,
}

impl Inner {
    pub(crate) fn venue(&self, id: &VenueId) -> Option<&Arc<Venue>> {
        self.venues.iter().find(|venue| venue.id == *id)
    }

    pub(crate) fn known_venue(&self, id: &VenueId) -> Result<&Arc<Venue>, EngineError> {
        self.venue(id).ok_or_else(|| EngineError::Invalid(format!("there is no venue {id} on this platform")))
    }

    pub(crate) fn tier(&self, user: UserId) -> Tier {
        self.tiers.read().get(&user).copied().unwrap_or_default()
    }

    pub(crate) fn fees(&self, user: Option<&User>, venue: &Venue, symbol: &Symbol) -> FeeSchedule {
        user.and_then(|user| user.conn(&venue.id))
            .map_or_else(|| venue.executor.default_fees(), |conn| conn.fee(symbol))
    }

    /// The user, read from the ledger when first met.
    pub(crate) async fn user(self: &Arc<Self>, id: UserId) -> Result<Arc<User>, LedgerError> {
        let known = self.users.read().get(&id).cloned();
        let user = known.unwrap_or_else(|| {
            self.users.write().entry(id).or_insert_with(|| Arc::new(User::new(id))).clone()
        });
        user.loaded.get_or_try_init(|| self.load(&user)).await?;
        Ok(user)
    }

    /// Who can make the user's key for a venue sign.
    pub(crate) async fn custody(&self, user: UserId, venue: &Venue) -> Result<CustodyMode, VaultError> {
        if !venue.executor.contract().needs_credential {
            return Ok(CustodyMode::Delegated);
        }
        let all = self.vault.list(user).await?;
        let mut there = all.iter().filter(|meta| meta.venue == venue.id);
        let active = there.find(|meta| meta.status == CredentialStatus::Active);
        Ok(active.map_or(CustodyMode::Delegated, |meta| meta.custody))
    }

    /// The user's account at a venue, ready to be used.
    pub(crate) async fn account(
        &self,
        user: UserId,
        venue: &Venue,
        purpose: OpenPurpose,
    ) -> Result<VenueAccount, VaultError> {
        let signer = if venue.executor.contract().needs_credential {
            self.vault.open(user, &venue.id, purpose).await?
        } else {
            Arc::new(NoSigner)
        };
        Ok(VenueAccount { user, signer })
    }

    /// Asks a venue something, under this user's key or without one: it counts in the venue's rate budgets, and is not sent while the venue
    /// wants nothing sent.
    pub(crate) async fn ask<T>(
        &self,
        venue: &Venue,
        user: Option<UserId>,
        what: Sending,
        call: impl Future<Output = Result<T, VenueError>>,
    ) -> Result<T, VenueError> {
        let banned = venue.lane.read_token(user, what).await.map_err(|wait| venue.silent_for(wait))?;
        let began = Instant::now();
        let answer = tokio::select! {
            biased;
            answer = self.within(venue, call) => answer,
            // It may have more to send, which would prolong the ban. What it has heard is asked for again.
            () = banned => {
                let wait = venue.lane.held_reading(user).unwrap_or_default();
                return Err(venue.silent_for(wait));
            }
        };
        venue.lane.note_read(user, venue.heard(&answer), began, &venue.limits_used(user));
        answer
    }

    /// Bounds a call.
    pub(crate) async fn within<T>(
        &self,
        venue: &Venue,
        call: impl Future<Output = Result<T, VenueError>>,
    ) -> Result<T, VenueError> {
        tokio::time::timeout(self.config.call_timeout, call).await.unwrap_or_else(|_| {
            Err(VenueError::AnswerLost {
                venue: venue.id.clone(),
                message: format!("no answer within {} s", self.config.call_timeout.as_secs()),
            })
        })
    }
}
