//! Rotation of the encryption keys, and re-wrapping under the newest.
//!
//! `rotate` makes a new key-encryption key and a new sealing key. `rewrap` then moves every envelope that still names an older
//! key-encryption key, some hundred in a transaction; an older key goes in the transaction that sees that nothing names it any
//! more. Whenever the process dies, each envelope names a key that is there: what is left is done by the next `rewrap`.

use async_trait::async_trait;
use nija_core::{Timestamp, UserId, VaultError};
use std::sync::Arc;
use std::time::Duration;

use super::{Inner, LocalVault};
use crate::crypto::{Binding, Keyring, Kind, new_kek, new_sealing_key};
use crate::rotation::{KeyInfo, KeyReport, KeyRotation, RewrapProgress};
use crate::store::{self, Change, StoredKey};

/// Envelopes in one transaction: some milliseconds, so that a change of a user never waits long behind it.
const BATCH: u32 = 200;

/// How long a replaced sealing key still opens what a device sealed to it.
const SEALING_OVERLAP: Duration = Duration::from_secs(30 * 24 * 3600);

impl LocalVault {
    /// The keys there are.
    #[must_use]
    pub fn keys(&self) -> KeyReport {
        self.inner.key_report()
    }

    /// Makes a new key-encryption key and a new sealing key and uses them from now on. Follow it with [`LocalVault::rewrap`].
    ///
    /// # Errors
    /// [`VaultError::Storage`]; then nothing changed.
    pub async fn rotate(&self) -> Result<(), VaultError> {
        let (vault, entry) = (Arc::clone(&self.inner), self.inner.entry("rotate_keys"));
        self.inner
            .writer
            .change(entry.clone(), move |sql| {
                // Beside another node's rotation this one's keys must be the newest: they say when.
                let newest =
                    vault.load_keys(sql)?.keks().next().map_or(Timestamp::from_micros(0), |(_, at)| at);
                let at = vault.clock.now().max(newest.plus(Duration::from_micros(1)));
                let (kek, stored) = new_kek(vault.root()?, at)?;
                let id = hex::encode(stored.id);
                let sealing = new_sealing_key(&kek, at)?;
                store::StoredKeys { keks: vec![stored], sealing: vec![sealing], ..Default::default() }
                    .save(sql)?;
                Ok(Change {
                    answer: (),
                    entry: entry.detail(&format!("key-encryption key {id}")),
                    destroyed: false,
                    after: Box::new(|| ()),
                })
            })
            .await?;
        self.inner.reload_keys().await
    }

    /// [`LocalVault::rotate`] and [`LocalVault::rewrap`] when the newest key is older than `age`, or a re-wrap was cut off.
    /// Answers whether there was anything to do.
    ///
    /// # Errors
    /// As those.
    pub async fn rotate_when_due(&self, age: Duration) -> Result<bool, VaultError> {
        let keys = self.keys();
        let due =
            keys.key_encryption.first().is_none_or(|key| key.made_at.plus(age) <= self.inner.clock.now());
        if due {
            self.rotate().await?;
        }
        if due || keys.key_encryption.len() > 1 {
            self.rewrap(|_| ()).await?;
        }
        Ok(due || keys.key_encryption.len() > 1)
    }

    /// Moves everything to the newest key-encryption key and retires the older ones. It may be stopped at any moment, and run
    /// again, and on several nodes at once. Nothing waits for it: credentials open and change meanwhile.
    ///
    /// # Errors
    /// [`VaultError::Envelope`] when something stored does not open; it and the keys that it needs are left as they are.
    pub async fn rewrap(
        &self,
        mut progress: impl FnMut(RewrapProgress) + Send,
    ) -> Result<RewrapProgress, VaultError> {
        self.inner.rewrap_vault_keys().await?;
        let total = self.inner.read(store::count_user_keys).await?;
        let mut at = RewrapProgress { total, ..Default::default() };
        let mut after = None;
        progress(at);
        loop {
            let batch = self.inner.read(move |sql| store::user_keys_after(sql, after, BATCH)).await?;
            let Some(last) = batch.last() else { break };
            after = Some((last.0, last.1.id));
            at.done += batch.len() as u64;
            at.moved += self.inner.rewrap_user_keys(batch).await?;
            progress(at);
        }
        at.retired = self.inner.retire().await?;
        progress(at);
        Ok(at)
    }
}

#[async_trait]
impl KeyRotation for LocalVault {
    fn keys(&self) -> KeyReport {
        LocalVault::keys(self)
    }

    async fn rotate(&self) -> Result<(), VaultError> {
        LocalVault::rotate(self).await
    }

    async fn rewrap(
        &self,
        progress: &mut (dyn FnMut(RewrapProgress) + Send),
    ) -> Result<RewrapProgress, VaultError> {
        LocalVault::rewrap(self, progress).await
    }
}

impl Inner {
    pub(crate) fn key_report(&self) -> KeyReport {
        let keyring = self.keyring.load();
        let info = |id: String, made_at, place: usize| KeyInfo { id, made_at, in_use: place == 0 };
        KeyReport {
            key_encryption: keyring
                .keks()
                .enumerate()
                .map(|(place, (id, at))| info(hex::encode(id), at, place))
                .collect(),
            sealing: keyring
                .all_published()
                .enumerate()
                .map(|(place, (key, at))| info(key.key_id, at, place))
                .collect(),
            identity: hex::encode(keyring.identity().public()),
        }
    }

    async fn rewrap_user_keys(self: &Arc<Self>, batch: Vec<(UserId, StoredKey)>) -> Result<u64, VaultError> {
        let newest = self.keyring.load().kek()?.id;
        let stale = |stored: &StoredKey| crate::crypto::key_of(&stored.envelope).ok() != Some(newest);
        let batch: Vec<_> = batch.into_iter().filter(|(_, stored)| stale(stored)).collect();
        if batch.is_empty() {
            return Ok(0);
        }
        let (vault, entry) = (Arc::clone(self), self.entry("rewrap"));
        self.writer
            .change(entry.clone(), move |sql| {
                let keyring = vault.current_keyring(sql)?;
                let mut moved = 0;
                for (user, stored) in &batch {
                    let Some(envelope) = keyring.rewrap_user_key(*user, stored)? else {
                        continue;
                    };
                    // Gone or replaced meanwhile: then there is nothing to move.
                    moved += store::replace_user_key(sql, *user, stored, &envelope)?;
                }
                Ok(Change {
                    answer: moved,
                    entry: entry.counting(moved),
                    destroyed: false,
                    after: Box::new(|| ()),
                })
            })
            .await
    }

    /// The sealing keys and the vault's identity.
    async fn rewrap_vault_keys(self: &Arc<Self>) -> Result<(), VaultError> {
        let (vault, entry) = (Arc::clone(self), self.entry("rewrap"));
        let stale = self
            .read(|sql| store::StoredKeys::load(sql))
            .await
            .and_then(|stored| stale_vault_keys(&vault.keyring.load(), &stored))?;
        if stale.is_empty() {
            return Ok(());
        }
        self.writer
            .change(entry.clone(), move |sql| {
                let stored = store::StoredKeys::load(sql)?;
                let stale = stale_vault_keys(&*vault.current_keyring(sql)?, &stored)?;
                for (kind, id, envelope) in &stale {
                    store::replace_vault_key(sql, *kind == Kind::Identity, id, envelope)?;
                }
                let entry = entry.counting(stale.len() as u64).detail("sealing and signing keys");
                Ok(Change { answer: (), entry, destroyed: true, after: Box::new(|| ()) })
            })
            .await
    }

    /// Retires key-encryption keys that nothing names, and sealing keys that were replaced long ago.
    async fn retire(self: &Arc<Self>) -> Result<u64, VaultError> {
        let keyring = self.keyring.load_full();
        let old_seals = outdated_seals(&keyring, self.clock.now());
        if keyring.keks().count() < 2 && old_seals.is_empty() {
            return Ok(0);
        }
        let (vault, entry) = (Arc::clone(self), self.entry("retire_keys"));
        let retired = self
            .writer
            .change(entry.clone(), move |sql| {
                let keyring = vault.current_keyring(sql)?;
                for id in outdated_seals(&keyring, vault.clock.now()) {
                    store::delete_key(sql, &id)?;
                }
                let mut retired = Vec::new();
                for (id, _) in keyring.keks().skip(1) {
                    if !store::names_key(sql, &id)? {
                        store::delete_key(sql, &id)?;
                        retired.push(hex::encode(id));
                    }
                }
                let entry = entry.counting(retired.len() as u64).detail(&retired.join(" "));
                Ok(Change { answer: retired.len() as u64, entry, destroyed: true, after: Box::new(|| ()) })
            })
            .await?;
        self.reload_keys().await?;
        Ok(retired)
    }
}

/// A key of the vault, and its new envelope.
pub(crate) type Moved = (Kind, [u8; 16], Vec<u8>);

/// The sealing and signing keys that name an older key-encryption key, with their new envelopes.
pub(crate) fn stale_vault_keys(
    keyring: &Keyring,
    stored: &store::StoredKeys,
) -> Result<Vec<Moved>, VaultError> {
    let sealing = stored.sealing.iter().map(|key| (Kind::SealingKey, key));
    let all = sealing.chain(stored.identities.iter().map(|key| (Kind::Identity, key)));
    all.filter_map(|(kind, key)| {
        let envelope = keyring.rewrap(kind, &Binding::vault(), key).transpose()?;
        Some(envelope.map(|envelope| (kind, key.id, envelope)))
    })
    .collect()
}

/// Sealing keys that were replaced so long ago that no device uses them any more.
pub(crate) fn outdated_seals(keyring: &Keyring, now: Timestamp) -> Vec<[u8; 16]> {
    let made: Vec<_> = keyring.sealing_ids().collect();
    // A key was replaced when the next newer one was made.
    let replaced = made.iter().skip(1).zip(made.iter());
    replaced
        .filter(|(_, (_, newer_at))| newer_at.plus(SEALING_OVERLAP) <= now)
        .map(|((id, _), _)| *id)
        .collect()
}
