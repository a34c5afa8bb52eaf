//! What is stored of a user at a venue: one document, changed as a whole by check-and-set.
//!
//! The document holds what the rows of a local vault hold: the user's data key under the key-encryption key, and each kept
//! version in its envelope. The server's administrators read names, dates and ciphertext.

use nija_core::{
    CredentialId, CredentialMeta, CredentialStatus, CustodyMode, KeyRights, Timestamp, UserId, VaultError,
    VenueId,
};
use serde::{Deserialize, Serialize};

use super::bytes;
use crate::crypto::{InForce, KeyId};
use crate::store::{KEPT_VERSIONS, NewVersion};

/// Credentials of the past whose record stays in the document; the audit chain has them all.
const KEPT_CREDENTIALS: usize = 16;

const FORMAT: u8 = 1;

/// A user's credentials at a venue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    format: u8,
    pub(super) user_key: Option<WrappedKey>,
    /// The user's order policy under that key, which vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) policy: Option<SealedPolicy>,
    /// Oldest first.
    credentials: Vec<Credential>,
}

/// A data key in its envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WrappedKey {
    #[serde(with = "bytes")]
    pub(super) id: KeyId,
    #[serde(with = "bytes")]
    pub(super) envelope: Vec<u8>,
}

/// A policy in its envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SealedPolicy(#[serde(with = "bytes")] pub(super) Vec<u8>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Credential {
    id: CredentialId,
    label: String,
    custody: CustodyMode,
    status: CredentialStatus,
    version: u32,
    created_at: Timestamp,
    /// Oldest first.
    versions: Vec<Version>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Version {
    version: u32,
    #[serde(with = "bytes")]
    envelope: Vec<u8>,
    nonce_key: CredentialId,
    rights: KeyRights,
    /// Was rolled back from; going back skips it.
    withdrawn: bool,
    created_at: Timestamp,
    /// How the user's device derives the key to it, in custody mode `session`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    derivation: Option<String>,
}

/// The present version of the active credential, to be opened.
pub(super) struct Active<'a> {
    pub(super) id: CredentialId,
    pub(super) version: u32,
    pub(super) custody: CustodyMode,
    pub(super) envelope: &'a [u8],
}

impl Default for Record {
    fn default() -> Self {
        Self { format: FORMAT, user_key: None, policy: None, credentials: Vec::new() }
    }
}

impl Record {
    /// Refuses a document that a newer program wrote.
    pub(super) fn check(self) -> Result<Self, VaultError> {
        if self.format == FORMAT {
            Ok(self)
        } else {
            Err(VaultError::Storage("a document's format is not known to this version".into()))
        }
    }

    /// All credentials without their secrets, newest first.
    pub(super) fn metas(&self, user: UserId, venue: &VenueId) -> Vec<CredentialMeta> {
        self.credentials.iter().rev().map(|credential| credential.meta(user, venue)).collect()
    }

    pub(super) fn meta(&self, user: UserId, venue: &VenueId, id: CredentialId) -> Option<CredentialMeta> {
        self.credentials.iter().find(|one| one.id == id).map(|one| one.meta(user, venue))
    }

    pub(super) fn active_meta(&self, user: UserId, venue: &VenueId) -> Option<CredentialMeta> {
        self.active_credential().map(|one| one.meta(user, venue))
    }

    fn active_credential(&self) -> Option<&Credential> {
        self.credentials.iter().find(|one| one.status == CredentialStatus::Active)
    }

    /// The versions that the document says are in force.
    pub(super) fn in_force(&self) -> Vec<InForce> {
        let active = self.credentials.iter().filter(|one| one.status == CredentialStatus::Active);
        active.map(|one| (*one.id.as_uuid().as_bytes(), one.version)).collect()
    }

    /// What to open.
    pub(super) fn active(&self) -> Result<Option<Active<'_>>, VaultError> {
        let Some(credential) = self.active_credential() else { return Ok(None) };
        let version = credential.present().ok_or(VaultError::Envelope("the version is missing"))?;
        Ok(Some(Active {
            id: credential.id,
            version: version.version,
            custody: credential.custody,
            envelope: &version.envelope,
        }))
    }

    /// The active credential, when any kept version of it has this venue key.
    pub(super) fn using(&self, nonce_key: CredentialId) -> Option<CredentialId> {
        let active = self.active_credential()?;
        active.versions.iter().any(|version| version.nonce_key == nonce_key).then_some(active.id)
    }

    /// The version that the next store of the active credential makes; 1 for a new credential.
    pub(super) fn next_version(&self) -> u32 {
        let newest = self.active_credential().and_then(|one| one.versions.last());
        newest.map_or(0, |newest| newest.version).saturating_add(1)
    }

    /// Takes up a new, still empty credential.
    pub(super) fn add_credential(&mut self, meta: &CredentialMeta) {
        self.credentials.push(Credential {
            id: meta.id,
            label: meta.label.clone(),
            custody: meta.custody,
            status: meta.status,
            version: meta.version,
            created_at: meta.created_at,
            versions: Vec::new(),
        });
        let over = self.credentials.len().saturating_sub(KEPT_CREDENTIALS);
        self.credentials.drain(..over);
    }

    /// Adds a version to the active credential and makes it the present one. Answers whether an older one was destroyed.
    pub(super) fn add_version(&mut self, label: &str, new: NewVersion, at: Timestamp) -> bool {
        let active = self.credentials.iter_mut().find(|one| one.status == CredentialStatus::Active);
        let Some(credential) = active else { return false };
        credential.version = new.version;
        label.clone_into(&mut credential.label);
        credential.versions.push(Version {
            version: new.version,
            envelope: new.envelope,
            nonce_key: new.nonce_key,
            rights: KeyRights::default(),
            withdrawn: false,
            created_at: at,
            derivation: new.derivation,
        });
        let over = credential.versions.len().saturating_sub(KEPT_VERSIONS as usize);
        credential.versions.drain(..over);
        over > 0
    }

    /// Goes back to the newest version before the present one that was not rolled back from itself.
    pub(super) fn withdraw(&mut self, id: CredentialId) -> Result<(), VaultError> {
        let credential = self.credential_mut(id)?;
        let present = credential.version;
        let older = credential.versions.iter().rev().find(|one| one.version < present && !one.withdrawn);
        let older = older.map(|one| one.version).ok_or(VaultError::NoOlderVersion { id })?;
        for version in credential.versions.iter_mut().filter(|one| one.version == present) {
            version.withdrawn = true;
        }
        credential.version = older;
        Ok(())
    }

    /// Ends the credential. Its envelopes leave the document; the server's history has them until it is wiped.
    pub(super) fn revoke(&mut self, id: CredentialId) -> Result<(), VaultError> {
        let credential = self.credential_mut(id)?;
        credential.status = CredentialStatus::Revoked;
        let present = credential.version;
        credential.versions.retain(|version| version.version == present);
        credential.versions.iter_mut().for_each(|version| version.envelope.clear());
        Ok(())
    }

    /// Destroys the ciphertext of one version that is not the present one, and keeps anyone from going back to it.
    pub(super) fn retire(&mut self, id: CredentialId, version: u32) -> Result<(), VaultError> {
        let credential = self.credential_mut(id)?;
        if credential.version == version {
            return Err(VaultError::Unsupported("the version that is in use"));
        }
        let old = credential.versions.iter_mut().find(|one| one.version == version);
        let old = old.ok_or(VaultError::NoSuchVersion { id, version })?;
        old.envelope.clear();
        old.derivation = None;
        old.withdrawn = true;
        Ok(())
    }

    /// Destroys the ciphertext of all versions of a credential.
    pub(super) fn destroy(&mut self, id: CredentialId) -> Result<(), VaultError> {
        let credential = self.credential_mut(id)?;
        credential.status = CredentialStatus::Destroyed;
        for version in &mut credential.versions {
            version.envelope.clear();
            version.derivation = None;
        }
        Ok(())
    }

    /// Destroys all ciphertext, and the key that opened it. Answers with the key's id, and how many credentials there are.
    pub(super) fn erase(&mut self) -> (Option<KeyId>, u64) {
        let ids: Vec<_> = self.credentials.iter().map(|one| one.id).collect();
        for id in &ids {
            // Each is there.
            self.destroy(*id).ok();
        }
        self.policy = None;
        (self.user_key.take().map(|key| key.id), ids.len() as u64)
    }

    /// How the device derives the key to the active credential.
    pub(super) fn derivation(&self) -> Option<String> {
        let active = self.active_credential().filter(|one| one.custody == CustodyMode::Session)?;
        active.present()?.derivation.clone()
    }

    /// Notes the rights of the present version.
    pub(super) fn set_rights(&mut self, id: CredentialId, rights: &KeyRights) -> Result<(), VaultError> {
        let credential = self.credential_mut(id)?;
        let present = credential.version;
        for version in credential.versions.iter_mut().filter(|one| one.version == present) {
            version.rights.clone_from(rights);
        }
        Ok(())
    }

    fn credential_mut(&mut self, id: CredentialId) -> Result<&mut Credential, VaultError> {
        self.credentials.iter_mut().find(|one| one.id == id).ok_or(VaultError::NoSuchCredential { id })
    }
}

impl Credential {
    fn present(&self) -> Option<&Version> {
        self.versions.iter().find(|version| version.version == self.version)
    }

    fn meta(&self, user: UserId, venue: &VenueId) -> CredentialMeta {
        CredentialMeta {
            id: self.id,
            user,
            venue: venue.clone(),
            label: self.label.clone(),
            version: self.version,
            custody: self.custody,
            status: self.status,
            rights: self.present().map(|version| version.rights.clone()).unwrap_or_default(),
            created_at: self.created_at,
            stored_at: self.present().map_or(self.created_at, |version| version.created_at),
        }
    }
}
