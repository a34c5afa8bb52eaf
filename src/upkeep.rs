//! What the vault needs done from time to time: its own keys rotated, its log signed for, users' keys checked, unlocks ended. A host
//! calls [`Platform::keep_up`] every minute or so.

use nija_core::{CredentialId, Timestamp, UserId, VenueId};
use nija_vault::{Caller, RewrapProgress};
use std::collections::HashMap;
use std::time::Duration;

use crate::{Platform, PlatformError};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Keys checked in one go: a venue that is slow must not hold up the rest.
const CHECKS_AT_A_TIME: usize = 32;
/// How often it is looked which keys are due: each look reads all active ones, and is on record.
const LOOK_EVERY: Duration = Duration::from_secs(600);

/// How often.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Upkeep {
    /// Age at which the key-encryption key and the sealing key are replaced. 90 days.
    pub rotate_after: Duration,
    /// How often the audit log is signed for, however little there is in it. An hour.
    pub checkpoint_every: Duration,
    /// How often each user's key is checked with its venue. A day.
    pub check_keys_every: Duration,
    /// Age at which a user is told to replace an exchange key. 90 days.
    pub remind_after: Duration,
}

impl Default for Upkeep {
    fn default() -> Self {
        Self {
            rotate_after: 90 * DAY,
            checkpoint_every: Duration::from_secs(3600),
            check_keys_every: DAY,
            remind_after: 90 * DAY,
        }
    }
}

/// What a host remembers between two rounds; a new one at each start.
#[derive(Debug, Default)]
pub struct UpkeepMarks {
    signed_at: Option<Timestamp>,
    looked_at: Option<Timestamp>,
    /// Keys whose venues did not answer, and when they were asked.
    pub(crate) tried: HashMap<CredentialId, Timestamp>,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpkeepDone {
    /// Whether new keys were made.
    pub rotated: bool,
    /// The re-wrap that was begun or gone on with.
    pub rewrapped: Option<RewrapProgress>,
    /// Whether the log was signed for.
    pub signed: bool,
    /// Keys that were checked with their venues.
    pub checked: usize,
    /// Accounts whose unlock was over.
    pub locked: Vec<(UserId, VenueId)>,
}

impl Platform {
    /// Does what is due. `progress` is told how far a re-wrap is. What fails does not keep the rest from being done; the first failure
    /// is the answer then.
    ///
    /// # Errors
    /// [`PlatformError::Vault`]; all of it is tried again the next time.
    pub async fn keep_up(
        &self,
        upkeep: &Upkeep,
        marks: &mut UpkeepMarks,
        progress: impl FnMut(RewrapProgress) + Send,
    ) -> Result<UpkeepDone, PlatformError> {
        // Boxed: every host's future would be as large as all that this does.
        Caller::from("upkeep").asks(Box::pin(self.keep_up_now(upkeep, marks, progress))).await
    }

    async fn keep_up_now(
        &self,
        upkeep: &Upkeep,
        marks: &mut UpkeepMarks,
        progress: impl FnMut(RewrapProgress) + Send,
    ) -> Result<UpkeepDone, PlatformError> {
        let mut done = UpkeepDone::default();
        let now = self.clock().now();
        let due = |at: Option<Timestamp>, every| at.is_none_or(|at: Timestamp| at.plus(every) <= now);
        let to_sign = due(marks.signed_at, upkeep.checkpoint_every);
        let keys = self.keep_keys(upkeep, to_sign, &mut done, progress).await;
        let signed = if to_sign { self.books().checkpoint().await } else { Ok(()) };
        if to_sign && signed.is_ok() {
            (done.signed, marks.signed_at) = (true, Some(now));
        }
        let locked = self.end_unlocks().await.map(|locked| done.locked = locked);
        let mut checked = Ok(());
        if due(marks.looked_at, LOOK_EVERY) {
            let count = self.check_keys(upkeep.check_keys_every, CHECKS_AT_A_TIME, &mut marks.tried).await;
            // A full round leaves others waiting: they are next.
            marks.looked_at = if matches!(count, Ok(CHECKS_AT_A_TIME)) { None } else { Some(now) };
            checked = count.map(|count| done.checked = count);
        }
        keys.and(signed.map_err(Into::into)).and(locked).and(checked).map(|()| done)
    }

    /// New keys when the newest are old enough, and whatever re-wrap is not done: that of now, one that a crash cut off, or one whose
    /// older keys still have their time of grace, which is looked after with each checkpoint.
    async fn keep_keys(
        &self,
        upkeep: &Upkeep,
        look: bool,
        done: &mut UpkeepDone,
        mut progress: impl FnMut(RewrapProgress) + Send,
    ) -> Result<(), PlatformError> {
        let keys = self.vault_keys();
        let newest = keys.keys().key_encryption.first().map(|key| key.made_at);
        if newest.is_none_or(|at| at.plus(upkeep.rotate_after) <= self.clock().now()) {
            keys.rotate().await?;
            done.rotated = true;
        }
        if done.rotated || (look && keys.keys().key_encryption.len() > 1) {
            done.rewrapped = Some(keys.rewrap(&mut progress).await?);
        }
        Ok(())
    }
}
