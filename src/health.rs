//! How a stored exchange key is doing: its age, what the venue says of it now, when it was last used.

use nija_core::{
    CredentialId, CredentialMeta, CredentialStatus, CustodyMode, KeyRights, OpenPurpose, Timestamp, UserId,
    VaultError, VenueAccount, VenueError, VenueId,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;

use crate::{Platform, PlatformError};

/// The name of its note in the vault.
const NOTE: &str = "key_health";
/// A key whose venue did not answer is checked again after this.
const TRY_AGAIN: Duration = Duration::from_secs(3600);
/// A key that ends within this is to be replaced now.
const ENDS_SOON: Duration = Duration::from_secs(14 * 24 * 3600);

/// What the venue said of a key when it was last asked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeyCheck {
    /// When; `None`: never since it was stored.
    pub at: Option<Timestamp>,
    /// Of which version.
    pub version: u32,
    /// Rights that it has now and had not when it was stored, in the venue's words.
    pub gained: Vec<String>,
    /// Rights that it had and has no more.
    pub lost: Vec<String>,
    /// Why the venue refused it, where it did.
    pub refused: Option<String>,
}

/// What its owner should do something about. The first is the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum KeyProblem {
    /// It may withdraw. New positions are stopped until it may not.
    CanWithdraw,
    /// The venue refuses it.
    Refused,
    /// It may not trade.
    CannotTrade,
    /// Its rights are not what they were when it was stored.
    RightsChanged,
    /// The venue ended it, or ends it soon.
    Expires,
    /// It is older than the platform's limit: rotate it.
    Old,
    /// The venue takes it from any address.
    AnyAddress,
    /// The venue cannot say whether it may withdraw.
    RightsUnknown,
}

impl KeyProblem {
    /// The name by which every host tells of it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CanWithdraw => "can_withdraw",
            Self::Refused => "refused",
            Self::CannotTrade => "cannot_trade",
            Self::RightsChanged => "rights_changed",
            Self::Expires => "expires",
            Self::Old => "old",
            Self::AnyAddress => "any_address",
            Self::RightsUnknown => "rights_unknown",
        }
    }
}

/// A key and how it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHealth {
    /// The key.
    pub meta: CredentialMeta,
    /// When it should be replaced.
    pub rotate_by: Timestamp,
    /// When it last signed or was opened.
    pub last_used_at: Option<Timestamp>,
    /// Until when it is unlocked, in custody mode `session`.
    pub unlocked_until: Option<Timestamp>,
    /// What the device tells it apart by, in custody mode `device`.
    pub fingerprint: Option<String>,
    /// The newest check.
    pub check: KeyCheck,
    /// Worst first.
    pub problems: Vec<KeyProblem>,
}

impl Platform {
    /// A user's keys and how they are, newest first. A key older than `max_age` is to be rotated.
    ///
    /// # Errors
    /// [`PlatformError::Vault`].
    pub async fn key_health(&self, user: UserId, max_age: Duration) -> Result<Vec<KeyHealth>, PlatformError> {
        let now = self.clock().now();
        let mut all = Vec::new();
        for meta in self.vault().list(user).await? {
            all.push(self.health_of(meta, max_age, now).await?);
        }
        Ok(all)
    }

    async fn health_of(
        &self,
        meta: CredentialMeta,
        max_age: Duration,
        now: Timestamp,
    ) -> Result<KeyHealth, PlatformError> {
        let vault = self.books();
        let check = self.check_of(&meta).await?;
        let rotate_by = meta.stored_at.plus(max_age);
        Ok(KeyHealth {
            rotate_by,
            last_used_at: vault.last_use(&meta).await?,
            unlocked_until: (meta.custody == CustodyMode::Session)
                .then(|| vault.unlocked_until(meta.user, &meta.venue))
                .flatten(),
            fingerprint: self.fingerprint_of(&meta).await?,
            problems: problems(&meta, &check, rotate_by, now),
            check,
            meta,
        })
    }

    async fn check_of(&self, meta: &CredentialMeta) -> Result<KeyCheck, PlatformError> {
        let note = self.books().note(meta.user, &meta.venue, NOTE).await?;
        let check: Option<KeyCheck> = note
            .map(|note| serde_json::from_str(&note))
            .transpose()
            .map_err(|_| VaultError::Storage("a check's note is damaged".into()))?;
        // What was found of an older version says nothing of this one.
        Ok(check.filter(|check| check.version == meta.version).unwrap_or_default())
    }

    /// Asks the venue what a user's key may do now, and notes how that differs from when it was stored. A key that may withdraw stops
    /// the user's new positions; exits go on.
    ///
    /// # Errors
    /// [`PlatformError::Vault`] when it cannot be opened, [`PlatformError::Venue`] when the venue does not answer: then nothing is
    /// noted.
    pub async fn check_key(&self, user: UserId, venue: &VenueId) -> Result<KeyCheck, PlatformError> {
        let _turn = self.turn(user).await;
        let executor = self.executor(venue)?.clone();
        let meta = self.active_credential(user, venue).await?;
        let signer = self.vault().open(user, venue, OpenPurpose::Verify).await?;
        let mut check =
            KeyCheck { at: Some(self.clock().now()), version: meta.version, ..KeyCheck::default() };
        let account = VenueAccount { user, signer };
        match self.engine().ask(venue, user, executor.key_rights(&account)).await {
            Ok(rights) => {
                let before = self.check_of(&meta).await?;
                (check.gained, check.lost) = drift(&before, &meta.rights, &rights);
                if rights != meta.rights {
                    self.vault().set_rights(user, meta.id, rights.clone()).await?;
                }
                if rights.can_withdraw == Some(true) {
                    tracing::error!(%user, %venue, "ALARM: a key can withdraw now; new positions are stopped");
                    self.engine().set_paused(user, true).await?;
                }
            }
            Err(error @ VenueError::KeyRefused { .. }) => check.refused = Some(error.to_string()),
            Err(error) => return Err(error.into()),
        }
        let note = serde_json::to_string(&check).map_err(|error| VaultError::Storage(error.to_string()))?;
        let what =
            format!("gained {:?}, lost {:?}, refused {}", check.gained, check.lost, check.refused.is_some());
        self.books().set_note(user, venue, NOTE, Some(note), &what).await?;
        Ok(check)
    }

    /// Checks the keys that were not checked since `period` before now, `most` at most; the longest ago first. Answers with how many were
    /// tried. A key whose venue does not answer is tried again after an hour.
    ///
    /// # Errors
    /// [`PlatformError::Vault`].
    pub(crate) async fn check_keys(
        &self,
        period: Duration,
        most: usize,
        tried: &mut HashMap<CredentialId, Timestamp>,
    ) -> Result<usize, PlatformError> {
        let now = self.clock().now();
        let noted = self.books().notes(NOTE).await?;
        let noted: HashMap<_, _> =
            noted.into_iter().map(|(user, venue, note)| ((user, venue), note)).collect();
        let checked = |meta: &CredentialMeta| {
            let note = noted.get(&(meta.user, meta.venue.clone()))?;
            let check = serde_json::from_str::<KeyCheck>(note).ok();
            check.filter(|check| check.version == meta.version).and_then(|check| check.at)
        };
        tried.retain(|_, at| at.plus(TRY_AGAIN) > now);
        let mut waiting: Vec<_> = self
            .vault()
            .active()
            .await?
            .into_iter()
            .filter(|meta| self.executor(&meta.venue).is_ok() && !tried.contains_key(&meta.id))
            // A key is checked when it is stored.
            .map(|meta| (checked(&meta).unwrap_or(meta.stored_at), meta))
            .filter(|(at, _)| at.plus(period) <= now)
            .collect();
        waiting.sort_by_key(|(at, meta)| (*at, meta.id.as_uuid()));
        waiting.truncate(most);
        for (_, meta) in &waiting {
            if let Err(error) = self.check_key(meta.user, &meta.venue).await {
                tried.insert(meta.id, now);
                tracing::warn!(user = %meta.user, venue = %meta.venue, %error, "a key could not be checked");
            }
        }
        Ok(waiting.len())
    }
}

/// What changed since it was stored: what an earlier check found goes on being so until it is undone.
fn drift(before: &KeyCheck, stored: &KeyRights, now: &KeyRights) -> (Vec<String>, Vec<String>) {
    let had = |name: &String| {
        (stored.names.contains(name) && !before.gained.contains(name)) || before.lost.contains(name)
    };
    let gained = now.names.iter().filter(|name| !had(name)).cloned().collect();
    let known = stored.names.iter().chain(&before.lost);
    let lost = known.filter(|name| had(name) && !now.names.contains(name)).cloned().collect();
    (gained, lost)
}

fn problems(
    meta: &CredentialMeta,
    check: &KeyCheck,
    rotate_by: Timestamp,
    now: Timestamp,
) -> Vec<KeyProblem> {
    if meta.status != CredentialStatus::Active {
        return Vec::new();
    }
    let rights = &meta.rights;
    let on_device = meta.custody == CustodyMode::Device;
    let found = [
        (rights.can_withdraw == Some(true), KeyProblem::CanWithdraw),
        (check.refused.is_some(), KeyProblem::Refused),
        (rights.can_trade == Some(false), KeyProblem::CannotTrade),
        (!check.gained.is_empty() || !check.lost.is_empty(), KeyProblem::RightsChanged),
        (rights.expires_at.is_some_and(|at| at <= now.plus(ENDS_SOON)), KeyProblem::Expires),
        (rotate_by <= now, KeyProblem::Old),
        (rights.from_listed_addresses == Some(false), KeyProblem::AnyAddress),
        (rights.can_withdraw.is_none() && !on_device, KeyProblem::RightsUnknown),
    ];
    found.into_iter().filter(|(is_so, _)| *is_so).map(|(_, problem)| problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(names: &[&str]) -> KeyRights {
        KeyRights { names: names.iter().map(|&name| name.to_owned()).collect(), ..KeyRights::default() }
    }

    fn words(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn drift_is_told_until_it_is_undone() {
        let first = drift(&KeyCheck::default(), &rights(&["read", "trade"]), &rights(&["trade", "withdraw"]));
        assert_eq!(first, (words(&["withdraw"]), words(&["read"])));
        let seen = KeyCheck { gained: first.0, lost: first.1, ..KeyCheck::default() };
        // By now the vault has the new rights; they are news all the same.
        let same = drift(&seen, &rights(&["trade", "withdraw"]), &rights(&["trade", "withdraw"]));
        assert_eq!(same, (words(&["withdraw"]), words(&["read"])));
        let undone = drift(&seen, &rights(&["trade", "withdraw"]), &rights(&["read", "trade"]));
        assert_eq!(undone, (Vec::new(), Vec::new()));
    }
}
