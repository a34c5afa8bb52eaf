//! Changes: each is one transaction with its audit entry, and ends the leases it makes stale before it answers.

use nija_core::{
    CredentialId, CredentialMeta, CredentialSecret, CredentialStatus, CustodyMode, KeyDerivation, KeyRights,
    SealedCredential, Timestamp, UserId, VaultError, VenueId,
};
use std::sync::Arc;
use zeroize::Zeroizing;

use super::Inner;
use crate::crypto::{Binding, DataKey, Kind, PolicyMark, StandingAt, UserKey, encode_secret};
use crate::lease::nonce_key;
use crate::store::{self, Change, NewVersion, Sql, StoredKey};

/// What is stored of a credential.
pub(crate) enum Content {
    /// The signer can use it at any time.
    Open(CredentialSecret),
    /// The signer can use it while the user's device says how.
    Locked(Zeroizing<Vec<u8>>, KeyDerivation),
    /// Nothing.
    OnDevice,
}

impl Content {
    pub(crate) const fn custody(&self) -> CustodyMode {
        match self {
            Self::Open(_) => CustodyMode::Delegated,
            Self::Locked(..) => CustodyMode::Session,
            Self::OnDevice => CustodyMode::Device,
        }
    }
}

/// What a change does to a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// It goes on, perhaps with another version.
    Goes,
    /// So that ciphertext of it is destroyed.
    GoesWithLess,
    Ends,
    /// With its ciphertext.
    IsDestroyed,
}

impl Effect {
    const fn ends(self) -> bool {
        matches!(self, Self::Ends | Self::IsDestroyed)
    }

    const fn destroys(self) -> bool {
        matches!(self, Self::GoesWithLess | Self::IsDestroyed)
    }
}

/// Labels are the user's words; the vault keeps this much of them.
const MAX_LABEL: usize = 64;

/// A label that can be shown.
pub(crate) fn clean_label(label: &str) -> String {
    label.chars().filter(|c| !c.is_control()).take(MAX_LABEL).collect()
}

/// What the log keeps of a key's rights.
pub(crate) fn rights_detail(rights: &KeyRights) -> String {
    let told = |right: Option<bool>| right.map_or("unknown", |yes| if yes { "yes" } else { "no" });
    format!("trade: {}, withdraw: {}", told(rights.can_trade), told(rights.can_withdraw))
}

impl Inner {
    pub(super) async fn store(
        self: &Arc<Self>,
        user: UserId,
        venue: &VenueId,
        label: &str,
        sealed: &SealedCredential,
    ) -> Result<CredentialMeta, VaultError> {
        let entry = self.entry("store").by(user).at_venue(venue);
        let secret = match self.unseal(user, venue, sealed, self).await {
            Ok(secret) => secret,
            Err(error) => {
                self.record_refusal(entry.refused(&error.to_string())).await;
                return Err(error);
            }
        };
        self.store_content(entry, user, venue, label, Content::Open(secret)).await
    }

    /// Takes up what is to be stored as the user's active credential at the venue.
    pub(super) async fn store_content(
        self: &Arc<Self>,
        entry: crate::audit::Entry,
        user: UserId,
        venue: &VenueId,
        label: &str,
        content: Content,
    ) -> Result<CredentialMeta, VaultError> {
        let label = clean_label(label);
        let (vault, at, refusal) = (Arc::clone(self), venue.clone(), entry.clone());
        let (book, unlocks) = (Arc::clone(&self.book), Arc::clone(&self.unlocks));
        self.writer
            .change(refusal, move |sql| {
                let (meta, destroyed, standing) = vault.write_version(sql, user, &at, &label, &content)?;
                Ok(Change {
                    entry: entry.of(meta.id, Some(meta.version)),
                    answer: meta,
                    destroyed,
                    after: Box::new(move || {
                        // What was unlocked opened the version before.
                        unlocks.remove(user, &at);
                        book.end(user, &at);
                        vault.saw_standing(standing);
                    }),
                })
            })
            .await
    }

    /// Encrypts a new version of the user's credential at the venue, and writes it.
    fn write_version(
        &self,
        sql: &mut dyn Sql,
        user: UserId,
        venue: &VenueId,
        label: &str,
        content: &Content,
    ) -> Result<(CredentialMeta, bool, StandingAt), VaultError> {
        let now = self.clock.now();
        let (key, stored) = self.user_key(sql, user, now)?;
        let in_force = |meta: &CredentialMeta| {
            key.standing.as_ref().is_some_and(|standing| standing.names(meta.id, meta.version))
        };
        let mut forgotten = false;
        let meta = match store::active_at(sql, user, venue)? {
            Some(meta) if meta.custody == content.custody() && in_force(&meta) => meta,
            other => {
                // The mode is part of what every version is bound to: another mode is another credential. And what somebody set
                // to active past the vault is none to go on with.
                if let Some(meta) = other {
                    store::revoke(sql, meta.id)?;
                }
                // What is noted is of the one before.
                forgotten = store::remove_notes(sql, user, Some(venue))?;
                self.new_credential(sql, user, venue, label, content.custody(), now)?
            }
        };
        let version = store::newest_version(sql, meta.id)?.saturating_add(1);
        let new = self.seal_version(&key.key, &meta, version, content, now)?;
        let destroyed = store::insert_version(sql, meta.id, label, &new, now)?;
        let standing = self.change_standing(sql, user, (&key, &stored), meta.id, Some(version))?;
        Ok((store::credential(sql, user, meta.id)?, destroyed || forgotten, standing))
    }

    /// A new version of a credential in its envelope.
    pub(crate) fn seal_version(
        &self,
        key: &DataKey,
        meta: &CredentialMeta,
        version: u32,
        content: &Content,
        now: Timestamp,
    ) -> Result<NewVersion, VaultError> {
        let binding = Binding::credential(meta.user, &meta.venue, meta.id, version, meta.custody);
        let id = *meta.id.as_uuid().as_bytes();
        let wrap = |plaintext: &[u8]| key.wrap(Kind::Credential, id, &binding, now, plaintext);
        let (envelope, nonce_key, derivation) = match content {
            Content::Open(secret) => (wrap(&encode_secret(secret))?, nonce_key(&meta.venue, secret), None),
            Content::Locked(locked, derivation) => (wrap(locked)?, meta.id, Some(derivation)),
            Content::OnDevice => (Vec::new(), meta.id, None),
        };
        let derivation = derivation
            .map(serde_json::to_string)
            .transpose()
            .map_err(|error| VaultError::Storage(error.to_string()))?;
        Ok(NewVersion { version, user_key: key.id, envelope, nonce_key, derivation })
    }

    fn new_credential(
        &self,
        sql: &mut dyn Sql,
        user: UserId,
        venue: &VenueId,
        label: &str,
        custody: CustodyMode,
        now: Timestamp,
    ) -> Result<CredentialMeta, VaultError> {
        let meta = CredentialMeta { custody, ..self.new_meta(user, venue, label, now) };
        store::insert_credential(sql, &meta)?;
        Ok(meta)
    }

    /// A credential that has no version yet.
    pub(crate) fn new_meta(
        &self,
        user: UserId,
        venue: &VenueId,
        label: &str,
        now: Timestamp,
    ) -> CredentialMeta {
        CredentialMeta {
            id: CredentialId::generate(now, self.entropy.as_ref()),
            user,
            venue: venue.clone(),
            label: label.to_owned(),
            version: 0,
            custody: CustodyMode::Delegated,
            status: CredentialStatus::Active,
            rights: KeyRights::default(),
            created_at: now,
            stored_at: now,
        }
    }

    /// The user's data key as it is stored; a new one for a new user.
    pub(super) fn user_key(
        &self,
        sql: &mut dyn Sql,
        user: UserId,
        now: Timestamp,
    ) -> Result<(UserKey, StoredKey), VaultError> {
        // Another node may have rotated: a key-encryption key that is about to be retired must not get new work.
        let keyring = self.current_keyring(sql)?;
        if let Some(stored) = store::user_key(sql, user)? {
            return Ok((keyring.open_user_key(user, &stored)?, stored));
        }
        let (key, stored) = keyring.new_user_key(user, PolicyMark::none(now), now)?;
        store::insert_user_key(sql, user, &stored, now)?;
        Ok((key, stored))
    }

    pub(super) async fn set_rights(
        self: &Arc<Self>,
        user: UserId,
        id: CredentialId,
        rights: KeyRights,
    ) -> Result<(), VaultError> {
        let entry = self.entry("set_rights").by(user).of(id, None).detail(&rights_detail(&rights));
        let set = move |sql: &mut dyn Sql, meta: &CredentialMeta| store::set_rights(sql, meta, &rights);
        self.change_credential(entry, user, id, Effect::Goes, set).await.map(|_| ())
    }

    pub(super) async fn rollback(
        self: &Arc<Self>,
        user: UserId,
        id: CredentialId,
    ) -> Result<CredentialMeta, VaultError> {
        let entry = self.entry("rollback").by(user).of(id, None);
        self.change_credential(entry, user, id, Effect::Goes, |sql, meta| {
            if meta.status != CredentialStatus::Active {
                return Err(VaultError::NoCredential { venue: meta.venue.clone() });
            }
            store::withdraw_version(sql, meta)
        })
        .await
    }

    pub(super) async fn revoke(self: &Arc<Self>, user: UserId, id: CredentialId) -> Result<(), VaultError> {
        let entry = self.entry("revoke").by(user).of(id, None);
        let revoke = |sql: &mut dyn Sql, meta: &CredentialMeta| store::revoke(sql, meta.id);
        self.change_credential(entry, user, id, Effect::Ends, revoke).await.map(|_| ())
    }

    /// Changes a credential of the user and ends its leases; answers with its row as it is then.
    pub(super) async fn change_credential(
        self: &Arc<Self>,
        entry: crate::audit::Entry,
        user: UserId,
        id: CredentialId,
        effect: Effect,
        change: impl FnOnce(&mut dyn Sql, &CredentialMeta) -> Result<(), VaultError> + Send + 'static,
    ) -> Result<CredentialMeta, VaultError> {
        let (refusal, vault) = (entry.clone(), Arc::clone(self));
        self.writer
            .change(refusal, move |sql| {
                let before = store::credential(sql, user, id)?;
                change(sql, &before)?;
                let meta = store::credential(sql, user, id)?;
                let venue = meta.venue.clone();
                // What ends is ended whatever its row said: whoever wrote that may take it back.
                let is_another =
                    effect.ends() || (meta.version, meta.status) != (before.version, before.status);
                let standing = if is_another { vault.restand(sql, &before, &meta)? } else { None };
                // A key that was to replace it is among what is noted of it.
                let is_last = effect.ends() && store::active_at(sql, user, &venue)?.is_none();
                let forgotten = is_last && store::remove_notes(sql, user, Some(&venue))?;
                Ok(Change {
                    entry: entry.at_venue(&venue).of(id, Some(meta.version)),
                    answer: meta,
                    destroyed: effect.destroys() || forgotten,
                    after: Box::new(move || {
                        if is_another {
                            // What was unlocked is not in use any more.
                            vault.unlocks.remove(user, &venue);
                        }
                        vault.book.end(user, &venue);
                        standing.into_iter().for_each(|at| vault.saw_standing(at));
                    }),
                })
            })
            .await
    }

    /// Has the user's key vouch for what a change made of a credential. Who was erased has no key, and nothing in force.
    fn restand(
        &self,
        sql: &mut dyn Sql,
        before: &CredentialMeta,
        meta: &CredentialMeta,
    ) -> Result<Option<StandingAt>, VaultError> {
        let Some(stored) = store::user_key(sql, meta.user)? else {
            // A key that was taken away may come back, and would vouch as before.
            return match before.status {
                CredentialStatus::Destroyed => Ok(None),
                _ => Err(VaultError::Envelope("the user's key is missing")),
            };
        };
        let key = self.current_keyring(sql)?.open_user_key(meta.user, &stored)?;
        let is_active = meta.status == CredentialStatus::Active;
        if is_active {
            // It goes on with another version: then it has to be in force itself.
            self.check_standing(&key, before.id, before.version)?;
        }
        let now = is_active.then_some(meta.version);
        self.change_standing(sql, meta.user, (&key, &stored), meta.id, now).map(Some)
    }
}
