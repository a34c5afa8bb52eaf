//! Custody: erasing, the users' order policies, and keys that only their owner unlocks.

use async_trait::async_trait;
use nija_core::{
    CredentialId, CredentialMeta, CredentialStatus, Custody, CustodyMode, Erasure, KeyDerivation,
    OrderPolicy, SealedCredential, Timestamp, UserId, VaultError, VenueId,
};
use std::sync::Arc;
use zeroize::Zeroizing;

use super::changes::Effect;
use super::{Inner, LocalVault, Secrets};
use crate::crypto::{Binding, DataKey, Kind, PolicyMark, UserKey, digest, is_locked, open_locked};
use crate::lease::Unlocks;
use crate::store::{self, Change, Sql, StoredKey};

#[async_trait]
impl Custody for LocalVault {
    async fn destroy(&self, user: UserId, id: CredentialId) -> Result<(), VaultError> {
        self.inner.destroy(user, id).await
    }

    async fn erase(&self, user: UserId) -> Result<Erasure, VaultError> {
        self.inner.erase(user).await
    }

    async fn policy(&self, user: UserId) -> Result<Option<OrderPolicy>, VaultError> {
        let vault = Arc::clone(&self.inner);
        let policy = self.inner.read(move |sql| vault.policy_in_force(sql, user)).await;
        self.inner.note_read(self.inner.entry("read_policy").by(user), policy)
    }

    async fn set_policy(&self, user: UserId, policy: Option<OrderPolicy>) -> Result<(), VaultError> {
        self.inner.set_policy(user, None, policy).await
    }

    async fn replace_policy(
        &self,
        user: UserId,
        seen: Option<OrderPolicy>,
        policy: Option<OrderPolicy>,
    ) -> Result<(), VaultError> {
        self.inner.set_policy(user, Some(seen), policy).await
    }

    async fn store_locked(
        &self,
        user: UserId,
        venue: &VenueId,
        label: &str,
        sealed: &SealedCredential,
        derivation: KeyDerivation,
    ) -> Result<CredentialMeta, VaultError> {
        self.inner.store_locked(user, venue, label, sealed, derivation).await
    }

    async fn derivation(&self, user: UserId, venue: &VenueId) -> Result<KeyDerivation, VaultError> {
        let at = venue.clone();
        let text = self.inner.read(move |sql| store::derivation(sql, user, &at)).await;
        let entry = self.inner.entry("read_derivation").by(user).at_venue(venue);
        self.inner.note_read(entry, text.and_then(|text| read_derivation(text, venue)))
    }

    async fn unlock(
        &self,
        user: UserId,
        venue: &VenueId,
        sealed_key: &SealedCredential,
        until: Timestamp,
    ) -> Result<Timestamp, VaultError> {
        self.inner.unlock(user, venue, sealed_key, until, &self.inner).await
    }

    async fn lock(&self, user: UserId, venue: &VenueId) -> Result<(), VaultError> {
        self.inner.lock(user, venue).await
    }

    async fn register_device_key(
        &self,
        user: UserId,
        venue: &VenueId,
        label: &str,
    ) -> Result<CredentialMeta, VaultError> {
        self.inner.authenticator(venue)?;
        let entry = self.inner.entry("register_device_key").by(user).at_venue(venue);
        let content = super::changes::Content::OnDevice;
        self.inner.store_content(entry, user, venue, label, content).await
    }
}

impl Inner {
    async fn destroy(self: &Arc<Self>, user: UserId, id: CredentialId) -> Result<(), VaultError> {
        let now = self.clock.now();
        let entry = self.entry("destroy").by(user).of(id, None);
        let destroy = move |sql: &mut dyn Sql, meta: &CredentialMeta| store::destroy(sql, meta.id, now);
        self.change_credential(entry, user, id, Effect::IsDestroyed, destroy).await.map(|_| ())
    }

    async fn erase(self: &Arc<Self>, user: UserId) -> Result<Erasure, VaultError> {
        let (vault, entry, now) = (Arc::clone(self), self.entry("erase").by(user), self.clock.now());
        let (keys, credentials) = self
            .writer
            .change(entry.clone(), move |sql| {
                let keys: Vec<_> = store::erase(sql, user, now)?.iter().map(hex::encode).collect();
                let metas = store::of_user(sql, user)?;
                let entry =
                    entry.counting(metas.len() as u64).detail(&format!("data keys {}", keys.join(" ")));
                Ok(Change {
                    answer: (keys, metas.len() as u64),
                    entry,
                    destroyed: true,
                    after: Box::new(move || {
                        metas.iter().for_each(|meta| vault.unlocks.remove(user, &meta.venue));
                        vault.book.end_user(user);
                        vault.revisions.forget(&user);
                    }),
                })
            })
            .await?;
        let audit_seq = self.read(move |sql| store::newest_entry(sql, "erase", user)).await?;
        Ok(Erasure { audit_seq, keys, credentials })
    }

    /// With `seen` only if that is the policy in force.
    async fn set_policy(
        self: &Arc<Self>,
        user: UserId,
        seen: Option<Option<OrderPolicy>>,
        policy: Option<OrderPolicy>,
    ) -> Result<(), VaultError> {
        let json = policy_json(policy.as_ref())?;
        let (vault, entry) = (Arc::clone(self), self.entry("set_policy").by(user));
        self.writer
            .change(entry.clone(), move |sql| {
                if let Some(seen) = seen
                    && vault.policy_in_force(sql, user)? != seen
                {
                    return Err(VaultError::PolicyChanged);
                }
                let revision = vault.write_policy(sql, user, json.as_deref())?;
                Ok(Change {
                    answer: (),
                    entry: entry.detail(&policy_detail(revision, json.as_deref())),
                    destroyed: false,
                    after: Box::new(move || {
                        vault.book.end_user(user);
                        vault.saw_policy(user, revision);
                    }),
                })
            })
            .await
    }

    fn policy_in_force(&self, sql: &mut dyn Sql, user: UserId) -> Result<Option<OrderPolicy>, VaultError> {
        let Some((stored, envelope)) = store::policy(sql, user)? else { return Ok(None) };
        let key = self.current_keyring(sql)?.open_user_key(user, &stored)?;
        self.open_policy(user, &key, envelope.as_deref())
    }

    /// Writes the policy, or none, and has the user's key vouch for it. Answers with the revision.
    fn write_policy(&self, sql: &mut dyn Sql, user: UserId, json: Option<&[u8]>) -> Result<u64, VaultError> {
        let now = self.clock.now();
        let (user_key, stored) = self.user_key(sql, user, now)?;
        let envelope = json.map(|json| seal_policy(user, &user_key.key, now, json)).transpose()?;
        self.put_policy(sql, user, (&user_key, &stored), envelope.as_deref())
    }

    /// Puts a policy that is under the user's key already in force.
    pub(super) fn put_policy(
        &self,
        sql: &mut dyn Sql,
        user: UserId,
        (user_key, stored): (&UserKey, &StoredKey),
        envelope: Option<&[u8]>,
    ) -> Result<u64, VaultError> {
        let mark = PolicyMark::at(user_key.mark.next_revision(self.clock.now()), envelope);
        match envelope {
            Some(envelope) => store::set_policy(sql, user, &stored.id, envelope)?,
            None => store::remove_policy(sql, user)?,
        }
        store::keep_policy(sql, user, mark.revision, &stored.id, envelope)?;
        let marked = self.current_keyring(sql)?.mark_user_key(user, stored, &mark)?;
        if store::replace_user_key(sql, user, stored, &marked)? != 1 {
            return Err(VaultError::Storage("the user's key changed while the policy was written".into()));
        }
        Ok(mark.revision)
    }

    async fn store_locked(
        self: &Arc<Self>,
        user: UserId,
        venue: &VenueId,
        label: &str,
        sealed: &SealedCredential,
        derivation: KeyDerivation,
    ) -> Result<CredentialMeta, VaultError> {
        let entry = self.entry("store_locked").by(user).at_venue(venue);
        let opened = self.unseal_locked(user, venue, sealed, self).await;
        match opened {
            Ok(locked) => {
                let content = super::changes::Content::Locked(locked, derivation);
                self.store_content(entry, user, venue, label, content).await
            }
            Err(error) => {
                self.record_refusal(entry.refused(&error.to_string())).await;
                Err(error)
            }
        }
    }

    /// Opens what a device sealed with a key of its own inside, down to that key's lock.
    pub(crate) async fn unseal_locked(
        self: &Arc<Self>,
        user: UserId,
        venue: &VenueId,
        sealed: &SealedCredential,
        secrets: &dyn Secrets,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.sealing_pair_ready(venue, sealed, secrets).await?;
        self.keyring.load().sealing_pair(&sealed.key_id)?.open_outer(user, venue, sealed)
    }

    pub(crate) async fn unlock(
        self: &Arc<Self>,
        user: UserId,
        venue: &VenueId,
        sealed_key: &SealedCredential,
        until: Timestamp,
        secrets: &dyn Secrets,
    ) -> Result<Timestamp, VaultError> {
        let entry = self.entry("unlock").by(user).at_venue(venue);
        // Before anything is looked at: a lock that comes meanwhile, here or at another signer, is the later one.
        let begun_at = self.log_length().await?;
        match self.try_unlock(user, venue, sealed_key, secrets).await {
            Ok(key) => {
                let now = self.clock.now();
                let until = Unlocks::ends_at(now, until);
                // An unlock that cannot be recorded does not happen.
                self.writer.record(entry.detail(&format!("until {until}"))).await?;
                self.unlocks.insert(user, venue, key, (now, until), begun_at);
                // Closed meanwhile: nothing is to stay in memory.
                self.is_open().inspect_err(|_| self.unlocks.clear())?;
                // Leases of an unlock before would last as that one did.
                self.book.end(user, venue);
                Ok(until)
            }
            Err(error) => {
                self.record_refusal(entry.refused(&error.to_string())).await;
                Err(error)
            }
        }
    }

    /// The derived key, which opens what it is for.
    async fn try_unlock(
        self: &Arc<Self>,
        user: UserId,
        venue: &VenueId,
        sealed_key: &SealedCredential,
        secrets: &dyn Secrets,
    ) -> Result<DataKey, VaultError> {
        self.sealing_pair_ready(venue, sealed_key, secrets).await?;
        let key =
            self.keyring.load().sealing_pair(&sealed_key.key_id)?.open_unlock(user, venue, sealed_key)?;
        let content = self.read_content(user, venue, secrets).await?;
        if content.custody != CustodyMode::Session || !is_locked(&content.bytes) {
            return Err(VaultError::NoCredential { venue: venue.clone() });
        }
        // A key that does not open what it is for is not kept.
        open_locked(&key, user, venue, &content.bytes)?;
        Ok(key)
    }

    pub(crate) async fn lock(&self, user: UserId, venue: &VenueId) -> Result<(), VaultError> {
        self.unlocks.remove(user, venue);
        self.book.end(user, venue);
        self.writer.record(self.entry("lock").by(user).at_venue(venue)).await
    }

    /// From now on nothing older is taken.
    pub(crate) fn saw_policy(&self, user: UserId, revision: u64) {
        if !self.revisions.see(user, revision) {
            // Another change was faster and is the newer one.
            tracing::debug!("a later policy was seen already");
        }
    }

    /// What can be connected now: keys on devices cannot, and locked ones not before they are unlocked.
    pub(crate) fn is_usable(&self, meta: &CredentialMeta) -> bool {
        meta.status == CredentialStatus::Active
            && match meta.custody {
                CustodyMode::Delegated => true,
                CustodyMode::Session => self.unlocks.get(meta.user, &meta.venue, self.clock.now()).is_some(),
                CustodyMode::Device => false,
            }
    }
}

/// The policy as it is encrypted.
pub(crate) fn policy_json(policy: Option<&OrderPolicy>) -> Result<Option<Vec<u8>>, VaultError> {
    let json = policy.map(serde_json::to_vec).transpose();
    json.map_err(|error| VaultError::Storage(error.to_string()))
}

/// A policy under its user's key.
pub(crate) fn seal_policy(
    user: UserId,
    key: &DataKey,
    now: Timestamp,
    json: &[u8],
) -> Result<Vec<u8>, VaultError> {
    key.wrap(Kind::Policy, *user.as_uuid().as_bytes(), &Binding::policy(user), now, json)
}

/// What the log keeps of a policy.
pub(crate) fn policy_detail(revision: u64, json: Option<&[u8]>) -> String {
    match json {
        None => format!("revision {revision}: removed"),
        Some(json) => format!("revision {revision}: sha256 {}", hex::encode(digest("nija policy", &[json]))),
    }
}

/// A stored derivation.
pub(crate) fn read_derivation(text: Option<String>, venue: &VenueId) -> Result<KeyDerivation, VaultError> {
    let text = text.ok_or_else(|| VaultError::NoCredential { venue: venue.clone() })?;
    serde_json::from_str(&text).map_err(|_| VaultError::Storage("a derivation is damaged".into()))
}

impl LocalVault {
    /// Destroys the ciphertext of a version that was replaced: nobody can go back to it.
    ///
    /// # Errors
    /// [`VaultError::Unsupported`] for the present version; [`VaultError::NoSuchVersion`] for one that is not kept;
    /// [`VaultError::NoSuchCredential`], [`VaultError::Storage`].
    pub async fn retire_version(
        &self,
        user: UserId,
        id: CredentialId,
        version: u32,
    ) -> Result<(), VaultError> {
        let entry = self.inner.entry("retire_version").by(user).detail(&format!("version {version}"));
        self.inner
            .change_credential(entry, user, id, Effect::GoesWithLess, move |sql, meta| {
                if meta.version == version {
                    return Err(VaultError::Unsupported("the version that is in use"));
                }
                store::retire_version(sql, id, version)
            })
            .await
            .map(|_| ())
    }
}
