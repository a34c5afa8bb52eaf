//! Rotation of the key-encryption key, and of the Transit key above it; re-wrapping under the newest. A re-wrap also has keys of an
//! earlier program vouch for which credentials are in force.
//!
//! There is no transaction over documents. Each is moved by itself, by check-and-set: whenever the process dies, each names a key
//! that is there. An older key may only go when nobody will write under it again. Signers look at the keys anew
//! before they write when they last did so more than a minute ago, and a replaced key is kept for ten.

use async_trait::async_trait;
use futures::stream::{self, StreamExt, TryStreamExt};
use nija_core::{UserId, VaultError};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

use super::changes::{Destroyed, Edited};
use super::record::Record;
use super::{HashiVault, State, keys};
use crate::crypto::{Keyring, Kind, is_bound, key_of, new_kek, new_sealing_key};
use crate::local::{outdated_seals, stale_vault_keys};
use crate::rotation::{KeyReport, KeyRotation, RewrapProgress};
use crate::store::StoredKey;

/// How old what a signer knows of the keys may be when it writes.
const FRESH: Duration = Duration::from_secs(60);
/// How long a replaced key is kept, whether or not anything is under it: far longer than that and any one call together.
const GRACE: Duration = Duration::from_secs(600);
/// Documents that are moved at once.
const AT_ONCE: usize = 8;
/// How often a change of the keys starts again because another signer was faster.
const ATTEMPTS: usize = 16;

impl HashiVault {
    /// [`KeyRotation::rotate`] and [`KeyRotation::rewrap`] when the newest key is older than `age`, or older keys are left.
    /// Answers whether there was anything to do.
    ///
    /// # Errors
    /// As those.
    pub async fn rotate_when_due(&self, age: Duration) -> Result<bool, VaultError> {
        self.state.load_keys().await?;
        let keys = self.keys();
        let now = self.state.inner.clock.now();
        let due = keys.key_encryption.first().is_none_or(|key| key.made_at.plus(age) <= now);
        if due {
            self.rotate().await?;
        }
        let left = due || keys.key_encryption.len() > 1;
        if left {
            self.rewrap(&mut |_| ()).await?;
        }
        Ok(left)
    }
}

#[async_trait]
impl KeyRotation for HashiVault {
    fn keys(&self) -> KeyReport {
        self.state.inner.key_report()
    }

    async fn rotate(&self) -> Result<(), VaultError> {
        self.state.rotate().await
    }

    async fn rewrap(
        &self,
        progress: &mut (dyn FnMut(RewrapProgress) + Send),
    ) -> Result<RewrapProgress, VaultError> {
        self.state.rewrap(progress).await
    }
}

impl State {
    /// Loads the keys and puts them in use.
    pub(super) async fn load_keys(&self) -> Result<(), VaultError> {
        let asked_at = Instant::now();
        let loaded = keys::load(&self.kv, &self.transit).await?;
        self.inner.keyring.store(Arc::new(Keyring::open(&self.root, &loaded.stored)?));
        *self.keys_known_at.lock() = asked_at;
        Ok(())
    }

    /// Before something is put under the newest key: another signer may have made a newer one.
    pub(super) async fn fresh_keys(&self) -> Result<(), VaultError> {
        let known_at = *self.keys_known_at.lock();
        if known_at.elapsed() < FRESH { Ok(()) } else { self.load_keys().await }
    }

    async fn rotate(&self) -> Result<(), VaultError> {
        let (writer, entry) = (&self.inner.writer, self.inner.entry("rotate_keys"));
        writer.record(entry.clone().intended()).await?;
        match self.make_keys().await {
            Ok(id) => writer.record(entry.detail(&format!("key-encryption key {id}"))).await,
            Err(error) => {
                self.inner.record_refusal(entry.refused(&error.to_string())).await;
                Err(error)
            }
        }
    }

    async fn make_keys(&self) -> Result<String, VaultError> {
        // Nothing is lost when the rest does not follow: what lies under the older version still opens.
        self.transit.rotate().await?;
        for _ in 0..ATTEMPTS {
            let mut loaded = keys::load(&self.kv, &self.transit).await?;
            let keyring = Keyring::open(&self.root, &loaded.stored)?;
            // Beside another signer's rotation this one's keys must be the newest: they say when.
            let newest = keyring.keks().next().map(|(_, at)| at.plus(Duration::from_micros(1)));
            let at = newest.map_or(self.inner.clock.now(), |newest| newest.max(self.inner.clock.now()));
            let (kek, stored) = new_kek(&self.root, at)?;
            let id = hex::encode(stored.id);
            loaded.stored.sealing.push(new_sealing_key(&kek, at)?);
            loaded.stored.keks.insert(0, stored);
            if loaded.save(&self.kv, &self.transit).await? {
                self.load_keys().await?;
                return Ok(id);
            }
        }
        Err(kept_changing())
    }

    async fn rewrap(
        &self,
        progress: &mut (dyn FnMut(RewrapProgress) + Send),
    ) -> Result<RewrapProgress, VaultError> {
        self.load_keys().await?;
        self.rewrap_vault_keys().await?;
        let documents = self.documents().await?;
        let mut at = RewrapProgress { total: documents.len() as u64, ..Default::default() };
        progress(at);
        let mut moving = stream::iter(documents)
            .map(|(user, path)| async move { self.rewrap_document(user, &path).await })
            .buffer_unordered(AT_ONCE);
        while let Some(moved) = moving.next().await {
            at.moved += u64::from(moved?);
            at.done += 1;
            progress(at);
        }
        drop(moving);
        if at.moved > 0 {
            self.inner.writer.record(self.inner.entry("rewrap").counting(at.moved)).await?;
        }
        at.retired = self.retire().await?;
        progress(at);
        Ok(at)
    }

    /// Every document that holds a user's key.
    async fn documents(&self) -> Result<Vec<(UserId, String)>, VaultError> {
        stream::iter(self.users().await?)
            .map(|user| async move {
                let names = self.kv.list(&format!("users/{user}")).await?;
                let paths = names.into_iter().map(move |name| (user, format!("users/{user}/{name}")));
                Ok::<_, VaultError>(paths.collect::<Vec<_>>())
            })
            .buffer_unordered(AT_ONCE)
            .try_concat()
            .await
    }

    /// Answers whether it had to be moved.
    async fn rewrap_document(&self, user: UserId, path: &str) -> Result<bool, VaultError> {
        let found = self.kv.read::<Record>(path).await?;
        let newest = self.inner.keyring.load().kek()?.id;
        let key = found.document.map(Record::check).transpose()?.and_then(|record| record.user_key);
        let is_done = |envelope: &[u8]| {
            key_of(envelope).ok() == Some(newest) && is_bound(envelope).is_ok_and(|is_bound| is_bound)
        };
        if key.is_none_or(|key| is_done(&key.envelope)) {
            return Ok(false);
        }
        self.write(path, &|record: &mut Record| {
            let moved = match &mut record.user_key {
                // Gone meanwhile: then there is nothing to move.
                None => None,
                Some(key) => {
                    let stored = StoredKey { id: key.id, envelope: key.envelope.clone() };
                    let envelope = self.inner.keyring.load().rewrap_user_key(user, &stored)?;
                    envelope.map(|envelope| key.envelope = envelope)
                }
            };
            let standing = self.bind_of_old(user, record)?;
            let answer = moved.is_some() || standing.is_some();
            Ok(Edited { answer, destroyed: Destroyed::No, standing })
        })
        .await
    }

    /// The sealing keys and the vault's identity, and what Transit has encrypted.
    async fn rewrap_vault_keys(&self) -> Result<(), VaultError> {
        for _ in 0..ATTEMPTS {
            let mut loaded = keys::load(&self.kv, &self.transit).await?;
            let keyring = Keyring::open(&self.root, &loaded.stored)?;
            let stale = stale_vault_keys(&keyring, &loaded.stored)?;
            if stale.is_empty() && !loaded.is_behind(&self.transit).await? {
                return Ok(());
            }
            let count = stale.len() as u64;
            for (kind, id, envelope) in stale {
                let stored = &mut loaded.stored;
                let keys = if kind == Kind::Identity { &mut stored.identities } else { &mut stored.sealing };
                keys.iter_mut().filter(|key| key.id == id).for_each(|key| key.envelope.clone_from(&envelope));
            }
            if loaded.save(&self.kv, &self.transit).await? {
                let entry = self.inner.entry("rewrap").counting(count).detail("sealing and signing keys");
                self.inner.writer.record(entry).await?;
                return self.load_keys().await;
            }
        }
        Err(kept_changing())
    }

    /// Retires key-encryption keys that nothing was under when every document was looked at and that have had their time of grace,
    /// and sealing keys that were replaced long ago.
    async fn retire(&self) -> Result<u64, VaultError> {
        for _ in 0..ATTEMPTS {
            let mut loaded = keys::load(&self.kv, &self.transit).await?;
            let keyring = Keyring::open(&self.root, &loaded.stored)?;
            let now = self.inner.clock.now();
            let made: Vec<_> = keyring.keks().collect();
            // A key was replaced when the next newer one was made.
            let replaced = made.iter().skip(1).zip(&made);
            let over: Vec<_> = replaced
                .filter(|(_, (_, newer_at))| newer_at.plus(GRACE) <= now)
                .map(|((id, _), _)| *id)
                .collect();
            let seals = outdated_seals(&keyring, now);
            if over.is_empty() && seals.is_empty() {
                return Ok(0);
            }
            loaded.stored.keks.retain(|key| !over.contains(&key.id));
            loaded.stored.sealing.retain(|key| !seals.contains(&key.id));
            if loaded.save(&self.kv, &self.transit).await? {
                let ids: Vec<_> = over.iter().map(hex::encode).collect();
                let entry = self.inner.entry("retire_keys").counting(ids.len() as u64).detail(&ids.join(" "));
                self.inner.writer.record(entry).await?;
                self.load_keys().await?;
                return Ok(ids.len() as u64);
            }
        }
        Err(kept_changing())
    }
}

fn kept_changing() -> VaultError {
    VaultError::Storage("the vault's keys kept changing while they were changed".into())
}
