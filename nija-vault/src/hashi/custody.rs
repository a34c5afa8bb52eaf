//! Custody: erasing, policies, and keys that only their owner unlocks.

use async_trait::async_trait;
use nija_core::{
    CredentialId, CredentialMeta, Custody, Erasure, KeyDerivation, OrderPolicy, SealedCredential, Timestamp,
    UserId, VaultError, VenueId,
};
use std::sync::Arc;

use super::changes::{Destroyed, Edited};
use super::reading::path;
use super::record::Record;
use super::{HashiVault, State, policies};
use crate::local::{Content, read_derivation};
use crate::store::newest_entry;

#[async_trait]
impl Custody for HashiVault {
    async fn destroy(&self, user: UserId, id: CredentialId) -> Result<(), VaultError> {
        self.state.destroy(user, id).await
    }

    async fn erase(&self, user: UserId) -> Result<Erasure, VaultError> {
        self.state.erase(user).await
    }

    async fn policy(&self, user: UserId) -> Result<Option<OrderPolicy>, VaultError> {
        let inner = &self.state.inner;
        let newest =
            inner.note_read(inner.entry("read_policy").by(user), self.state.newest_policy(user).await)?;
        Ok(newest.and_then(policies::Newest::into_policy))
    }

    async fn set_policy(&self, user: UserId, policy: Option<OrderPolicy>) -> Result<(), VaultError> {
        self.state.set_policy(user, None, policy).await
    }

    async fn replace_policy(
        &self,
        user: UserId,
        seen: Option<OrderPolicy>,
        policy: Option<OrderPolicy>,
    ) -> Result<(), VaultError> {
        self.state.set_policy(user, Some(seen), policy).await
    }

    async fn store_locked(
        &self,
        user: UserId,
        venue: &VenueId,
        label: &str,
        sealed: &SealedCredential,
        derivation: KeyDerivation,
    ) -> Result<CredentialMeta, VaultError> {
        let inner = &self.state.inner;
        let entry = inner.entry("store_locked").by(user).at_venue(venue);
        match inner.unseal_locked(user, venue, sealed, self.state.as_ref()).await {
            Ok(locked) => {
                let content = Content::Locked(locked, derivation);
                self.state.store_content(entry, user, venue, label, content).await
            }
            Err(error) => {
                inner.record_refusal(entry.refused(&error.to_string())).await;
                Err(error)
            }
        }
    }

    async fn derivation(&self, user: UserId, venue: &VenueId) -> Result<KeyDerivation, VaultError> {
        let text = self.state.record(user, venue).await.map(|found| found.and_then(|it| it.derivation()));
        let entry = self.state.inner.entry("read_derivation").by(user).at_venue(venue);
        self.state.inner.note_read(entry, text.and_then(|text| read_derivation(text, venue)))
    }

    async fn unlock(
        &self,
        user: UserId,
        venue: &VenueId,
        sealed_key: &SealedCredential,
        until: Timestamp,
    ) -> Result<Timestamp, VaultError> {
        self.state.inner.unlock(user, venue, sealed_key, until, self.state.as_ref()).await
    }

    async fn lock(&self, user: UserId, venue: &VenueId) -> Result<(), VaultError> {
        self.state.inner.lock(user, venue).await
    }

    async fn register_device_key(
        &self,
        user: UserId,
        venue: &VenueId,
        label: &str,
    ) -> Result<CredentialMeta, VaultError> {
        self.state.inner.authenticator(venue)?;
        let entry = self.state.inner.entry("register_device_key").by(user).at_venue(venue);
        self.state.store_content(entry, user, venue, label, Content::OnDevice).await
    }
}

impl State {
    /// Erases to the end, whether or not its caller waits for it. Cut off by a crash, it is finished by being asked for again.
    async fn erase(self: &Arc<Self>, user: UserId) -> Result<Erasure, VaultError> {
        let (state, entry) = (Arc::clone(self), self.inner.entry("erase").by(user));
        let task = tokio::spawn(async move {
            let _turn = state.turn(user).await;
            state.inner.writer.record(entry.clone().intended()).await?;
            let erased = state.erase_documents(user).await;
            state.inner.book.end_user(user);
            match erased {
                Ok((keys, credentials)) => {
                    let detail = format!("data keys {}", keys.join(" "));
                    let entry = entry.counting(credentials).detail(&detail);
                    state.forget(entry, user, None).await?;
                    let audit_seq = state.inner.read(move |sql| newest_entry(sql, "erase", user)).await?;
                    Ok(Erasure { audit_seq, keys, credentials })
                }
                Err(error) => {
                    state.inner.record_refusal(entry.refused(&error.to_string())).await;
                    Err(error)
                }
            }
        });
        task.await.map_err(|error| VaultError::Storage(error.to_string()))?
    }

    async fn erase_documents(&self, user: UserId) -> Result<(Vec<String>, u64), VaultError> {
        let (mut keys, mut credentials) = (Vec::new(), 0);
        for venue in self.venues(user).await? {
            self.inner.unlocks.remove(user, &venue);
            let (key, count) = self
                .write(&path(user, &venue), &|record: &mut Record| {
                    let answer = record.erase();
                    Ok(Edited { destroyed: Destroyed::No, standing: None, answer })
                })
                .await?;
            self.wipe(&path(user, &venue)).await?;
            keys.extend(key.map(hex::encode));
            credentials += count;
        }
        let key = self
            .write(&policies::place(user), &|record: &mut Record| self.erase_policy(user, record))
            .await?;
        keys.extend(key.map(hex::encode));
        self.wipe(&policies::place(user)).await?;
        Ok((keys, credentials))
    }

    /// What was written before is not to be had from the server's history either.
    async fn wipe(&self, path: &str) -> Result<(), VaultError> {
        let found = self.kv.read::<Record>(path).await?;
        if found.version < 2 { Ok(()) } else { self.kv.wipe_history(path, found.version).await }
    }
}
