//! The parts put together: ledger, vault, executors, router and engine in one process.

use nija_core::{
    Clock, CredentialId, CredentialMeta, Entropy, EventBus, Executor, KeyRights, Ledger, OsEntropy,
    SealedCredential, SystemClock, UserId, Vault, VaultError, VenueAccount, VenueId,
};
use nija_exchanges::OpenedVenue;
use nija_router::{Engine, EngineParts, Policies, RiskChain, default_policies};
use parking_lot::Mutex;
use std::{collections::HashSet, path::Path, sync::Arc};

use crate::custody::{Custody, CustodyParts};
use crate::engine_vault::EngineVault;
use crate::ledger_config::Opened;
use crate::{LocalBus, PlatformConfig, PlatformError, VenueConfig};

/// A working platform. Cheap to share behind an [`Arc`].
pub struct Platform {
    engine: Arc<Engine>,
    custody: Custody,
    ledger: Opened,
    bus: Arc<dyn EventBus>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    executors: Vec<Arc<dyn Executor>>,
    /// Accounts that are connected for as long as their owners' unlocks last.
    pub(crate) unlocked: Mutex<HashSet<(UserId, VenueId)>>,
    /// Steps of a user's key rotations and checks wait for each other.
    turns: [tokio::sync::Mutex<()>; TURNS],
}

/// Fewer would make strangers wait for each other, more would be memory for nothing.
const TURNS: usize = 16;

impl Platform {
    /// Opens the data folder and starts trading for whoever is in it. What was in flight when the process last ended is being
    /// reconciled when this returns; [`Engine::reconciled`] waits for the end of that.
    ///
    /// # Errors
    /// [`PlatformError`] says which part could not start and why.
    pub async fn open(config: PlatformConfig) -> Result<Self, PlatformError> {
        check(&config)?;
        private_folder(&config.data_dir)?;
        let clock: Arc<dyn Clock> = config.clock.clone().unwrap_or_else(|| Arc::new(SystemClock));
        let entropy: Arc<dyn Entropy> =
            Arc::new(OsEntropy::new().map_err(|error| PlatformError::Entropy(error.to_string()))?);
        let opened = Opened::open(&config.ledger, &config.data_dir).await?;
        let ledger = opened.ledger();
        let (executors, authenticators) = venues(&config, &clock, ledger.as_ref()).await?;
        let parts = CustodyParts {
            audit_file: Some(config.data_dir.join("audit.log")),
            clock: clock.clone(),
            entropy: entropy.clone(),
            nonces: opened.nonces(),
            authenticators,
        };
        let custody = Custody::open(&config.vault, &config.data_dir, parts).await?;
        let bus: Arc<dyn EventBus> = Arc::new(LocalBus::new(stream_name(entropy.as_ref())));
        let risk = RiskChain::new(default_policies(&config.engine.limits))
            .map_err(|error| PlatformError::Config(error.to_string()))?;
        let router =
            Policies::new(config.routing).map_err(|error| PlatformError::Config(error.to_string()))?;
        let engine = Engine::start(EngineParts {
            vault: Arc::new(EngineVault(custody.vault())),
            ledger,
            executors: executors.clone(),
            bus: bus.clone(),
            router: Arc::new(router),
            risk,
            clock: clock.clone(),
            entropy: entropy.clone(),
            config: config.engine,
        })
        .await?;
        let turns = std::array::from_fn(|_| tokio::sync::Mutex::default());
        Ok(Self {
            engine,
            custody,
            ledger: opened,
            bus,
            clock,
            entropy,
            executors,
            unlocked: Mutex::default(),
            turns,
        })
    }

    /// Takes up a user's sealed credential: asks the venue what the key may do, refuses one that can withdraw, stores it and
    /// connects the account.
    ///
    /// # Errors
    /// [`PlatformError::KeyCanWithdraw`], [`PlatformError::KeyCannotTrade`], [`PlatformError::KeyOfAnotherAccount`] in place of a key whose
    /// orders it does not see, or what the vault or the venue said. Nothing is stored then, unless it is the account that could not be
    /// connected.
    pub async fn store_credential(
        &self,
        user: UserId,
        venue: &VenueId,
        label: &str,
        sealed: &SealedCredential,
    ) -> Result<CredentialMeta, PlatformError> {
        let _turn = self.turn(user).await;
        let executor = self.executor(venue)?;
        if !executor.contract().needs_credential {
            return Err(PlatformError::NoCredentialNeeded(venue.clone()));
        }
        let before = self.active_at(user, venue).await?;
        let signer = self.vault().open_sealed(user, venue, sealed).await?;
        let rights = self.admit(executor, &VenueAccount { user, signer }, before.as_ref()).await?;
        let stored = self.vault().store(user, venue, label, sealed).await?;
        self.vault().set_rights(user, stored.id, rights.clone()).await?;
        self.engine.connect(user, venue).await?;
        Ok(CredentialMeta { rights, ..stored })
    }

    /// Asks the venue what a sealed key may do, and stores nothing.
    ///
    /// # Errors
    /// As [`Platform::store_credential`].
    pub async fn verify_credential(
        &self,
        user: UserId,
        venue: &VenueId,
        sealed: &SealedCredential,
    ) -> Result<KeyRights, PlatformError> {
        let executor = self.executor(venue)?;
        if !executor.contract().needs_credential {
            return Err(PlatformError::NoCredentialNeeded(venue.clone()));
        }
        let signer = self.vault().open_sealed(user, venue, sealed).await?;
        self.admitted_rights(executor, &VenueAccount { user, signer }).await
    }

    /// The order engine.
    #[must_use]
    pub const fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Custody.
    #[must_use]
    pub fn vault(&self) -> Arc<dyn Vault> {
        self.custody.vault()
    }

    /// The keys that devices seal to, newest first, signed by the vault's identity: what a device pins.
    ///
    /// # Errors
    /// [`PlatformError::Vault`] when they cannot be signed.
    pub fn published_keys(&self) -> Result<nija_vault::PublishedKeys, PlatformError> {
        Ok(self.custody.published_keys()?)
    }

    /// Erasing, limits on what is signed, and keys that only their owner unlocks.
    #[must_use]
    pub fn keeper(&self) -> Arc<dyn nija_core::Custody> {
        self.custody.keeper()
    }

    /// The vault's leases, its audit log, and what is noted about keys.
    #[must_use]
    pub fn books(&self) -> nija_vault::VaultBooks {
        self.custody.books()
    }

    /// Rotation of the vault's own keys.
    #[must_use]
    pub fn vault_keys(&self) -> Arc<dyn nija_vault::KeyRotation> {
        self.custody.keys()
    }

    pub(crate) async fn retire_version(
        &self,
        user: UserId,
        id: CredentialId,
        version: u32,
    ) -> Result<(), VaultError> {
        self.custody.retire_version(user, id, version).await
    }

    /// The journal and its projections, read by readers of their own: the engine's look-ups wait for none of these.
    #[must_use]
    pub fn ledger(&self) -> Arc<dyn Ledger> {
        self.ledger.questions()
    }

    /// Live events.
    #[must_use]
    pub const fn bus(&self) -> &Arc<dyn EventBus> {
        &self.bus
    }

    /// The clock that all parts read.
    #[must_use]
    pub const fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The randomness that all parts draw from.
    #[must_use]
    pub const fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.entropy
    }

    /// Ends what is being sent, takes nothing new, wipes every open key and closes the ledger. Working orders stay at their venues.
    pub async fn close(&self) {
        self.engine.drain().await;
        // Streams sign when they reconnect: nothing may ask the vault for a key once it is closed.
        self.engine.stop().await;
        self.custody.close().await;
        self.ledger.close().await;
    }

    /// What the venue says that a key may do, where that lets it in.
    pub(crate) async fn admitted_rights(
        &self,
        executor: &Arc<dyn Executor>,
        account: &VenueAccount,
    ) -> Result<KeyRights, PlatformError> {
        let at = &executor.contract().venue;
        let rights = self.engine.ask(at, account.user, executor.key_rights(account)).await?;
        let venue = || executor.contract().venue.clone();
        match (rights.can_withdraw, rights.can_trade) {
            (Some(true), _) => Err(PlatformError::KeyCanWithdraw(venue())),
            (_, Some(false)) => Err(PlatformError::KeyCannotTrade(venue())),
            _ => Ok(rights),
        }
    }

    /// What a key may do that is to take the place of another, or of none: it has to see what that one left at the venue.
    pub(crate) async fn admit(
        &self,
        executor: &Arc<dyn Executor>,
        account: &VenueAccount,
        before: Option<&CredentialMeta>,
    ) -> Result<KeyRights, PlatformError> {
        let rights = self.admitted_rights(executor, account).await?;
        if before.is_some() {
            self.same_account(executor, account, &executor.contract().venue).await?;
        }
        Ok(rights)
    }

    /// Waits until nobody else changes the user's keys.
    pub(crate) async fn turn(&self, user: UserId) -> tokio::sync::MutexGuard<'_, ()> {
        // The last byte of a version 7 UUID is random.
        let [.., last] = *user.as_uuid().as_bytes();
        let [first, ..] = &self.turns;
        self.turns.get(usize::from(last) % TURNS).unwrap_or(first).lock().await
    }

    pub(crate) fn executor(&self, venue: &VenueId) -> Result<&Arc<dyn Executor>, PlatformError> {
        self.executors
            .iter()
            .find(|executor| executor.contract().venue == *venue)
            .ok_or_else(|| PlatformError::UnknownVenue(venue.clone()))
    }
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let venues: Vec<_> = self.executors.iter().map(|executor| &executor.contract().venue).collect();
        f.debug_struct("Platform").field("venues", &venues).finish_non_exhaustive()
    }
}

fn check(config: &PlatformConfig) -> Result<(), PlatformError> {
    let mut seen = HashSet::new();
    match config.venues.iter().find(|venue| !seen.insert(venue.venue().clone())) {
        Some(twice) => Err(PlatformError::Config(format!("the venue {} is configured twice", twice.venue()))),
        None if config.venues.is_empty() => {
            Err(PlatformError::Config("no venue is configured; add `paper`".into()))
        }
        None => Ok(()),
    }
}

type Venues = (Vec<Arc<dyn Executor>>, Vec<Arc<dyn nija_core::Authenticator>>);

async fn venues(
    config: &PlatformConfig,
    clock: &Arc<dyn Clock>,
    ledger: &dyn Ledger,
) -> Result<Venues, PlatformError> {
    let mut executors: Vec<Arc<dyn Executor>> = Vec::new();
    let mut authenticators: Vec<Arc<dyn nija_core::Authenticator>> = Vec::new();
    for venue in &config.venues {
        let opened = match venue {
            // The paper venue has no memory of its own: the journal is its record.
            VenueConfig::Paper(paper) => {
                OpenedVenue::paper(paper, clock, &ledger.fills_at_venue(&paper.venue).await?)
            }
            other => other.open(clock)?,
        };
        executors.push(opened.executor);
        authenticators.extend(opened.authenticator);
    }
    Ok((executors, authenticators))
}

fn private_folder(path: &Path) -> Result<(), PlatformError> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| PlatformError::DataDir { path: path.display().to_string(), source })
}

fn stream_name(entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; 8];
    entropy.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::task::{Context, Waker};

    /// What a check found of one key must not be written beside another that was stored meanwhile.
    #[tokio::test]
    async fn storing_a_key_waits_for_whoever_else_changes_the_users_keys() {
        let folder = tempfile::tempdir().expect("a folder");
        let paper = nija_exchanges::paper::PaperConfig::default();
        let config = PlatformConfig::new(folder.path()).venue(VenueConfig::Paper(paper));
        let platform = Platform::open(config).await.expect("a platform");
        let user = UserId::generate(platform.clock().now(), platform.entropy().as_ref());
        let elsewhere = VenueId::new("elsewhere").expect("a venue's name");
        let sealed =
            SealedCredential { key_id: String::new(), encapsulated_key: Vec::new(), ciphertext: Vec::new() };
        let turn = platform.turn(user).await;
        let mut storing = Box::pin(platform.store_credential(user, &elsewhere, "mine", &sealed));
        let first = storing.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(first.is_pending(), "it looked at nothing yet");
        drop(turn);
        let stored = storing.await;
        assert!(matches!(&stored, Err(PlatformError::UnknownVenue(of)) if *of == elsewhere), "{stored:?}");
        platform.close().await;
    }
}
