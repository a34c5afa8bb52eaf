//! Opening everything that is stored, to see that it opens: what a drill does with a restored backup.

use nija_core::{CredentialId, CustodyMode, UserId, VaultError, VenueId};
use std::sync::Arc;
use uuid::Uuid;

use super::LocalVault;
use crate::crypto::{Binding, Kind, decode_secret, is_locked};
use crate::store::{self, StoredVersion};

const BATCH: u32 = 500;

/// What opened and what did not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// Versions whose secret opened.
    pub opened: u64,
    /// Versions in custody mode `session`: the vault's envelope opened, the device's lock inside was left alone.
    pub locked: u64,
    /// Versions of which nothing is kept: destroyed, or on the user's device.
    pub without_content: u64,
    /// Credentials with a version that did not open.
    pub failed: Vec<CredentialId>,
}

impl LocalVault {
    /// Opens every version of every credential and lets go of it at once. `progress` is told how many were done.
    ///
    /// # Errors
    /// [`VaultError::Storage`] when the database cannot be read. What does not open is in the answer.
    pub async fn open_everything(&self, mut progress: impl FnMut(u64) + Send) -> Result<Checked, VaultError> {
        let (mut checked, mut after, mut done) = (Checked::default(), None, 0);
        loop {
            let batch = self.inner.read(move |sql| store::versions_after(sql, after, BATCH)).await?;
            let Some(last) = batch.last() else { break };
            after = Some((last.id, last.version));
            done += batch.len() as u64;
            for version in batch {
                self.check(&version, &mut checked);
            }
            progress(done);
        }
        let entry = self.inner.entry("open_everything").counting(done);
        self.inner.writer.record(entry.detail(&format!("{} failed", checked.failed.len()))).await?;
        Ok(checked)
    }

    fn check(&self, version: &StoredVersion, checked: &mut Checked) {
        if version.envelope.is_empty() {
            checked.without_content += 1;
            return;
        }
        let id = CredentialId::from_uuid(Uuid::from_bytes(version.id));
        let keyring = Arc::clone(&self.inner.keyring.load());
        let opened =
            version.user_key.as_ref().ok_or(VaultError::Envelope("its user's key is missing")).and_then(
                |stored| {
                    let user = UserId::from_uuid(Uuid::from_bytes(version.user));
                    let venue = VenueId::new(&version.venue)
                        .map_err(|_| VaultError::Storage("a credential's row is damaged".into()))?;
                    let key = keyring.open_user_key(user, stored)?.key;
                    let binding = Binding::credential(user, &venue, id, version.version, version.custody);
                    let content = key.unwrap(Kind::Credential, version.id, &binding, &version.envelope)?;
                    if version.custody == CustodyMode::Session {
                        return Ok(is_locked(&content));
                    }
                    decode_secret(&content).map(|_| false)
                },
            );
        match opened {
            Ok(true) => checked.locked += 1,
            Ok(false) if version.custody != CustodyMode::Session => checked.opened += 1,
            Ok(false) | Err(_) => checked.failed.push(id),
        }
    }
}
