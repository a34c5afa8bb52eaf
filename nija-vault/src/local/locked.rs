//! Keys in custody mode `session` before they are stored, and how long an unlock lasts.

use nija_core::{OpenPurpose, SealedCredential, Signer, Timestamp, UserId, VaultError, VenueId};
use std::sync::Arc;

use super::VaultBooks;
use crate::crypto::open_locked;
use crate::lease::nonce_key;

impl VaultBooks {
    /// As [`Vault::open_sealed`](nija_core::Vault::open_sealed), of a key that is locked by its owner's device: opened by the
    /// derived key that comes with it, for one check, and neither is stored.
    ///
    /// # Errors
    /// [`VaultError::NotOpened`] when the derived key is not the one that it was locked with; as there for the rest.
    pub async fn open_sealed_locked(
        &self,
        user: UserId,
        venue: &VenueId,
        sealed: &SealedCredential,
        sealed_key: &SealedCredential,
    ) -> Result<Arc<dyn Signer>, VaultError> {
        let (inner, secrets, purpose) = (&self.inner, self.secrets.as_ref(), OpenPurpose::Verify);
        let entry = inner.entry("open_sealed").by(user).at_venue(venue).purpose(purpose.as_str());
        let opened = async {
            inner.is_open()?;
            inner.sealing_pair_ready(venue, sealed, secrets).await?;
            inner.sealing_pair_ready(venue, sealed_key, secrets).await?;
            let keyring = inner.keyring.load();
            let key = keyring.sealing_pair(&sealed_key.key_id)?.open_unlock(user, venue, sealed_key)?;
            let locked = keyring.sealing_pair(&sealed.key_id)?.open_outer(user, venue, sealed)?;
            let secret = open_locked(&key, user, venue, &locked)?;
            inner.check_lease(user, venue, nonce_key(venue, &secret), secret)
        };
        match opened.await {
            Ok(lease) => {
                inner.writer.note(entry.of(lease.parts.credential, None));
                Ok(inner.signer(lease, purpose))
            }
            Err(error) => {
                inner.record_refusal(entry.refused(&error.to_string())).await;
                Err(error)
            }
        }
    }

    /// Until when the user's `session` key at a venue is unlocked; `None` while it is locked.
    #[must_use]
    pub fn unlocked_until(&self, user: UserId, venue: &VenueId) -> Option<Timestamp> {
        self.inner.unlocks.get(user, venue, self.inner.clock.now()).map(|unlocked| unlocked.until)
    }
}
