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
use crate::crypto::{Binding, Kind, UNKNOWN_KEK, UserKey, decode_secret, open_locked};
use crate::lease::{Book, Lease, LeaseParts, LeaseSigner, nonce_key};
use crate::store::{StoredSecret, active_secret, active_with_nonce_key};

/// A credential with what is in its envelope, and its owner's policy.
pub(crate) struct Content {
    pub(crate) id: CredentialId,
    pub(crate) version: u32,
    pub(crate) custody: CustodyMode,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    pub(crate) policy: Option<OrderPolicy>,
}

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

    /// Something names a key that is not known here: another signer may have made it meanwhile.
    async fn reload_keys(&self) -> Result<(), VaultError>;

    /// The policy beside a credential is not the user's newest: puts that in its place, where it is kept more than once.
    async fn mend_policy(&self, user: UserId, venue: &VenueId) -> Result<(), VaultError>;
}

#[async_trait]
impl Secrets for Arc<Inner> {
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

    async fn reload_keys(&self) -> Result<(), VaultError> {
        Inner::reload_keys(self).await
    }

    async fn mend_policy(&self, _: UserId, _: &VenueId) -> Result<(), VaultError> {
        Ok(())
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
        self.is_open()?;
        let lease = match self.book.find(user, venue, self.clock.now()) {
            Ok(lease) => {
                self.book.note_opening(true);
                lease
            }
            Err(_) => match self.open_cold(user, venue, secrets).await {
                Ok(lease) => {
                    self.book.note_opening(false);
                    lease
                }
                Err(error) => {
                    let entry = self.entry("open").by(user).at_venue(venue);
                    let entry = entry.purpose(purpose.as_str()).refused(&error.to_string());
                    self.record_refusal(entry).await;
                    metrics::counter!("nija_vault_opens_refused_total", "reason" => refusal(&error))
                        .increment(1);
                    return Err(error);
                }
            },
        };
        // Closed meanwhile: what was opened since the leases were ended ends as well.
        self.is_open().inspect_err(|_| lease.end())?;
        if lease.first_for(purpose) {
            let entry = lease.entry("open", self.clock.now());
            self.writer.note(entry.purpose(purpose.as_str()));
        }
        Ok(self.signer(lease, purpose))
    }

    pub(crate) fn is_open(&self) -> Result<(), VaultError> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(VaultError::Storage("the vault is closed".into()));
        }
        Ok(())
    }

    /// Reads and decrypts.
    async fn open_cold(
        self: &Arc<Self>,
        user: UserId,
        venue: &VenueId,
        secrets: &dyn Secrets,
    ) -> Result<Arc<Lease>, VaultError> {
        let mut last = VaultError::Storage("the credential kept changing while it was opened".into());
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let epoch = match self.book.find(user, venue, now) {
                Ok(lease) => return Ok(lease),
                Err(epoch) => epoch,
            };
            let (content, secret, until) = match self.read_secret(user, venue, secrets).await {
                // Read while it was being replaced, perhaps. What was done on purpose stays.
                Err(error @ (VaultError::Policy(_) | VaultError::Status(_))) => {
                    secrets.mend_policy(user, venue).await?;
                    last = error;
                    continue;
                }
                read => read?,
            };
            let ends_at = Book::ends_at(now);
            let ends_at = until.map_or(ends_at, |until| until.min(ends_at));
            let policy = content.policy.map(Arc::new);
            let lease =
                self.lease(user, venue, content.id, Some(content.version), secret, ends_at, policy)?;
            if let Some(lease) = self.book.insert(lease, epoch, now) {
                return Ok(lease);
            }
        }
        Err(last)
    }

    /// The secret of the active credential, and when the unlock that it needed ends.
    async fn read_secret(
        self: &Arc<Self>,
        user: UserId,
        venue: &VenueId,
        secrets: &dyn Secrets,
    ) -> Result<(Content, CredentialSecret, Option<Timestamp>), VaultError> {
        let content = self.read_content(user, venue, secrets).await?;
        let (secret, until) = match content.custody {
            CustodyMode::Session => {
                let unlocked = self.standing_unlock(user, venue).await?;
                (open_locked(&unlocked.key, user, venue, &content.bytes)?, Some(unlocked.until))
            }
            _ => (decode_secret(&content.bytes)?, None),
        };
        Ok((content, secret, until))
    }

    /// What is stored of the active credential, out of its envelope.
    pub(crate) async fn read_content(
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
                secrets.reload_keys().await?;
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
        let user_key = self.keyring.load().open_user_key(user, &stored.user_key)?;
        self.check_standing(&user_key, *id, *version)?;
        if let Some(standing) = &user_key.standing {
            self.saw_standing((user_key.key.id, standing.revision));
        }
        let binding = Binding::credential(user, venue, *id, *version, *custody);
        let content = *id.as_uuid().as_bytes();
        let bytes = user_key.key.unwrap(Kind::Credential, content, &binding, &stored.envelope)?;
        let policy = self.open_policy(user, &user_key, stored.policy.as_deref())?;
        Ok(Content { id: *id, version: *version, custody: *custody, bytes, policy })
    }

    /// The user's policy. One that is not the one that was set keeps the credential closed.
    pub(crate) fn open_policy(
        &self,
        user: UserId,
        UserKey { key, mark, .. }: &UserKey,
        envelope: Option<&[u8]>,
    ) -> Result<Option<OrderPolicy>, VaultError> {
        mark.check(envelope)?;
        if !self.revisions.see(user, mark.revision) {
            return Err(VaultError::Policy("an older one is in its place"));
        }
        let Some(envelope) = envelope else { return Ok(None) };
        let content = *user.as_uuid().as_bytes();
        let json = key.unwrap(Kind::Policy, content, &Binding::policy(user), envelope)?;
        serde_json::from_slice(&json)
            .map(Some)
            .map_err(|_| VaultError::Envelope("its content is not a policy"))
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
        self.is_open()?;
        let secret = self.unseal(user, venue, sealed, secrets).await?;
        let key = nonce_key(venue, &secret);
        // Requests that carry nonces of one venue key must go out in their order: a check of a key that is in use
        // already goes by the name of the credential that uses it.
        let used = secrets.using_key(user, venue, key).await?;
        self.check_lease(user, venue, used.unwrap_or(key), secret)
    }

    /// The lease of a key that is only being checked.
    pub(super) fn check_lease(
        &self,
        user: UserId,
        venue: &VenueId,
        credential: CredentialId,
        secret: CredentialSecret,
    ) -> Result<Arc<Lease>, VaultError> {
        let ends_at = Book::ends_at(self.clock.now());
        let lease = self.lease(user, venue, credential, None, secret, ends_at, None)?;
        self.book.watch(&lease);
        self.is_open().inspect_err(|_| lease.end())?;
        Ok(lease)
    }

    /// Opens what a device sealed.
    pub(crate) async fn unseal(
        self: &Arc<Self>,
        user: UserId,
        venue: &VenueId,
        sealed: &SealedCredential,
        secrets: &dyn Secrets,
    ) -> Result<CredentialSecret, VaultError> {
        self.sealing_pair_ready(venue, sealed, secrets).await?;
        self.keyring.load().sealing_pair(&sealed.key_id)?.open(user, venue, sealed)
    }

    /// Loads the keys again when the one that something was sealed to is not known here.
    pub(crate) async fn sealing_pair_ready(
        self: &Arc<Self>,
        venue: &VenueId,
        sealed: &SealedCredential,
        secrets: &dyn Secrets,
    ) -> Result<(), VaultError> {
        self.authenticator(venue)?;
        let missing = self.keyring.load().sealing_pair(&sealed.key_id).is_err();
        if missing { secrets.reload_keys().await } else { Ok(()) }
    }

    #[allow(clippy::too_many_arguments)] // Each is a field of the lease.
    pub(super) fn lease(
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

    pub(super) fn signer(&self, lease: Arc<Lease>, purpose: OpenPurpose) -> Arc<dyn Signer> {
        Arc::new(LeaseSigner {
            lease,
            purpose,
            clock: Arc::clone(&self.clock),
            nonces: Arc::clone(&self.nonces),
        })
    }

    /// Notes a reading of metadata, one that failed as well: a policy that is not as it was set is found by reading it, too.
    pub(crate) fn note_read<T>(
        &self,
        entry: crate::audit::Entry,
        read: Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        self.writer.note(match &read {
            Ok(_) => entry,
            Err(error) => entry.refused(&error.to_string()),
        });
        read
    }

    /// Durable before it returns. The call is refused already: when this fails too, the log says so.
    pub(crate) async fn record_refusal(&self, entry: crate::audit::Entry) {
        if let Err(error) = self.writer.record(entry).await {
            tracing::error!(%error, "a refusal could not be audited");
        }
    }
}

/// A refusal by a name that a metric can carry.
const fn refusal(error: &VaultError) -> &'static str {
    match error {
        VaultError::NoCredential { .. } => "no_credential",
        VaultError::Locked { .. } => "locked",
        VaultError::OnDevice { .. } => "on_device",
        VaultError::Envelope(_) => "envelope",
        VaultError::Policy(_) => "policy",
        VaultError::Status(_) => "status",
        VaultError::Storage(_) => "storage",
        _ => "other",
    }
}
