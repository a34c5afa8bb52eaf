//! Handing out signers.

use async_trait::async_trait;
use nija_core::{
    CredentialId, CredentialSecret, CustodyMode, OpenPurpose, OrderPolicy, SealedCredential, Signer,
    Timestamp, UserId, VaultError, VenueId,
};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use zeroize::Zeroizing;

use super::Inner;
use crate::crypto::{Binding, Kind, UNKNOWN_KEK, decode_secret, open_locked};
use crate::lease::{Book, Lease, LeaseParts, LeaseSigner, nonce_key};
use crate::store::{StoredSecret, active_secret, active_with_nonce_key, policy};

/// A credential, its version and mode, and what is in its envelope.
type Content = (CredentialId, u32, CustodyMode, Zeroizing<Vec<u8>>);

/// How often an opening starts again because the credential changed under it.
const ATTEMPTS: usize = 16;

/// The active credential of a user at a venue with its ciphertext: id, version, custody, envelopes.
pub(crate) type ActiveSecret = (CredentialId, u32, CustodyMode, StoredSecret);

/// Where ciphertext is read from when it is to be opened.
#[async_trait]
pub(crate) trait Secrets: Send + Sync {
    /// What is active now.
    async fn active_secret(&self, user: UserId, venue: &VenueId) -> Result<Option<ActiveSecret>, VaultError>;

    /// The active credential that any kept version stores this very venue key of.
    async fn using_key(
        &self,
        user: UserId,
        venue: &VenueId,
        nonce_key: CredentialId,
    ) -> Result<Option<CredentialId>, VaultError>;
}

#[async_trait]
impl Secrets for Inner {
    /// One point read of a small table. It is done right here when a connection is free and near: it takes microseconds, and
    /// a thread for it would take ten times as long as the read. Else it waits where blocking is allowed.
    async fn active_secret(&self, user: UserId, venue: &VenueId) -> Result<Option<ActiveSecret>, VaultError> {
        let here = self.database.free_reader().map(|mut reader| active_secret(reader.as_mut(), user, venue));
        match here {
            Some(found) => found,
            None => {
                let at = venue.clone();
                self.read(move |sql| active_secret(sql, user, &at)).await
            }
        }
    }

    async fn using_key(
        &self,
        user: UserId,
        venue: &VenueId,
        nonce_key: CredentialId,
    ) -> Result<Option<CredentialId>, VaultError> {
        let at = venue.clone();
        self.read(move |sql| active_with_nonce_key(sql, user, &at, nonce_key)).await
    }
}

impl Inner {
    pub(crate) async fn open(
        self: &Arc<Self>,
        user: UserId,
        venue: &VenueId,
        purpose: OpenPurpose,
        secrets: &dyn Secrets,
    ) -> Result<Arc<dyn Signer>, VaultError> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(VaultError::Storage("the vault is closed".into()));
        }
        let lease = match self.book.find(user, venue, self.clock.now()) {
            Ok(lease) => lease,
            Err(_) => match self.open_cold(user, venue, secrets).await {
                Ok(lease) => lease,
                Err(error) => {
                    let entry = self.entry("open").by(user).at_venue(venue);
                    let entry = entry.purpose(purpose.as_str()).refused(&error.to_string());
                    self.record_refusal(entry).await;
                    return Err(error);
                }
            },
        };
        if lease.first_for(purpose) {
            let entry = lease.entry("open", self.clock.now());
            self.writer.note(entry.purpose(purpose.as_str()));
        }
        Ok(self.signer(lease, purpose))
    }

    /// Reads and decrypts.
    async fn open_cold(
        self: &Arc<Self>,
        user: UserId,
        venue: &VenueId,
        secrets: &dyn Secrets,
    ) -> Result<Arc<Lease>, VaultError> {
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let epoch = match self.book.find(user, venue, now) {
                Ok(lease) => return Ok(lease),
                Err(epoch) => epoch,
            };
            let (credential, version, secret, until) = self.read_secret(user, venue, now, secrets).await?;
            let policy = self.read_policy(user).await?.map(Arc::new);
            let ends_at = Book::ends_at(now);
            let ends_at = until.map_or(ends_at, |until| until.min(ends_at));
            let lease = self.lease(user, venue, credential, Some(version), secret, ends_at, policy)?;
            if let Some(lease) = self.book.insert(lease, epoch, now) {
                return Ok(lease);
            }
        }
        Err(VaultError::Storage("the credential kept changing while it was opened".into()))
    }

    /// The secret of the active credential, and when the unlock that it needed ends.
    async fn read_secret(
        self: &Arc<Self>,
        user: UserId,
        venue: &VenueId,
        now: Timestamp,
        secrets: &dyn Secrets,
    ) -> Result<(CredentialId, u32, CredentialSecret, Option<Timestamp>), VaultError> {
        let (id, version, custody, content) = self.read_content(user, venue, secrets).await?;
        let (secret, until) = match custody {
            CustodyMode::Session => {
                let unlocked = self.unlocks.get(user, venue, now);
                let unlocked = unlocked.ok_or_else(|| VaultError::Locked { venue: venue.clone() })?;
                (open_locked(&unlocked.key, user, venue, &content)?, Some(unlocked.until))
            }
            _ => (decode_secret(&content)?, None),
        };
        Ok((id, version, secret, until))
    }

    /// What is stored of the active credential, out of its envelope.
    pub(super) async fn read_content(
        self: &Arc<Self>,
        user: UserId,
        venue: &VenueId,
        secrets: &dyn Secrets,
    ) -> Result<Content, VaultError> {
        let found = secrets.active_secret(user, venue).await?;
        let found = found.ok_or_else(|| VaultError::NoCredential { venue: venue.clone() })?;
        if found.2 == CustodyMode::Device {
            return Err(VaultError::OnDevice { venue: venue.clone() });
        }
        match self.decrypt(user, venue, &found) {
            Err(error) if error == UNKNOWN_KEK => {
                self.reload_keys().await?;
                self.decrypt(user, venue, &found)
            }
            other => other,
        }
    }

    fn decrypt(
        &self,
        user: UserId,
        venue: &VenueId,
        (id, version, custody, stored): &ActiveSecret,
    ) -> Result<Content, VaultError> {
        let key = self.keyring.load().open_user_key(user, &stored.user_key)?;
        let binding = Binding::credential(user, venue, *id, *version, *custody);
        let content = *id.as_uuid().as_bytes();
        let bytes = key.unwrap(Kind::Credential, content, &binding, &stored.envelope)?;
        Ok((*id, *version, *custody, bytes))
    }

    /// The user's policy; one that does not open keeps the credential closed.
    async fn read_policy(self: &Arc<Self>, user: UserId) -> Result<Option<OrderPolicy>, VaultError> {
        let here = self.database.free_reader().map(|mut reader| policy(reader.as_mut(), user));
        let stored = match here {
            Some(stored) => stored?,
            None => self.read(move |sql| policy(sql, user)).await?,
        };
        stored.map(|stored| self.open_policy(user, &stored)).transpose()
    }

    pub(crate) async fn open_sealed(
        self: &Arc<Self>,
        user: UserId,
        venue: &VenueId,
        sealed: &SealedCredential,
        secrets: &dyn Secrets,
    ) -> Result<Arc<dyn Signer>, VaultError> {
        let purpose = OpenPurpose::Verify;
        let opened = self.try_open_sealed(user, venue, sealed, secrets).await;
        let entry = self.entry("open_sealed").by(user).at_venue(venue);
        let entry = entry.purpose(purpose.as_str());
        match opened {
            Ok(lease) => {
                self.writer.note(entry.of(lease.parts.credential, None));
                Ok(self.signer(lease, purpose))
            }
            Err(error) => {
                self.record_refusal(entry.refused(&error.to_string())).await;
                Err(error)
            }
        }
    }

    async fn try_open_sealed(
        self: &Arc<Self>,
        user: UserId,
        venue: &VenueId,
        sealed: &SealedCredential,
        secrets: &dyn Secrets,
    ) -> Result<Arc<Lease>, VaultError> {
        let secret = self.unseal(user, venue, sealed).await?;
        let key = nonce_key(venue, &secret);
        // Requests that carry nonces of one venue key must go out in their order: a check of a key that is in use
        // already goes by the name of the credential that uses it.
        let used = secrets.using_key(user, venue, key).await?;
        let ends_at = Book::ends_at(self.clock.now());
        self.lease(user, venue, used.unwrap_or(key), None, secret, ends_at, None)
    }

    /// Opens what a device sealed.
    pub(crate) async fn unseal(
        self: &Arc<Self>,
        user: UserId,
        venue: &VenueId,
        sealed: &SealedCredential,
    ) -> Result<CredentialSecret, VaultError> {
        self.sealing_pair_ready(venue, sealed).await?;
        self.keyring.load().sealing_pair(&sealed.key_id)?.open(user, venue, sealed)
    }

    /// Loads the keys again when the one that something was sealed to is not known here.
    pub(super) async fn sealing_pair_ready(
        self: &Arc<Self>,
        venue: &VenueId,
        sealed: &SealedCredential,
    ) -> Result<(), VaultError> {
        self.authenticator(venue)?;
        let missing = self.keyring.load().sealing_pair(&sealed.key_id).is_err();
        if missing && self.root.is_some() { self.reload_keys().await } else { Ok(()) }
    }

    #[allow(clippy::too_many_arguments)] // Each is a field of the lease.
    fn lease(
        &self,
        user: UserId,
        venue: &VenueId,
        credential: CredentialId,
        version: Option<u32>,
        secret: CredentialSecret,
        ends_at: Timestamp,
        policy: Option<Arc<OrderPolicy>>,
    ) -> Result<Arc<Lease>, VaultError> {
        let now = self.clock.now();
        let parts = LeaseParts {
            user,
            venue: venue.clone(),
            credential,
            version,
            authenticator: Arc::clone(self.authenticator(venue)?),
            nonces: self.nonce_leases.get(nonce_key(venue, &secret)),
            opened_at: now,
            ends_at,
            policy,
            buys: Arc::clone(&self.buys),
            writer: self.writer.clone(),
        };
        Ok(Lease::new(parts, secret))
    }

    fn signer(&self, lease: Arc<Lease>, purpose: OpenPurpose) -> Arc<dyn Signer> {
        Arc::new(LeaseSigner {
            lease,
            purpose,
            clock: Arc::clone(&self.clock),
            nonces: Arc::clone(&self.nonces),
        })
    }

    /// Durable before it returns. The call is refused already: when this fails too, the log says so.
    pub(crate) async fn record_refusal(&self, entry: crate::audit::Entry) {
        if let Err(error) = self.writer.record(entry).await {
            tracing::error!(%error, "a refusal could not be audited");
        }
    }
}
