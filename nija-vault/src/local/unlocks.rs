//! Whether an unlock still stands: what another signer recorded since it began may have taken it back.
//!
//! Signers that share a database tell each other of a lock, and one that is not listening for a moment misses it. What it missed is in
//! the log that they share, so an unlock is used only after the log was asked (docs/adr/0029).

use nija_core::{UserId, VaultError, VenueId};
use std::sync::Arc;

use super::Inner;
use crate::audit::Chain;
use crate::lease::{Unlocked, Unlocks};
use crate::store::{Sql, taken_since};

impl Inner {
    /// How long the log is: what takes an unlock back that begins now is later than this.
    pub(crate) async fn log_length(&self) -> Result<u64, VaultError> {
        self.read(|sql| Chain::load(sql).map(|chain| chain.length())).await
    }

    /// The unlock that stands at this moment by the log, and not only by what was heard here.
    pub(crate) async fn standing_unlock(
        &self,
        user: UserId,
        venue: &VenueId,
    ) -> Result<Unlocked, VaultError> {
        let locked = || VaultError::Locked { venue: venue.clone() };
        let unlocked = self.unlocks.get(user, venue, self.clock.now()).ok_or_else(locked)?;
        let here = self.database.free_reader().map(|mut sql| stands(sql.as_mut(), user, venue, &unlocked));
        let stands = match here {
            Some(stands) => stands?,
            None => {
                let (at, unlocked) = (venue.clone(), unlocked.clone());
                self.read(move |sql| stands(sql, user, &at, &unlocked)).await?
            }
        };
        if !stands {
            self.unlocks.remove_this(user, venue, &unlocked);
            return Err(locked());
        }
        Ok(unlocked)
    }
}

/// Forgets those that were taken back while nothing was heard.
pub(super) fn forget_taken(sql: &mut dyn Sql, unlocks: &Arc<Unlocks>) -> Result<(), VaultError> {
    for (user, venue, unlocked) in unlocks.all() {
        if !stands(sql, user, &venue, &unlocked)? {
            unlocks.remove_this(user, &venue, &unlocked);
        }
    }
    Ok(())
}

fn stands(sql: &mut dyn Sql, user: UserId, venue: &VenueId, unlocked: &Unlocked) -> Result<bool, VaultError> {
    // Read before the question: what comes in between is looked at twice and not skipped.
    let length = Chain::load(sql)?.length();
    let is_taken = taken_since(sql, user, venue, unlocked.entry())?;
    if !is_taken {
        unlocked.stands_at(length);
    }
    Ok(!is_taken)
}
