//! Changes: the intention is recorded, the document written by check-and-set, the leases ended, and the end recorded.

use nija_core::{
    CredentialId, CredentialMeta, CredentialStatus, KeyRights, SealedCredential, UserId, VaultError, VenueId,
};
use std::sync::Arc;

use super::policies::Newest;
use super::reading::path;
use super::record::{Record, WrappedKey};
use super::{State, TURNS};
use crate::audit::Entry;
use crate::crypto::{PolicyMark, StandingAt, UNKNOWN_KEK, UserKey};
use crate::local::{Content, clean_label, rights_detail};
use crate::store::{self, Change, StoredKey};

/// How often a change starts again because another signer was faster.
const ATTEMPTS: usize = 16;

/// What a change made of a document.
pub(super) struct Edited<T> {
    pub(super) answer: T,
    /// Whether ciphertext was destroyed: it must leave the document's history too.
    pub(super) destroyed: Destroyed,
    /// What the document's key vouches for from then on, where that changed.
    pub(super) standing: Option<StandingAt>,
}

/// Whether a change destroyed ciphertext.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Destroyed {
    No,
    /// Along with something else, which stands whatever becomes of the history.
    Beside,
    /// It was asked for: as long as the history has it, it is not done.
    Asked,
}

impl State {
    pub(super) async fn store(
        self: &Arc<Self>,
        user: UserId,
        venue: &VenueId,
        label: &str,
        sealed: &SealedCredential,
    ) -> Result<CredentialMeta, VaultError> {
        let entry = self.inner.entry("store").by(user).at_venue(venue);
        let content = match self.inner.unseal(user, venue, sealed, self.as_ref()).await {
            Ok(secret) => Content::Open(secret),
            Err(error) => {
                self.inner.record_refusal(entry.refused(&error.to_string())).await;
                return Err(error);
            }
        };
        self.store_content(entry, user, venue, label, content).await
    }

    /// Takes up what is to be stored as the user's active credential at the venue.
    pub(super) async fn store_content(
        self: &Arc<Self>,
        entry: Entry,
        user: UserId,
        venue: &VenueId,
        label: &str,
        content: Content,
    ) -> Result<CredentialMeta, VaultError> {
        let (state, venue, label) = (Arc::clone(self), venue.clone(), clean_label(label));
        // To the end, whether or not the caller waits for it.
        let task = tokio::spawn(async move { state.put_content(entry, user, venue, label, content).await });
        task.await.map_err(|error| VaultError::Storage(error.to_string()))?
    }

    async fn put_content(
        self: &Arc<Self>,
        entry: Entry,
        user: UserId,
        venue: VenueId,
        label: String,
        content: Content,
    ) -> Result<CredentialMeta, VaultError> {
        let (state, at) = (Arc::clone(self), venue.clone());
        // The document may be new: it must not be without the user's policy for a moment.
        let newest = self.newest_policy(user).await?;
        let stored = self
            .change(entry, user, venue.clone(), move |record| {
                state.add_version(record, user, &at, &label, &content, newest.as_ref())
            })
            .await?;
        // What was unlocked opened the version before.
        self.inner.unlocks.remove(user, &venue);
        // Another signer may have changed the policy in between, without seeing this document.
        if let Some(newest) = self.newest_policy(user).await? {
            self.follow(user, &path(user, &venue), &newest).await?;
        }
        Ok(stored)
    }

    fn add_version(
        &self,
        record: &mut Record,
        user: UserId,
        venue: &VenueId,
        label: &str,
        content: &Content,
        newest: Option<&Newest>,
    ) -> Result<Edited<CredentialMeta>, VaultError> {
        let (inner, now) = (&self.inner, self.inner.clock.now());
        let user_key = self.key_of(user, record)?;
        let in_force = |meta: &CredentialMeta| {
            user_key.standing.as_ref().is_none_or(|standing| standing.names(meta.id, meta.version))
        };
        if let Some(newest) = newest {
            self.follow_in(user, record, newest)?;
        }
        let meta = match record.active_meta(user, venue) {
            Some(meta) if meta.custody == content.custody() && in_force(&meta) => meta,
            other => {
                // The mode is part of what every version is bound to: another mode is another credential. And what somebody set
                // to active past the vault is none to go on with.
                if let Some(meta) = other {
                    record.revoke(meta.id)?;
                }
                let meta =
                    CredentialMeta { custody: content.custody(), ..inner.new_meta(user, venue, label, now) };
                record.add_credential(&meta);
                meta
            }
        };
        let new = inner.seal_version(&user_key.key, &meta, record.next_version(), content, now)?;
        let destroyed = if record.add_version(label, new, now) { Destroyed::Beside } else { Destroyed::No };
        let standing = self.restand(user, record, meta.id)?;
        let missing = VaultError::NoSuchCredential { id: meta.id };
        let answer = record.meta(user, venue, meta.id).ok_or(missing)?;
        Ok(Edited { answer, destroyed, standing })
    }

    /// The user's data key in a document; a new one where there is none.
    pub(super) fn key_of(&self, user: UserId, record: &mut Record) -> Result<UserKey, VaultError> {
        let keyring = self.inner.keyring.load();
        if let Some(key) = &record.user_key {
            let stored = StoredKey { id: key.id, envelope: key.envelope.clone() };
            return keyring.open_user_key(user, &stored);
        }
        let (key, stored) = keyring.new_user_key(user, PolicyMark::default(), self.inner.clock.now())?;
        record.user_key = Some(WrappedKey { id: stored.id, envelope: stored.envelope });
        Ok(key)
    }

    pub(super) async fn set_rights(
        self: &Arc<Self>,
        user: UserId,
        id: CredentialId,
        rights: KeyRights,
    ) -> Result<(), VaultError> {
        let entry = self.inner.entry("set_rights").detail(&rights_detail(&rights));
        self.change_credential(entry, user, id, Destroyed::No, move |record, meta| {
            record.set_rights(meta.id, &rights)
        })
        .await
        .map(|_| ())
    }

    pub(super) async fn rollback(
        self: &Arc<Self>,
        user: UserId,
        id: CredentialId,
    ) -> Result<CredentialMeta, VaultError> {
        self.change_credential(self.inner.entry("rollback"), user, id, Destroyed::No, |record, meta| {
            if meta.status != CredentialStatus::Active {
                return Err(VaultError::NoCredential { venue: meta.venue.clone() });
            }
            record.withdraw(meta.id)
        })
        .await
    }

    pub(super) async fn revoke(self: &Arc<Self>, user: UserId, id: CredentialId) -> Result<(), VaultError> {
        self.change_credential(self.inner.entry("revoke"), user, id, Destroyed::No, |record, meta| {
            record.revoke(meta.id)
        })
        .await
        .map(|_| ())
    }

    pub(super) async fn destroy(self: &Arc<Self>, user: UserId, id: CredentialId) -> Result<(), VaultError> {
        self.change_credential(self.inner.entry("destroy"), user, id, Destroyed::Asked, |record, meta| {
            record.destroy(meta.id)
        })
        .await
        .map(|_| ())
    }

    pub(super) async fn retire_version(
        self: &Arc<Self>,
        user: UserId,
        id: CredentialId,
        version: u32,
    ) -> Result<(), VaultError> {
        let entry = self.inner.entry("retire_version").detail(&format!("version {version}"));
        let retire = move |record: &mut Record, meta: &CredentialMeta| record.retire(meta.id, version);
        self.change_credential(entry, user, id, Destroyed::Asked, retire).await.map(|_| ())
    }

    async fn change_credential(
        self: &Arc<Self>,
        entry: Entry,
        user: UserId,
        id: CredentialId,
        destroyed: Destroyed,
        edit: impl Fn(&mut Record, &CredentialMeta) -> Result<(), VaultError> + Send + Sync + 'static,
    ) -> Result<CredentialMeta, VaultError> {
        let entry = entry.by(user).of(id, None);
        let venue = match self.venue_of(user, id).await {
            Ok(venue) => venue,
            Err(error) => {
                self.inner.record_refusal(entry.refused(&error.to_string())).await;
                return Err(error);
            }
        };
        let (state, at) = (Arc::clone(self), venue.clone());
        self.change(entry.at_venue(&venue), user, venue, move |record| {
            let missing = VaultError::NoSuchCredential { id };
            let before = record.meta(user, &at, id).ok_or(missing.clone())?;
            edit(record, &before)?;
            let answer = record.meta(user, &at, id).ok_or(missing)?;
            // What ends is ended whatever the document said of it: whoever wrote that may take it back.
            let is_same = (answer.version, answer.status) == (before.version, before.status);
            let standing = if is_same && answer.status == CredentialStatus::Active {
                None
            } else {
                state.restand_after(user, record, &before, &answer)?
            };
            Ok(Edited { answer, destroyed, standing })
        })
        .await
    }

    /// Makes a change to its end, whether or not its caller waits for it.
    async fn change(
        self: &Arc<Self>,
        entry: Entry,
        user: UserId,
        venue: VenueId,
        edit: impl Fn(&mut Record) -> Result<Edited<CredentialMeta>, VaultError> + Send + Sync + 'static,
    ) -> Result<CredentialMeta, VaultError> {
        if self.is_closed() {
            return Err(VaultError::Storage("the vault is closed".into()));
        }
        let state = Arc::clone(self);
        let task = tokio::spawn(async move {
            let _turn = state.turn(user).await;
            let writer = &state.inner.writer;
            // A change that cannot be recorded does not happen.
            writer.record(entry.clone().intended()).await?;
            match state.write(&path(user, &venue), &edit).await {
                Ok(meta) => {
                    if meta.status != CredentialStatus::Active || entry.action == "rollback" {
                        // What was unlocked is not in use any more.
                        state.inner.unlocks.remove(user, &venue);
                    }
                    state.inner.book.end(user, &venue);
                    let entry = entry.at_venue(&venue).of(meta.id, Some(meta.version));
                    if state.ends_notes(&entry.action, &meta).await? {
                        // Not done before it is: a key that was to replace this one is among what is noted of it.
                        state.forget(entry, user, Some(&venue)).await?;
                    } else if let Err(error) = writer.record(entry).await {
                        tracing::error!(%error, "the end of a change could not be audited; its intention was");
                    }
                    Ok(meta)
                }
                Err(error) => {
                    // Whether a write whose answer was lost took place is not known.
                    state.inner.book.end(user, &venue);
                    state.inner.record_refusal(entry.refused(&error.to_string())).await;
                    Err(error)
                }
            }
        });
        task.await.map_err(|error| VaultError::Storage(error.to_string()))?
    }

    /// Whether nothing that is noted at the credential's venue holds any more: it is over and there is no other, or it is a new one.
    async fn ends_notes(&self, action: &str, meta: &CredentialMeta) -> Result<bool, VaultError> {
        if meta.status == CredentialStatus::Active {
            let stores = matches!(action, "store" | "store_locked" | "register_device_key");
            return Ok(stores && meta.version == 1);
        }
        let record = self.record(meta.user, &meta.venue).await?;
        Ok(record.is_none_or(|record| record.active_meta(meta.user, &meta.venue).is_none()))
    }

    /// Records the end of a change, and removes what is noted of the user's keys with it.
    pub(super) async fn forget(
        &self,
        entry: Entry,
        user: UserId,
        venue: Option<&VenueId>,
    ) -> Result<(), VaultError> {
        let venue = venue.cloned();
        self.inner
            .writer
            .change(entry.clone(), move |sql| {
                let destroyed = store::remove_notes(sql, user, venue.as_ref())?;
                Ok(Change { answer: (), entry, destroyed, after: Box::new(|| ()) })
            })
            .await
    }

    pub(super) async fn turn(&self, user: UserId) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        // The last byte of a version 7 UUID is random.
        let turn = self.turns.get(usize::from(user.as_uuid().as_bytes()[15]) % TURNS)?;
        Some(turn.lock().await)
    }

    /// Reads, edits and writes a document until no other signer was in between.
    pub(super) async fn write<T>(
        &self,
        path: &str,
        edit: &(impl Fn(&mut Record) -> Result<Edited<T>, VaultError> + Sync),
    ) -> Result<T, VaultError> {
        // A key-encryption key that is about to be retired must not get new work.
        self.fresh_keys().await?;
        let mut written: Option<(Record, Edited<T>)> = None;
        for attempt in 0..ATTEMPTS {
            let found = self.kv.read::<Record>(path).await?;
            let before = found.document.map(Record::check).transpose()?.unwrap_or_default();
            match written.take() {
                // The write was ours, and its answer was lost.
                Some((ours, edited)) if ours == before => {
                    return self.written(path, found.version, edited).await;
                }
                _ => {}
            }
            let mut record = before.clone();
            let edited = match edit(&mut record) {
                Err(error) if error == UNKNOWN_KEK && attempt == 0 => {
                    self.load_keys().await?;
                    continue;
                }
                edited => edited?,
            };
            if record == before && edited.destroyed == Destroyed::Asked {
                // Destroyed before, perhaps; whether its history was wiped then is not known.
                return self.written(path, found.version, edited).await;
            }
            if record == before {
                return Ok(edited.answer);
            }
            match self.kv.write(path, found.version, &record).await? {
                Some(version) => return self.written(path, version, edited).await,
                None => written = Some((record, edited)),
            }
        }
        Err(VaultError::Storage("the credential kept changing while it was changed".into()))
    }

    async fn written<T>(&self, path: &str, version: u64, edited: Edited<T>) -> Result<T, VaultError> {
        if let Some(standing) = edited.standing {
            self.inner.saw_standing(standing);
        }
        if edited.destroyed != Destroyed::No
            && version > 1
            && let Err(error) = self.kv.wipe_history(path, version).await
        {
            tracing::error!(%error, "destroyed ciphertext is still in the key server's history");
            // Else the change stands; what is left of the old ciphertext goes with the next change that destroys some.
            if edited.destroyed == Destroyed::Asked {
                return Err(error);
            }
        }
        Ok(edited.answer)
    }
}
