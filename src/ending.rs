//! The end of a user's key: revoked, or destroyed.

use nija_core::{CredentialId, CredentialMeta, CredentialStatus, UserId, VaultError};

use crate::{Platform, PlatformError};

impl Platform {
    /// Makes a key unusable at once and forgets a key that was to replace it. Orders that rest at the venue stay there.
    ///
    /// The vault is asked whatever the key is listed as: someone who can write its database may have made that up, to take it back
    /// afterwards.
    ///
    /// # Errors
    /// [`VaultError::NoSuchCredential`], or what the vault said; it may be in use then.
    pub async fn revoke_key(&self, user: UserId, id: CredentialId) -> Result<(), PlatformError> {
        self.end_key(user, id, false).await
    }

    /// The same, and destroys the ciphertext of all its versions: nobody can go back to it, with the root either.
    ///
    /// # Errors
    /// As [`Platform::revoke_key`].
    pub async fn destroy_key(&self, user: UserId, id: CredentialId) -> Result<(), PlatformError> {
        self.end_key(user, id, true).await
    }

    async fn end_key(
        &self,
        user: UserId,
        id: CredentialId,
        with_its_content: bool,
    ) -> Result<(), PlatformError> {
        // A rotation that is under way has ended, or finds the key gone.
        let _turn = self.turn(user).await;
        let known = self.vault().list(user).await?.into_iter().find(|it| it.id == id);
        let venue = known.ok_or(VaultError::NoSuchCredential { id })?.venue;
        if with_its_content {
            self.keeper().destroy(user, id).await?;
        } else {
            self.vault().revoke(user, id).await?;
        }
        // One that ended before may have been asked for: the account's present key goes on.
        let is_present = |it: &CredentialMeta| it.venue == venue && it.status == CredentialStatus::Active;
        if !self.vault().list(user).await?.iter().any(is_present) {
            self.unlocked.lock().remove(&(user, venue.clone()));
            self.engine().disconnect(user, &venue).await;
        }
        Ok(())
    }
}
