//! Which credentials are in force: what the users' keys vouch for, kept in step with the rows (docs/adr/0019).

use nija_core::{CredentialId, CredentialMeta, CredentialStatus, UserId, VaultError};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::Inner;
use crate::crypto::{Keyring, Standing, StandingAt, UserKey, is_bound};
use crate::store::{self, Sql, StoredKey};

/// Keys that are read at once when all are looked at.
const BATCH: u32 = 500;

/// Whose keys take over what the rows say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those from before statuses were vouched for.
    Unbound,
    /// All: the rows were just made to be what the log says.
    All,
}

/// Has users' keys vouch for what the rows say. Answers how many were changed.
pub(crate) fn believe_rows(sql: &mut dyn Sql, keyring: &Keyring, which: Which) -> Result<u64, VaultError> {
    let (mut after, mut changed) = (None, 0);
    loop {
        let batch = store::user_keys_after(sql, after, BATCH)?;
        let Some(last) = batch.last() else { return Ok(changed) };
        after = Some((last.0, last.1.id));
        for (user, stored) in batch {
            if which == Which::Unbound && is_bound(&stored.envelope)? {
                continue;
            }
            let rows = store::in_force(sql, user)?;
            let standing = keyring.open_user_key(user, &stored)?.standing;
            if standing.as_ref().is_some_and(|standing| standing.is_of(&rows)) {
                continue;
            }
            let revision = standing.map_or(0, |standing| standing.revision);
            let envelope = keyring.bind_user_key(user, &stored, Standing::believing(revision, rows))?;
            changed += store::replace_user_key(sql, user, &stored, &envelope)?;
        }
    }
}

impl Inner {
    /// Puts a change of one credential into what its user's key vouches for, in the transaction of the change.
    pub(super) fn change_standing(
        &self,
        sql: &mut dyn Sql,
        user: UserId,
        (key, stored): (&UserKey, &StoredKey),
        id: CredentialId,
        now: Option<u32>,
    ) -> Result<StandingAt, VaultError> {
        let rows = store::in_force(sql, user)?;
        let before = key.standing.as_ref().ok_or(UNBOUND)?;
        if self.standings.is_older(&stored.id, before.revision) {
            return Err(OLDER);
        }
        let standing = before.after(id, now, &rows);
        let at = (stored.id, standing.revision);
        let envelope = self.current_keyring(sql)?.bind_user_key(user, stored, standing)?;
        if store::replace_user_key(sql, user, stored, &envelope)? != 1 {
            return Err(VaultError::Storage("the user's key changed while a credential was changed".into()));
        }
        Ok(at)
    }

    /// From now on nothing older is taken.
    pub(crate) fn saw_standing(&self, (key, revision): StandingAt) {
        if !self.standings.see(key, revision) {
            tracing::debug!("a later change of what is in force was seen already");
        }
    }

    /// Whether a version is in force by what its user's key vouches for. Where the keys are kept elsewhere they may not vouch yet.
    /// What is read in a transaction may be undone with it: a revision counts as seen when it was read outside of one.
    pub(crate) fn check_standing(
        &self,
        key: &UserKey,
        id: CredentialId,
        version: u32,
    ) -> Result<(), VaultError> {
        let revision = key.standing.as_ref().map_or(0, |standing| standing.revision);
        if self.standings.is_older(&key.key.id, revision) {
            return Err(OLDER);
        }
        match &key.standing {
            Some(standing) => standing.check(id, version),
            None if self.root.is_none() => Ok(()),
            None => Err(UNBOUND),
        }
    }

    /// What was read, with the status that the users' keys vouch for. A key that does not open says nothing here: opening tells.
    pub(super) fn as_vouched(
        &self,
        sql: &mut dyn Sql,
        mut found: Vec<CredentialMeta>,
    ) -> Result<Vec<CredentialMeta>, VaultError> {
        let mut standings: HashMap<UserId, Option<Standing>> = HashMap::new();
        for meta in found.iter_mut().filter(|meta| meta.status == CredentialStatus::Active) {
            let standing = match standings.entry(meta.user) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    let stored = store::user_key(sql, meta.user)?;
                    let opened = stored.map(|stored| self.keyring.load().open_user_key(meta.user, &stored));
                    place.insert(opened.and_then(Result::ok).and_then(|key| key.standing))
                }
            };
            let standing = standing.as_ref();
            if standing.is_some_and(|standing| !standing.names(meta.id, meta.version)) {
                meta.status = CredentialStatus::Revoked;
            }
        }
        Ok(found)
    }
}

const OLDER: VaultError = VaultError::Status("an older one is in its place");
const UNBOUND: VaultError = VaultError::Status("its user's key is from before statuses were vouched for");
