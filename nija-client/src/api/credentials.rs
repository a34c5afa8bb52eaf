//! Connecting an exchange: the key pair is sealed here and opens only inside the server's signer.

use crate::client::{Call, Client};
use crate::error::ClientError;
use crate::pinned::PinError;
use crate::seal::seal_credential;
use crate::session_key::SessionKey;
use crate::wire::{
    Credential, CredentialPlaintext, DestroyCredential, KeyDerivation, KeyRotation, Locked,
    RegisterDeviceKey, SealingKey, SealingKeys, StoreCredential, StoreSessionKey, UnlockKey, Unlocked,
};
use serde::de::DeserializeOwned;
use std::time::{SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

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
        self.sealed(&["v1", "credentials", "store"], venue, label, plaintext).await
    }

    /// Begins the guided rotation of a key: the new one is sealed here and verified beside the old one, which stays in use.
    ///
    /// # Errors
    /// As [`Client::connect_exchange`]; problems `key_of_another_account`, `key_known`, `rotation_step`.
    pub async fn rotate_key(
        &self,
        venue: &str,
        label: &str,
        plaintext: &CredentialPlaintext,
    ) -> Result<KeyRotation, ClientError> {
        self.sealed(&["v1", "credentials", "rotate"], venue, label, plaintext).await
    }

    /// The newest rotation at each venue.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn key_rotations(&self) -> Result<Vec<KeyRotation>, ClientError> {
        self.call(Call::get(&["v1", "credentials", "rotate"])).await
    }

    /// Puts the verified key in place of the old one.
    ///
    /// # Errors
    /// Problems `rotation_not_found`, `rotation_step`, or what the venue said: then the old key is in use.
    pub async fn switch_key(&self, venue: &str) -> Result<KeyRotation, ClientError> {
        self.call(Call::post(&["v1", "credentials", "rotate", venue, "switch"])).await
    }

    /// Destroys the old key if it is proven idle; else the answer's `problem` says what uses it.
    ///
    /// # Errors
    /// As [`Client::switch_key`].
    pub async fn retire_key(&self, venue: &str) -> Result<KeyRotation, ClientError> {
        self.call(Call::post(&["v1", "credentials", "rotate", venue, "retire"])).await
    }

    /// Goes back to the old key.
    ///
    /// # Errors
    /// As [`Client::switch_key`].
    pub async fn roll_back_key(&self, venue: &str) -> Result<KeyRotation, ClientError> {
        self.call(Call::post(&["v1", "credentials", "rotate", venue, "rollback"])).await
    }

    /// Seals for the signed-in user and sends; once more when the sealing key was retired between the two calls, for then nothing
    /// was taken.
    async fn sealed<T: DeserializeOwned>(
        &self,
        path: &[&str],
        venue: &str,
        label: &str,
        plaintext: &CredentialPlaintext,
    ) -> Result<T, ClientError> {
        let user = self.user_id().await?;
        let mut is_again = false;
        loop {
            let sealed = seal_credential(&user, venue, label, &self.sealing_key().await?, plaintext)?;
            match self.call(Call::post(path).json(&sealed)?).await {
                Err(error) if !is_again && error.code() == "sealing_key_unknown" => is_again = true,
                answered => return answered,
            }
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

    /// Asks the venue now what a key may do; answers with how it is.
    ///
    /// # Errors
    /// Problem `credential_locked` for one that is not unlocked; see [`ClientError`] for the rest.
    pub async fn check_credential(&self, id: &str) -> Result<Credential, ClientError> {
        self.call(Call::post(&["v1", "credentials", id, "check"])).await
    }

    /// Stores a key that only `lock`, a passphrase of the user's, unlocks (custody mode `session`); it is unlocked for the first `seconds`
    /// (at most a day). The passphrase and what is derived from it stay here; who forgets it stores a new key.
    ///
    /// # Errors
    /// As [`Client::connect_exchange`]; [`ClientError::Invalid`] for a passphrase below 12 characters.
    pub async fn connect_session_exchange(
        &self,
        venue: &str,
        label: &str,
        plaintext: &CredentialPlaintext,
        lock: &str,
        seconds: u32,
    ) -> Result<Credential, ClientError> {
        let user = self.user_id().await?;
        let key = derive(lock, SessionKey::new).await?;
        let sealing = self.sealing_key().await?;
        let store = StoreSessionKey {
            venue: venue.to_owned(),
            label: label.to_owned(),
            sealed: key.seal_credential(&sealing, &user, venue, plaintext)?,
            derivation: key.derivation(),
            unlock: key.seal_unlock(&sealing, &user, venue)?,
            seconds,
        };
        self.call(Call::post(&["v1", "credentials", "session"]).json(&store)?).await
    }

    /// Lets the signer use the user's `session` key at `venue` for `seconds` at most; answers with when that ends.
    ///
    /// # Errors
    /// Problems `not_connected` where there is no such key, `credential_not_opened` for a wrong passphrase.
    pub async fn unlock_key(&self, venue: &str, lock: &str, seconds: u32) -> Result<Unlocked, ClientError> {
        let path = ["v1", "credentials", "session", venue];
        let derivation: KeyDerivation = self.call(Call::get(&path)).await?;
        let user = self.user_id().await?;
        let key = derive(lock, move |lock| SessionKey::again(lock, derivation)).await?;
        let unlock = key.seal_unlock(&self.sealing_key().await?, &user, venue)?;
        let body = UnlockKey { unlock, seconds };
        self.call(Call::post(&["v1", "credentials", "session", venue, "unlock"]).json(&body)?).await
    }

    /// Ends an unlock; answers with what is at the venue then.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn lock_key(&self, venue: &str) -> Result<Locked, ClientError> {
        self.call(Call::post(&["v1", "credentials", "session", venue, "lock"])).await
    }

    async fn user_id(&self) -> Result<String, ClientError> {
        match self.session_state().held().and_then(|held| held.user) {
            Some(user) => Ok(user.id),
            None => self.me().await.map(|user| user.id),
        }
    }

    /// Notes that the signed-in user trades at `venue` with a key that stays on this device. The server gets no more of it than a name and a
    /// digest, signs nothing there and shows no positions of it.
    ///
    /// # Errors
    /// Problems `credential_invalid`, `no_credential_needed`; see [`ClientError`] for the rest.
    pub async fn register_device_key(
        &self,
        venue: &str,
        label: &str,
        fingerprint: Option<&str>,
    ) -> Result<Credential, ClientError> {
        let body = RegisterDeviceKey {
            venue: venue.to_owned(),
            label: label.to_owned(),
            fingerprint: fingerprint.map(str::to_owned),
        };
        self.call(Call::post(&["v1", "credentials", "device"]).json(&body)?).await
    }

    /// Revokes a credential: nothing is signed with it from now on.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn revoke_credential(&self, id: &str) -> Result<(), ClientError> {
        self.command(Call::delete(&["v1", "credentials", id])).await
    }

    /// Revokes a credential and destroys what the vault holds of it: nobody can go back to it. Needs the account's password.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn destroy_credential(&self, id: &str, password: &str) -> Result<(), ClientError> {
        let body = DestroyCredential { password: password.to_owned() };
        self.command(Call::post(&["v1", "credentials", id, "destroy"]).json(&body)?).await
    }
}

/// Derives on a thread that may block.
async fn derive(
    lock: &str,
    by: impl FnOnce(&str) -> Result<SessionKey, ClientError> + Send + 'static,
) -> Result<SessionKey, ClientError> {
    let lock = Zeroizing::new(lock.to_owned());
    let derived = tokio::task::spawn_blocking(move || by(&lock)).await;
    derived.map_err(|_| ClientError::Sealing("the key could not be derived".to_owned()))?
}
