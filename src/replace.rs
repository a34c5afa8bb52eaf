//! Guided rotation of an exchange key: the new key is verified beside the old one, takes over, and the old one ends once nothing
//! uses it.
//!
//! | step | what holds |
//! | --- | --- |
//! | `verified` | the venue said what the new key may do, and every order of ours that rests there is visible to it; the old key is in use |
//! | `switched` | executors, streams and signers use the new key; the old one can be gone back to |
//! | `retired` | the audit log shows no use of the old key since the switch, and its ciphertext is destroyed |
//! | `rolled_back`, `cancelled` | the old key is in use as before; `problem` says why, where nobody asked for it |
//!
//! How far a rotation is lies in the vault's database. What is written before a switch says that one is under way, so that a
//! restart finds out from the credential itself whether it happened. Orders at the venue are left alone all the way.

use nija_core::{
    CredentialId, CredentialMeta, CredentialStatus, CustodyMode, Executor, KeyRights, Lookup, OrderRef,
    SealedCredential, Timestamp, UserId, VaultError, VenueAccount, VenueError, VenueId,
};
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, sync::Arc, time::Duration};

use crate::{Platform, PlatformError};

/// The name of its note in the vault.
const NOTE: &str = "key_rotation";
/// Orders are looked for since this long before the last moment at which they may have been sent.
const LOOK_BACK: Duration = Duration::from_secs(600);

/// How far a rotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RotationStep {
    /// The new key passed its checks; the old one is in use.
    Verified,
    /// The switch was begun. Only a crash leaves it so, and only until somebody looks.
    Switching,
    /// The new key is in use; the old one can be gone back to.
    Switched,
    /// The old key is proven idle and destroyed.
    Retired,
    /// The old key is in use again.
    RolledBack,
    /// The new key was never used.
    Cancelled,
}

/// The rotation of a user's key at a venue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRotation {
    /// Where.
    pub venue: VenueId,
    /// Of which credential.
    pub credential: CredentialId,
    /// The version that is to be replaced.
    pub old_version: u32,
    /// The version that replaces it, once it is stored.
    pub new_version: Option<u32>,
    /// How far it is.
    pub step: RotationStep,
    /// What the venue says that the new key may do.
    pub rights: KeyRights,
    /// How many resting orders were found to be visible to the new key.
    pub orders_seen: u64,
    /// When the new key passed its checks.
    pub started_at: Timestamp,
    /// When the new key took over.
    pub switched_at: Option<Timestamp>,
    /// When it ended, in whatever way.
    pub ended_at: Option<Timestamp>,
    /// Why the last step was not taken.
    pub problem: Option<String>,
    label: String,
    /// As the device sealed it; until it is stored.
    sealed: Option<SealedCredential>,
}

impl Platform {
    /// Verifies a new key beside the one in use: what it may do, and that it is a key to the same account. Replaces a rotation that
    /// was not switched yet.
    ///
    /// # Errors
    /// As [`Platform::store_credential`]; [`PlatformError::KeyOfAnotherAccount`], [`PlatformError::KeyKnown`];
    /// [`PlatformError::RotationStep`] while another one waits for its old key's end.
    pub async fn rotate_key(
        &self,
        user: UserId,
        venue: &VenueId,
        label: &str,
        sealed: &SealedCredential,
    ) -> Result<KeyRotation, PlatformError> {
        let _turn = self.turn(user).await;
        let executor = self.executor(venue)?.clone();
        if !executor.contract().needs_credential {
            return Err(PlatformError::NoCredentialNeeded(venue.clone()));
        }
        if let Some(before) = self.settled_rotation(user, venue).await?
            && before.step == RotationStep::Switched
        {
            return Err(PlatformError::RotationStep(
                "retire the old key of the rotation before, or roll back",
            ));
        }
        let meta = self.active_credential(user, venue).await?;
        if meta.custody != CustodyMode::Delegated {
            return Err(VaultError::Unsupported("a key in this custody mode").into());
        }
        let signer = self.vault().open_sealed(user, venue, sealed).await?;
        if signer.credential() == meta.id {
            return Err(PlatformError::KeyKnown(venue.clone()));
        }
        let account = VenueAccount { user, signer };
        let rights = self.admitted_rights(&executor, &account).await?;
        let orders_seen = self.same_account(&executor, &account, venue).await?;
        let rotation = KeyRotation {
            venue: venue.clone(),
            credential: meta.id,
            old_version: meta.version,
            new_version: None,
            step: RotationStep::Verified,
            rights,
            orders_seen,
            started_at: self.clock().now(),
            switched_at: None,
            ended_at: None,
            problem: None,
            label: label.to_owned(),
            sealed: Some(sealed.clone()),
        };
        self.keep_rotation(user, &rotation).await?;
        Ok(rotation)
    }

    /// Asks the venue about the verified key once more, puts it in place of the old one and reconnects the account. A key that is not let
    /// in any more ends the rotation; one that the account cannot be connected with is gone back from before this answers.
    ///
    /// # Errors
    /// [`PlatformError::NoRotation`], [`PlatformError::RotationStep`], or what the vault or the venue said.
    pub async fn switch_key(&self, user: UserId, venue: &VenueId) -> Result<KeyRotation, PlatformError> {
        let _turn = self.turn(user).await;
        let mut rotation = self.rotation_at(user, venue, RotationStep::Verified).await?;
        let sealed = rotation.sealed.clone().ok_or(PlatformError::RotationStep("seal the new key again"))?;
        let meta = self.active_credential(user, venue).await?;
        if (meta.id, meta.version) != (rotation.credential, rotation.old_version) {
            return Err(PlatformError::RotationStep("the key was changed meanwhile; begin again"));
        }
        if let Err(error) = self.verify_again(user, &meta, &mut rotation, &sealed).await {
            if is_final(&error) {
                rotation.end(RotationStep::Cancelled, self.clock().now(), Some(error.to_string()));
            } else {
                rotation.problem = Some(error.to_string());
            }
            self.keep_rotation(user, &rotation).await?;
            return Err(error);
        }
        rotation.step = RotationStep::Switching;
        self.keep_rotation(user, &rotation).await?;
        let stored = self.vault().store(user, venue, &rotation.label, &sealed).await;
        let stored = match stored {
            Ok(stored) => stored,
            Err(error) => {
                rotation.step = RotationStep::Verified;
                rotation.problem = Some(error.to_string());
                self.keep_rotation(user, &rotation).await?;
                return Err(error.into());
            }
        };
        self.vault().set_rights(user, stored.id, rotation.rights.clone()).await?;
        rotation.switched(stored.version, self.clock().now());
        self.keep_rotation(user, &rotation).await?;
        if let Err(error) = self.engine().connect(user, venue).await {
            self.go_back(user, &mut rotation, Some(error.to_string())).await?;
            return Err(error.into());
        }
        Ok(rotation)
    }

    /// What was found when the rotation was begun may be days old: the key may have been given other rights, and other orders rest.
    async fn verify_again(
        &self,
        user: UserId,
        meta: &CredentialMeta,
        rotation: &mut KeyRotation,
        sealed: &SealedCredential,
    ) -> Result<(), PlatformError> {
        let executor = self.executor(&meta.venue)?.clone();
        let signer = self.vault().open_sealed(user, &meta.venue, sealed).await?;
        let account = VenueAccount { user, signer };
        rotation.rights = self.admitted_rights(&executor, &account).await?;
        rotation.orders_seen = self.same_account(&executor, &account, &meta.venue).await?;
        Ok(())
    }

    /// Proves by leases and audit log that nothing used the old key since the switch, and destroys it. While it is in use the
    /// answer says so and nothing is destroyed.
    ///
    /// # Errors
    /// As [`Platform::switch_key`].
    pub async fn retire_key(&self, user: UserId, venue: &VenueId) -> Result<KeyRotation, PlatformError> {
        let _turn = self.turn(user).await;
        let mut rotation = self.rotation_at(user, venue, RotationStep::Switched).await?;
        let (meta, vault) = (self.active_credential(user, venue).await?, self.books());
        let since = rotation.switched_at.unwrap_or(rotation.started_at);
        let found = vault.idleness(&meta, rotation.old_version, since).await?;
        if found.is_idle() {
            match self.retire_version(user, rotation.credential, rotation.old_version).await {
                // Ten newer ones took its place meanwhile: it is as gone as it was to be.
                Err(VaultError::NoSuchVersion { .. }) => {}
                retired => retired?,
            }
            rotation.end(RotationStep::Retired, self.clock().now(), None);
        } else {
            rotation.problem = Some(format!(
                "the old key is in use: {} leases, {} uses since the switch",
                found.leases, found.uses
            ));
        }
        self.keep_rotation(user, &rotation).await?;
        Ok(rotation)
    }

    /// Goes back: before the switch the new key is forgotten, after it the old one is in use again.
    ///
    /// # Errors
    /// [`PlatformError::RotationStep`] once the old key is destroyed, or what the vault or the venue said.
    pub async fn roll_back_key(&self, user: UserId, venue: &VenueId) -> Result<KeyRotation, PlatformError> {
        let _turn = self.turn(user).await;
        let rotation = self.settled_rotation(user, venue).await?;
        let mut rotation = rotation.ok_or_else(|| PlatformError::NoRotation(venue.clone()))?;
        match rotation.step {
            RotationStep::Verified => {
                rotation.end(RotationStep::Cancelled, self.clock().now(), None);
                self.keep_rotation(user, &rotation).await?;
            }
            RotationStep::Switched => self.go_back(user, &mut rotation, None).await?,
            _ => return Err(PlatformError::RotationStep("it has ended; there is nothing to go back to")),
        }
        Ok(rotation)
    }

    /// The newest rotation of a user's key at a venue.
    ///
    /// # Errors
    /// [`PlatformError::Vault`] when it cannot be read.
    pub async fn rotation(
        &self,
        user: UserId,
        venue: &VenueId,
    ) -> Result<Option<KeyRotation>, PlatformError> {
        match self.noted_rotation(user, venue).await? {
            Some(rotation) if rotation.step == RotationStep::Switching => {
                // Under way, perhaps: what is written now would be taken for its end.
                let _turn = self.turn(user).await;
                self.settled_rotation(user, venue).await
            }
            noted => Ok(noted),
        }
    }

    async fn noted_rotation(
        &self,
        user: UserId,
        venue: &VenueId,
    ) -> Result<Option<KeyRotation>, PlatformError> {
        let note = self.books().note(user, venue, NOTE).await?;
        let rotation = note.map(|note| serde_json::from_str(&note)).transpose();
        Ok(rotation.map_err(|_| VaultError::Storage("a rotation's note is damaged".into()))?)
    }

    /// As [`Platform::rotation`], for whoever has the user's turn.
    async fn settled_rotation(
        &self,
        user: UserId,
        venue: &VenueId,
    ) -> Result<Option<KeyRotation>, PlatformError> {
        let Some(mut rotation) = self.noted_rotation(user, venue).await? else { return Ok(None) };
        if rotation.step == RotationStep::Switching {
            // A crash: whether the new version was stored is told by the credential.
            let meta = self.active_credential(user, venue).await?;
            if meta.id == rotation.credential && meta.version > rotation.old_version {
                rotation.switched(meta.version, self.clock().now());
            } else {
                rotation.step = RotationStep::Verified;
            }
            self.keep_rotation(user, &rotation).await?;
        }
        Ok(Some(rotation))
    }

    async fn rotation_at(
        &self,
        user: UserId,
        venue: &VenueId,
        step: RotationStep,
    ) -> Result<KeyRotation, PlatformError> {
        let rotation = self.settled_rotation(user, venue).await?;
        let rotation = rotation.ok_or_else(|| PlatformError::NoRotation(venue.clone()))?;
        match (rotation.step == step, rotation.step) {
            (true, _) => Ok(rotation),
            (_, RotationStep::Verified) => Err(PlatformError::RotationStep("switch to the new key first")),
            (_, RotationStep::Switched) => Err(PlatformError::RotationStep("the new key is in use already")),
            _ => Err(PlatformError::RotationStep("it has ended; begin a new one")),
        }
    }

    async fn go_back(
        &self,
        user: UserId,
        rotation: &mut KeyRotation,
        why: Option<String>,
    ) -> Result<(), PlatformError> {
        let meta = self.active_credential(user, &rotation.venue).await?;
        if meta.id != rotation.credential || Some(meta.version) != rotation.new_version {
            return Err(PlatformError::RotationStep(
                "the key was changed meanwhile; there is nothing to go back to",
            ));
        }
        self.vault().rollback(user, rotation.credential).await?;
        rotation.end(RotationStep::RolledBack, self.clock().now(), why);
        self.keep_rotation(user, rotation).await?;
        self.engine().connect(user, &rotation.venue).await?;
        Ok(())
    }

    async fn keep_rotation(&self, user: UserId, rotation: &KeyRotation) -> Result<(), PlatformError> {
        let note = serde_json::to_string(rotation).map_err(|error| VaultError::Storage(error.to_string()))?;
        let what =
            format!("{:?}: version {} by {:?}", rotation.step, rotation.old_version, rotation.new_version);
        Ok(self.books().set_note(user, &rotation.venue, NOTE, Some(note), &what).await?)
    }

    pub(crate) async fn active_credential(
        &self,
        user: UserId,
        venue: &VenueId,
    ) -> Result<CredentialMeta, PlatformError> {
        let found = self.active_at(user, venue).await?;
        Ok(found.ok_or_else(|| VaultError::NoCredential { venue: venue.clone() })?)
    }

    pub(crate) async fn active_at(
        &self,
        user: UserId,
        venue: &VenueId,
    ) -> Result<Option<CredentialMeta>, PlatformError> {
        let active = |it: &CredentialMeta| it.venue == *venue && it.status == CredentialStatus::Active;
        Ok(self.vault().list(user).await?.into_iter().find(active))
    }

    /// Every order of ours that rests at the venue must be known to the new key. One that ended meanwhile is looked up by its id.
    pub(crate) async fn same_account(
        &self,
        executor: &Arc<dyn Executor>,
        account: &VenueAccount,
        venue: &VenueId,
    ) -> Result<u64, PlatformError> {
        let unsettled = self.ledger().unsettled_orders().await?;
        let resting: Vec<_> = unsettled
            .iter()
            .filter(|order| order.intent.signal.user == account.user)
            .filter_map(|order| {
                let leg = order.leg.as_ref().filter(|leg| leg.venue == *venue)?;
                Some((&order.intent.signal.symbol, leg, leg.venue_order_id.clone()?))
            })
            .collect();
        if resting.is_empty() {
            return Ok(0);
        }
        let visible = self.engine().ask(venue, account.user, executor.open_orders(account)).await?;
        let visible: HashSet<_> = visible.into_iter().map(|report| report.venue_order_id).collect();
        for (symbol, leg, id) in &resting {
            if visible.contains(id) {
                continue;
            }
            let order = OrderRef {
                symbol: (*symbol).clone(),
                client_id: leg.client_id,
                venue_order_id: Some(id.clone()),
            };
            let since = leg.deadline.minus(LOOK_BACK);
            let found = self.engine().ask(venue, account.user, executor.find(account, &order, since)).await?;
            if found == Lookup::Absent {
                return Err(PlatformError::KeyOfAnotherAccount(venue.clone()));
            }
        }
        Ok(resting.len() as u64)
    }
}

/// Whether a new key is not to be let in, rather than not to be asked about at this moment.
const fn is_final(error: &PlatformError) -> bool {
    matches!(
        error,
        PlatformError::KeyCanWithdraw(_)
            | PlatformError::KeyCannotTrade(_)
            | PlatformError::KeyOfAnotherAccount(_)
            | PlatformError::Venue(VenueError::KeyRefused { .. })
    )
}

impl KeyRotation {
    fn switched(&mut self, version: u32, at: Timestamp) {
        self.step = RotationStep::Switched;
        self.new_version = Some(version);
        self.switched_at = Some(at);
        self.problem = None;
        self.sealed = None;
    }

    fn end(&mut self, step: RotationStep, at: Timestamp, problem: Option<String>) {
        self.step = step;
        self.ended_at = Some(at);
        self.problem = problem;
        self.sealed = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PlatformConfig, VenueAddresses, VenueConfig};
    use nija_sim::{Sim, VenueKind};

    /// Whoever looks at a switch that is under way must not take it for one that a crash cut off.
    #[tokio::test]
    async fn looking_at_a_rotation_waits_for_the_switch_that_is_under_way() {
        let folder = tempfile::tempdir().expect("a folder");
        let sim = Sim::builder().venues([VenueKind::Kraken]).accounts(0).no_limits().paused(true);
        let sim = sim.start().await.expect("a simulated venue");
        let (at, venue) = (sim.venue(VenueKind::Kraken), VenueId::new("kraken").expect("a venue's name"));
        let addresses = VenueAddresses {
            rest: at.rest.clone(),
            ws_public: at.ws_public.clone(),
            ws_private: at.ws_private.clone(),
        };
        let kraken = VenueConfig::at("kraken", venue.clone(), addresses).expect("a venue");
        let platform = PlatformConfig::new(folder.path()).venue(kraken);
        let platform = Platform::open(platform).await.expect("a platform");
        let now = platform.clock().now();
        let user = UserId::generate(now, platform.entropy().as_ref());
        // Something has to be stored for something to be noted of it.
        let key = platform.keeper().register_device_key(user, &venue, "mine").await.expect("stored");
        let switching = KeyRotation {
            venue: venue.clone(),
            credential: key.id,
            old_version: 1,
            new_version: None,
            step: RotationStep::Switching,
            rights: KeyRights::default(),
            orders_seen: 0,
            started_at: now,
            switched_at: None,
            ended_at: None,
            problem: None,
            label: "mine".into(),
            sealed: None,
        };
        let turn = platform.turn(user).await;
        platform.keep_rotation(user, &switching).await.expect("noted");
        let mut looking = Box::pin(platform.rotation(user, &venue));
        let meanwhile = async {
            for _ in 0..10 {
                platform.noted_rotation(user, &venue).await.expect("read");
            }
        };
        tokio::select! {
            biased;
            seen = &mut looking => panic!("it did not wait: {seen:?}"),
            () = meanwhile => {}
        }
        let mut switched = switching;
        switched.switched(2, now);
        platform.keep_rotation(user, &switched).await.expect("noted");
        drop(turn);
        assert_eq!(looking.await.expect("seen"), Some(switched));
        platform.close().await;
    }
}
