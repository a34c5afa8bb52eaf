//! Connecting an exchange: the key pair is sealed here and opens only inside the server's signer.

use crate::client::{Call, Client};
use crate::error::ClientError;
use crate::seal::seal_credential;
use crate::wire::{Credential, CredentialPlaintext, SealingKey, StoreCredential};

impl Client {
    /// The signer's public key, to which credentials are sealed.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn sealing_key(&self) -> Result<SealingKey, ClientError> {
        self.call(Call::get(&["v1", "credentials", "sealing-key"])).await
    }

    /// Seals `plaintext` on this device for the signed-in user and stores it.
    ///
    /// # Errors
    /// [`ClientError::Sealing`] when the server's sealing key is not one; problems `key_can_withdraw` and
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
        let key = self.sealing_key().await?;
        let sealed = seal_credential(&user.id, venue, label, &key, plaintext)?;
        self.store_credential(&sealed).await
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
