//! Keys that only their owner unlocks (custody mode `session`), and keys that stay on the owner's device.

use nija_core::{
    CredentialId, CredentialMeta, CustodyMode, KeyDerivation, SealedCredential, Timestamp, UserId,
    VaultError, VenueAccount, VenueId,
};

use nija_router::LeftBehind;
use std::time::Duration;

use crate::{Platform, PlatformError};

/// How long a lock waits for what must be cancelled or placed first.
const CLOSES_WITHIN: Duration = Duration::from_secs(5);
/// The name of a device key's note in the vault.
const DEVICE_NOTE: &str = "device_key";

impl Platform {
    /// The digest by which a device tells the key of a credential apart.
    pub(crate) async fn fingerprint_of(
        &self,
        meta: &CredentialMeta,
    ) -> Result<Option<String>, PlatformError> {
        #[derive(serde::Deserialize)]
        struct Note {
            id: CredentialId,
            fingerprint: String,
        }
        if meta.custody != CustodyMode::Device {
            return Ok(None);
        }
        let note = self.books().note(meta.user, &meta.venue, DEVICE_NOTE).await?;
        let note = note.map(|text| serde_json::from_str::<Note>(&text)).transpose();
        let note = note.map_err(|_| VaultError::Storage("a device key's note is damaged".into()))?;
        Ok(note.filter(|note| note.id == meta.id).map(|note| note.fingerprint))
    }

    /// As [`Platform::store_credential`], of a key that is locked by its owner's device. The derived key comes with it: for the
    /// check with the venue, and as the first unlock. In place of another key of this mode it is a rotation in one step: the one before is
    /// destroyed once the account is connected with the new one, and is there again, locked, where it cannot be.
    ///
    /// # Errors
    /// As there.
    #[allow(clippy::too_many_arguments)] // Each is what the device sends.
    pub async fn store_locked_credential(
        &self,
        user: UserId,
        venue: &VenueId,
        label: &str,
        sealed: &SealedCredential,
        derivation: KeyDerivation,
        sealed_key: &SealedCredential,
        until: Timestamp,
    ) -> Result<CredentialMeta, PlatformError> {
        let _turn = self.turn(user).await;
        let executor = self.executor(venue)?;
        if !executor.contract().needs_credential {
            return Err(PlatformError::NoCredentialNeeded(venue.clone()));
        }
        let before = self.active_at(user, venue).await?;
        let signer = self.books().open_sealed_locked(user, venue, sealed, sealed_key).await?;
        let rights = self.admit(executor, &VenueAccount { user, signer }, before.as_ref()).await?;
        let keeper = self.keeper();
        let stored = keeper.store_locked(user, venue, label, sealed, derivation).await?;
        self.vault().set_rights(user, stored.id, rights.clone()).await?;
        let until = keeper.unlock(user, venue, sealed_key, until).await?;
        self.unlocked.lock().insert((user, venue.clone()));
        let connected = self.engine().connect_until(user, venue, self.clock().now(), until).await;
        if let Some(before) = before.filter(|before| before.id == stored.id) {
            match connected {
                Ok(()) => self.retire_version(user, before.id, before.version).await?,
                Err(error) => {
                    self.vault().rollback(user, before.id).await?;
                    self.unlocked.lock().remove(&(user, venue.clone()));
                    self.engine().disconnect(user, venue).await;
                    return Err(error.into());
                }
            }
        } else {
            connected?;
        }
        Ok(CredentialMeta { rights, ..stored })
    }

    /// Lets the signer use the user's `session` key until a moment at most, and connects the account: what happened at the venue
    /// meanwhile is asked for. Answers when it ends.
    ///
    /// # Errors
    /// [`VaultError::NotOpened`] for a wrong key, [`VaultError::NoCredential`] when there is none in this mode, or what the venue said.
    pub async fn unlock_key(
        &self,
        user: UserId,
        venue: &VenueId,
        sealed_key: &SealedCredential,
        until: Timestamp,
    ) -> Result<Timestamp, PlatformError> {
        let _turn = self.turn(user).await;
        let meta = self.active_credential(user, venue).await?;
        if meta.custody != CustodyMode::Session {
            return Err(VaultError::NoCredential { venue: venue.clone() }.into());
        }
        let until = self.keeper().unlock(user, venue, sealed_key, until).await?;
        self.unlocked.lock().insert((user, venue.clone()));
        self.engine().connect_until(user, venue, meta.created_at, until).await?;
        Ok(until)
    }

    /// Ends an unlock. Entries that rest at the venue are cancelled first, and a stop that is on its way has a moment to get there; five
    /// seconds later the key is locked whatever came of it. Answers with what is at the venue then: nothing here can move or end it until the
    /// next unlock.
    ///
    /// # Errors
    /// [`PlatformError::Vault`].
    pub async fn lock_key(&self, user: UserId, venue: &VenueId) -> Result<LeftBehind, PlatformError> {
        let _turn = self.turn(user).await;
        let left = self.engine().close_account(user, venue, CLOSES_WITHIN).await;
        // Locked, whatever else failed.
        self.keeper().lock(user, venue).await?;
        self.unlocked.lock().remove(&(user, venue.clone()));
        self.engine().disconnect(user, venue).await;
        Ok(left?)
    }

    /// Notes that the user trades at a venue with a key that stays on the user's device. Nothing of it is kept but a digest by which the
    /// device tells its keys apart, where it gives one.
    ///
    /// # Errors
    /// [`PlatformError::NoCredentialNeeded`], [`PlatformError::Vault`].
    pub async fn register_device_key(
        &self,
        user: UserId,
        venue: &VenueId,
        label: &str,
        fingerprint: Option<&str>,
    ) -> Result<CredentialMeta, PlatformError> {
        let _turn = self.turn(user).await;
        if !self.executor(venue)?.contract().needs_credential {
            return Err(PlatformError::NoCredentialNeeded(venue.clone()));
        }
        let meta = self.keeper().register_device_key(user, venue, label).await?;
        let note = fingerprint.map(|it| serde_json::json!({ "id": meta.id, "fingerprint": it }).to_string());
        self.books()
            .set_note(user, venue, DEVICE_NOTE, note, fingerprint.unwrap_or("no fingerprint"))
            .await?;
        self.engine().disconnect(user, venue).await;
        Ok(meta)
    }

    /// Disconnects accounts whose unlock is over, so that nothing asks for their keys in vain. Answers whose they are.
    ///
    /// # Errors
    /// [`PlatformError::Vault`].
    pub async fn end_unlocks(&self) -> Result<Vec<(UserId, VenueId)>, PlatformError> {
        let vault = self.books();
        let connected: Vec<_> = self.unlocked.lock().iter().cloned().collect();
        let mut over = Vec::new();
        for (user, venue) in connected {
            let _turn = self.turn(user).await;
            if vault.unlocked_until(user, &venue).is_some() {
                continue;
            }
            // A key that was replaced by one in another mode keeps its account connected.
            let custody = self.active_credential(user, &venue).await.map(|meta| meta.custody);
            if !matches!(custody, Ok(CustodyMode::Delegated)) {
                self.engine().disconnect(user, &venue).await;
                over.push((user, venue.clone()));
            }
            self.unlocked.lock().remove(&(user, venue));
        }
        Ok(over)
    }
}
