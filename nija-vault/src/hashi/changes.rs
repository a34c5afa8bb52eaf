//! Changes: the intention is recorded, the document written by check-and-set, the leases ended, and the end recorded.

use nija_core::{
    CredentialId, CredentialMeta, CredentialStatus, KeyRights, SealedCredential, UserId, VaultError, VenueId,
};
use std::sync::Arc;

use super::reading::path;
use super::record::{Record, WrappedKey};
use super::{State, TURNS};
use crate::audit::Entry;
use crate::local::{Content, clean_label, rights_detail};
use crate::store::StoredKey;

/// How often a change starts again because another signer was faster.
const ATTEMPTS: usize = 16;

/// What a change made of a document.
struct Edited {
    meta: CredentialMeta,
    /// Whether ciphertext was destroyed: it must leave the document's history too.
    destroyed: bool,
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
        let content = match self.inner.unseal(user, venue, sealed).await {
            Ok(secret) => Content::Open(secret),
            Err(error) => {
                self.inner.record_refusal(entry.refused(&error.to_string())).await;
                return Err(error);
            }
        };
        let (state, at, label) = (Arc::clone(self), venue.clone(), clean_label(label));
        self.change(entry, user, venue.clone(), move |record| {
            let (inner, now) = (&state.inner, state.inner.clock.now());
            let key = match &record.user_key {
                Some(key) => {
                    let stored = StoredKey { id: key.id, envelope: key.envelope.clone() };
                    inner.keyring.load().open_user_key(user, &stored)?
                }
                None => {
                    let (key, stored) = inner.keyring.load().new_user_key(user, now)?;
                    record.user_key = Some(WrappedKey { id: stored.id, envelope: stored.envelope });
                    key
                }
            };
            let meta = match record.active_meta(user, &at) {
                Some(meta) => meta,
                None => {
                    let meta = inner.new_meta(user, &at, &label, now);
                    record.add_credential(&meta);
                    meta
                }
            };
            let new = inner.seal_version(&key, &meta, record.next_version(), &content, now)?;
            let destroyed = record.add_version(&label, new, now);
            let meta = record.meta(user, &at, meta.id).ok_or(VaultError::NoSuchCredential { id: meta.id })?;
            Ok(Edited { meta, destroyed })
        })
        .await
    }

    pub(super) async fn set_rights(
        self: &Arc<Self>,
        user: UserId,
        id: CredentialId,
        rights: KeyRights,
    ) -> Result<(), VaultError> {
        let entry = self.inner.entry("set_rights").detail(&rights_detail(&rights));
        self.change_credential(entry, user, id, move |record, meta| record.set_rights(meta.id, &rights))
            .await
            .map(|_| ())
    }

    pub(super) async fn rollback(
        self: &Arc<Self>,
        user: UserId,
        id: CredentialId,
    ) -> Result<CredentialMeta, VaultError> {
        self.change_credential(self.inner.entry("rollback"), user, id, |record, meta| {
            if meta.status != CredentialStatus::Active {
                return Err(VaultError::NoCredential { venue: meta.venue.clone() });
            }
            record.withdraw(meta.id)
        })
        .await
    }

    pub(super) async fn revoke(self: &Arc<Self>, user: UserId, id: CredentialId) -> Result<(), VaultError> {
        self.change_credential(self.inner.entry("revoke"), user, id, |record, meta| record.revoke(meta.id))
            .await
            .map(|_| ())
    }

    async fn change_credential(
        self: &Arc<Self>,
        entry: Entry,
        user: UserId,
        id: CredentialId,
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
        let at = venue.clone();
        self.change(entry.at_venue(&venue), user, venue, move |record| {
            let missing = VaultError::NoSuchCredential { id };
            let before = record.meta(user, &at, id).ok_or(missing.clone())?;
            edit(record, &before)?;
            let meta = record.meta(user, &at, id).ok_or(missing)?;
            Ok(Edited { meta, destroyed: false })
        })
        .await
    }

    /// Makes a change to its end, whether or not its caller waits for it.
    async fn change(
        self: &Arc<Self>,
        entry: Entry,
        user: UserId,
        venue: VenueId,
        edit: impl Fn(&mut Record) -> Result<Edited, VaultError> + Send + Sync + 'static,
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
            match state.write(user, &venue, &edit).await {
                Ok(meta) => {
                    state.inner.book.end(user, &venue);
                    let entry = entry.at_venue(&venue).of(meta.id, Some(meta.version));
                    if let Err(error) = writer.record(entry).await {
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

    async fn turn(&self, user: UserId) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        // The last byte of a version 7 UUID is random.
        let turn = self.turns.get(usize::from(user.as_uuid().as_bytes()[15]) % TURNS)?;
        Some(turn.lock().await)
    }

    /// Reads, edits and writes until no other signer was in between.
    async fn write(
        &self,
        user: UserId,
        venue: &VenueId,
        edit: &(impl Fn(&mut Record) -> Result<Edited, VaultError> + Sync),
    ) -> Result<CredentialMeta, VaultError> {
        let path = path(user, venue);
        let mut written: Option<(Record, Edited)> = None;
        for _ in 0..ATTEMPTS {
            let found = self.kv.read::<Record>(&path).await?;
            let before = found.document.map(Record::check).transpose()?.unwrap_or_default();
            match written.take() {
                // The write was ours, and its answer was lost.
                Some((ours, edited)) if ours == before => {
                    return self.written(&path, found.version, edited).await;
                }
                _ => {}
            }
            let mut record = before.clone();
            let edited = edit(&mut record)?;
            if record == before {
                return Ok(edited.meta);
            }
            match self.kv.write(&path, found.version, &record).await? {
                Some(version) => return self.written(&path, version, edited).await,
                None => written = Some((record, edited)),
            }
        }
        Err(VaultError::Storage("the credential kept changing while it was changed".into()))
    }

    async fn written(&self, path: &str, version: u64, edited: Edited) -> Result<CredentialMeta, VaultError> {
        if edited.destroyed {
            // The change stands; what is left of the old ciphertext goes with the next change that destroys some.
            if let Err(error) = self.kv.wipe_history(path, version).await {
                tracing::error!(%error, "destroyed ciphertext is still in the key server's history");
            }
        }
        Ok(edited.meta)
    }
}
