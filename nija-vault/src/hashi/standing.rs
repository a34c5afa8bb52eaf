//! Which credentials are in force: what a document's key vouches for, kept in step with the document (docs/adr/0019).

use nija_core::{CredentialId, CredentialMeta, CredentialStatus, UserId, VaultError};

use super::State;
use super::record::Record;
use crate::crypto::{Standing, StandingAt, is_bound};
use crate::store::StoredKey;

impl State {
    /// Has the document's key vouch for what a change made of a credential.
    pub(super) fn restand(
        &self,
        user: UserId,
        record: &mut Record,
        id: CredentialId,
    ) -> Result<Option<StandingAt>, VaultError> {
        // What was erased has no key, and nothing in force.
        if record.user_key.is_none() {
            return Ok(None);
        }
        let rows = record.in_force();
        let now = rows.iter().find(|(one, _)| one == id.as_uuid().as_bytes()).map(|(_, version)| *version);
        let standing = match self.key_of(user, record)?.standing {
            Some(before) => before.after(id, now, &rows),
            None => Standing::believing(0, rows),
        };
        self.bind(user, record, standing).map(Some)
    }

    /// The same after a change from one version or status to another. What goes on with another version has to be in force itself.
    pub(super) fn restand_after(
        &self,
        user: UserId,
        record: &mut Record,
        before: &CredentialMeta,
        after: &CredentialMeta,
    ) -> Result<Option<StandingAt>, VaultError> {
        if record.user_key.is_none() && before.status != CredentialStatus::Destroyed {
            // A key that was taken away may come back, and would vouch as before.
            return Err(VaultError::Envelope("the user's key is missing"));
        }
        if after.status == CredentialStatus::Active {
            let key = self.key_of(user, record)?;
            self.inner.check_standing(&key, before.id, before.version)?;
        }
        self.restand(user, record, after.id)
    }

    /// Has a key from before statuses were vouched for vouch for what its document says. Answers whether it is such a key.
    pub(super) fn bind_of_old(
        &self,
        user: UserId,
        record: &mut Record,
    ) -> Result<Option<StandingAt>, VaultError> {
        match &record.user_key {
            Some(key) if !is_bound(&key.envelope)? => {
                let standing = Standing::believing(0, record.in_force());
                self.bind(user, record, standing).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn bind(&self, user: UserId, record: &mut Record, standing: Standing) -> Result<StandingAt, VaultError> {
        let wrapped = record.user_key.as_mut().ok_or(VaultError::Envelope("the user's key is missing"))?;
        let (id, revision) = (wrapped.id, standing.revision);
        let stored = StoredKey { id, envelope: wrapped.envelope.clone() };
        wrapped.envelope = self.inner.keyring.load().bind_user_key(user, &stored, standing)?;
        Ok((id, revision))
    }

    /// The document's credentials, with the status that its key vouches for. A key that does not open says nothing here: opening tells.
    pub(super) fn as_vouched(
        &self,
        user: UserId,
        record: &Record,
        mut metas: Vec<CredentialMeta>,
    ) -> Vec<CredentialMeta> {
        let opened = record.user_key.as_ref().and_then(|key| {
            let stored = StoredKey { id: key.id, envelope: key.envelope.clone() };
            self.inner.keyring.load().open_user_key(user, &stored).ok()
        });
        if let Some(standing) = opened.and_then(|key| key.standing) {
            let active = metas.iter_mut().filter(|meta| meta.status == CredentialStatus::Active);
            active
                .filter(|meta| !standing.names(meta.id, meta.version))
                .for_each(|meta| meta.status = CredentialStatus::Revoked);
        }
        metas
    }
}
