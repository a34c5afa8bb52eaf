//! Custody: erasing, the users' order policies, and keys that only their owner unlocks.

use async_trait::async_trait;
use nija_core::{
    CredentialId, CredentialMeta, CredentialStatus, Custody, CustodyMode, Erasure, KeyDerivation,
    OrderPolicy, SealedCredential, Timestamp, UserId, VaultError, VenueId,
};
use std::sync::Arc;

use super::{Inner, LocalVault};
use crate::crypto::{Binding, Kind, is_locked, open_locked};
use crate::lease::Unlocks;
use crate::store::{self, Change, Sql};

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
        let policy = self
            .inner
            .read(move |sql| {
                store::policy(sql, user)?.map(|stored| vault.open_policy(user, &stored)).transpose()
            })
            .await?;
        self.inner.writer.note(self.inner.entry("read_policy").by(user));
        Ok(policy)
    }

    async fn set_policy(&self, user: UserId, policy: Option<OrderPolicy>) -> Result<(), VaultError> {
        self.inner.set_policy(user, policy).await
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
        let text = self.inner.read(move |sql| store::derivation(sql, user, &at)).await?;
        let text = text.ok_or_else(|| VaultError::NoCredential { venue: venue.clone() })?;
        serde_json::from_str(&text).map_err(|_| VaultError::Storage("a derivation is damaged".into()))
    }

    async fn unlock(
        &self,
        user: UserId,
        venue: &VenueId,
        sealed_key: &SealedCredential,
        until: Timestamp,
    ) -> Result<Timestamp, VaultError> {
        let entry = self.inner.entry("unlock").by(user).at_venue(venue);
        match self.inner.unlock(user, venue, sealed_key, until).await {
            Ok(until) => {
                self.inner.writer.record(entry.detail(&format!("until {until}"))).await?;
                Ok(until)
            }
            Err(error) => {
                self.inner.record_refusal(entry.refused(&error.to_string())).await;
                Err(error)
            }
        }
    }

    async fn lock(&self, user: UserId, venue: &VenueId) -> Result<(), VaultError> {
        self.inner.unlocks.remove(user, venue);
        self.inner.book.end(user, venue);
        self.inner.writer.record(self.inner.entry("lock").by(user).at_venue(venue)).await
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
    async fn destroy(&self, user: UserId, id: CredentialId) -> Result<(), VaultError> {
        let now = self.clock.now();
        let entry = self.entry("destroy").by(user).of(id, None);
        self.destroying(entry, user, id, move |sql, meta| store::destroy(sql, meta.id, now)).await
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
                        for meta in metas {
                            vault.unlocks.remove(user, &meta.venue);
                            vault.book.end(user, &meta.venue);
                        }
                    }),
                })
            })
            .await?;
        let audit_seq = self.read(move |sql| store::newest_entry(sql, "erase", user)).await?;
        Ok(Erasure { audit_seq, keys, credentials })
    }

    pub(super) fn open_policy(
        &self,
        user: UserId,
        stored: &store::StoredPolicy,
    ) -> Result<OrderPolicy, VaultError> {
        let key = self.keyring.load().open_user_key(user, &stored.user_key)?;
        let content = *user.as_uuid().as_bytes();
        let json = key.unwrap(Kind::Policy, content, &Binding::policy(user), &stored.envelope)?;
        serde_json::from_slice(&json).map_err(|_| VaultError::Envelope("its content is not a policy"))
    }

    async fn set_policy(
        self: &Arc<Self>,
        user: UserId,
        policy: Option<OrderPolicy>,
    ) -> Result<(), VaultError> {
        let json = policy
            .map(|policy| serde_json::to_vec(&policy))
            .transpose()
            .map_err(|error| VaultError::Storage(error.to_string()))?;
        let (vault, entry) = (Arc::clone(self), self.entry("set_policy").by(user));
        self.writer
            .change(entry.clone(), move |sql| {
                vault.write_policy(sql, user, json.as_deref())?;
                let venues: Vec<_> = store::of_user(sql, user)?.into_iter().map(|meta| meta.venue).collect();
                let what = json.as_deref().map_or_else(
                    || "removed".to_owned(),
                    |json| format!("sha256 {}", hex::encode(crate::crypto::digest("nija policy", &[json]))),
                );
                Ok(Change {
                    answer: (),
                    entry: entry.detail(&what),
                    destroyed: false,
                    after: Box::new(move || venues.iter().for_each(|venue| vault.book.end(user, venue))),
                })
            })
            .await
    }

    fn write_policy(&self, sql: &mut dyn Sql, user: UserId, json: Option<&[u8]>) -> Result<(), VaultError> {
        let Some(json) = json else { return store::remove_policy(sql, user) };
        let now = self.clock.now();
        let key = self.user_key(sql, user, now)?;
        let content = *user.as_uuid().as_bytes();
        let envelope = key.wrap(Kind::Policy, content, &Binding::policy(user), now, json)?;
        store::set_policy(sql, user, &key.id, &envelope)
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
        let opened = match self.sealing_pair_ready(venue, sealed).await {
            Ok(()) => self
                .keyring
                .load()
                .sealing_pair(&sealed.key_id)
                .and_then(|pair| pair.open_outer(user, venue, sealed)),
            Err(error) => Err(error),
        };
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

    async fn unlock(
        self: &Arc<Self>,
        user: UserId,
        venue: &VenueId,
        sealed_key: &SealedCredential,
        until: Timestamp,
    ) -> Result<Timestamp, VaultError> {
        self.sealing_pair_ready(venue, sealed_key).await?;
        let key =
            self.keyring.load().sealing_pair(&sealed_key.key_id)?.open_unlock(user, venue, sealed_key)?;
        let (_, _, custody, locked) = self.read_content(user, venue, self.as_ref()).await?;
        if custody != CustodyMode::Session || !is_locked(&locked) {
            return Err(VaultError::NoCredential { venue: venue.clone() });
        }
        // A key that does not open what it is for is not kept.
        open_locked(&key, user, venue, &locked)?;
        let now = self.clock.now();
        let until = Unlocks::ends_at(now, until);
        self.unlocks.insert(user, venue, key, now, until);
        // Leases of an unlock before would last as that one did.
        self.book.end(user, venue);
        Ok(until)
    }

    /// What can be connected now: keys on devices cannot, and locked ones not before they are unlocked.
    pub(super) fn is_usable(&self, meta: &CredentialMeta) -> bool {
        meta.status == CredentialStatus::Active
            && match meta.custody {
                CustodyMode::Delegated => true,
                CustodyMode::Session => self.unlocks.get(meta.user, &meta.venue, self.clock.now()).is_some(),
                CustodyMode::Device => false,
            }
    }
}
