//! Connecting an exchange: the key pair is sealed here and opens only inside the server's signer.

use crate::client::{Call, Client};
use crate::error::ClientError;
use crate::pinned::PinError;
use crate::seal::seal_credential;
use crate::wire::{Credential, CredentialPlaintext, SealingKey, SealingKeys, StoreCredential};
use std::time::{SystemTime, UNIX_EPOCH};

impl Client {
    /// The signer's newest public key, signed by the pinned vault ([`ClientConfig::vault_pin`](crate::ClientConfig::vault_pin)).
    ///
    /// # Errors
    /// [`ClientError::Untrusted`] when it is not; see [`ClientError`] for the rest.
    pub async fn sealing_key(&self) -> Result<SealingKey, ClientError> {
        let keys: SealingKeys = self.call(Call::get(&["v1", "credentials", "sealing-key"])).await?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(now.as_micros()).unwrap_or(i64::MAX);
        let pinned = self.vault_pin();
        let pin = pinned.map_or_else(|| keys.signed.claimed_signer(), Ok)?;
        let newest = keys.signed.verify(&pin, now)?.into_iter().next().ok_or(PinError::Malformed)?;
        // Of two calls at once the first to come here pins; the other's list must be of the same vault.
        if *self.pin().get_or_init(|| pin) != pin {
            return Err(PinError::NotSigned.into());
        }
        if let (None, Some(observer)) = (pinned, &self.config().session_observer) {
            observer.vault_pinned(&pin);
        }
        Ok(newest)
    }

    /// Seals `plaintext` on this device for the signed-in user and stores it.
    ///
    /// # Errors
    /// [`ClientError::Untrusted`] when the pinned vault did not sign the server's sealing keys; problems `key_can_withdraw` and
    /// `credential_invalid` from the server's check with the venue.
    pub async fn connect_exchange(
        &self,
        venue: &str,
        label: &str,
        plaintext: &CredentialPlaintext,
    ) -> Result<Credential, ClientError> {
        let known = self.session_state().held().and_then(|held| held.user);
        let user = match known {
            Some(user) => user,
            None => self.me().await?,
        };
        let sealed = seal_credential(&user.id, venue, label, &self.sealing_key().await?, plaintext)?;
        match self.store_credential(&sealed).await {
            // A key that was retired between the two calls: nothing was stored.
            Err(error) if error.code() == "sealing_key_unknown" => {
                let sealed = seal_credential(&user.id, venue, label, &self.sealing_key().await?, plaintext)?;
                self.store_credential(&sealed).await
            }
            answered => answered,
        }
    }

    /// Stores a credential that was sealed elsewhere.
    ///
    /// # Errors
    /// As [`Client::connect_exchange`].
    pub async fn store_credential(&self, sealed: &StoreCredential) -> Result<Credential, ClientError> {
        self.call(Call::post(&["v1", "credentials", "store"]).json(sealed)?).await
    }

    /// The stored credentials, without their secrets.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn credentials(&self) -> Result<Vec<Credential>, ClientError> {
        self.call(Call::get(&["v1", "credentials"])).await
    }

    /// Revokes a credential: nothing is signed with it from now on.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn revoke_credential(&self, id: &str) -> Result<(), ClientError> {
        self.command(Call::delete(&["v1", "credentials", id])).await
    }
}
