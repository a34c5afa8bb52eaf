//! Handing out signers.

use async_trait::async_trait;
use nija_core::{
    CredentialId, CredentialSecret, CustodyMode, OpenPurpose, SealedCredential, Signer, UserId, VaultError,
    VenueId,
};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Inner;
use crate::crypto::{Binding, Kind, decode_secret, open_user_key};
use crate::lease::{Book, Lease, LeaseParts, LeaseSigner, nonce_key};
use crate::store::{StoredSecret, active_secret, active_with_nonce_key};

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
            let found = secrets.active_secret(user, venue).await?;
            let found = found.ok_or_else(|| VaultError::NoCredential { venue: venue.clone() })?;
            let (credential, version, secret) = self.decrypt(user, venue, found)?;
            let lease = self.lease(user, venue, credential, Some(version), secret)?;
            if let Some(lease) = self.book.insert(lease, epoch, now) {
                return Ok(lease);
            }
        }
        Err(VaultError::Storage("the credential kept changing while it was opened".into()))
    }

    fn decrypt(
        &self,
        user: UserId,
        venue: &VenueId,
        (id, version, custody, stored): ActiveSecret,
    ) -> Result<(CredentialId, u32, CredentialSecret), VaultError> {
        let StoredSecret { envelope, user_key } = stored;
        let key = open_user_key(&self.keyring.kek, user, user_key.id, &user_key.envelope)?;
        let binding = Binding::credential(user, venue, id, version, custody);
        let content = *id.as_uuid().as_bytes();
        let bytes = key.unwrap(Kind::Credential, content, &binding, &envelope)?;
        Ok((id, version, decode_secret(&bytes)?))
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
        &self,
        user: UserId,
        venue: &VenueId,
        sealed: &SealedCredential,
        secrets: &dyn Secrets,
    ) -> Result<Arc<Lease>, VaultError> {
        let secret = self.unseal(user, venue, sealed)?;
        let key = nonce_key(venue, &secret);
        // Requests that carry nonces of one venue key must go out in their order: a check of a key that is in use
        // already goes by the name of the credential that uses it.
        let used = secrets.using_key(user, venue, key).await?;
        self.lease(user, venue, used.unwrap_or(key), None, secret)
    }

    /// Opens what a device sealed.
    pub(crate) fn unseal(
        &self,
        user: UserId,
        venue: &VenueId,
        sealed: &SealedCredential,
    ) -> Result<CredentialSecret, VaultError> {
        self.authenticator(venue)?;
        self.keyring.sealing_pair(&sealed.key_id)?.open(user, venue, sealed)
    }

    fn lease(
        &self,
        user: UserId,
        venue: &VenueId,
        credential: CredentialId,
        version: Option<u32>,
        secret: CredentialSecret,
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
            ends_at: Book::ends_at(now),
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
