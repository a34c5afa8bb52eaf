//! An entry whose stop cannot rest, under a key that signs only while its user is present: it is undone while the key is open.

use nija_core::{HitCause, JournalEvent, LedgerError, OrderState, ProtectionPart};
use std::time::Duration;

use super::{
    guard::{Next, Seen, Step},
    names::Purpose,
};

use crate::planted::{Bug, planted};

const SOON: Duration = Duration::from_millis(500);

impl Step<'_> {
    /// Whether nobody here can sign at the venue: its account is not connected.
    pub(super) fn is_shut(&self) -> bool {
        self.user.conn(&self.key.0).is_none()
    }

    /// Whether what is open there is not known yet, under a key that signs only while its user is present: what its stop is to hold, and whether
    /// another one is sent at all, is decided once the account has been read, or could not be.
    pub(super) fn is_unread(&self) -> bool {
        self.user.conn(&self.key.0).is_some_and(|conn| conn.is_attended() && !conn.tried.is_set())
    }

    /// Whether the entry must be undone: nothing rests, and nothing will. `fits` says whether a stop could be sent at all. A position that
    /// its user set a protection for later is the user's to close.
    pub(super) async fn must_undo(&self, seen: &Seen, fits: bool) -> Result<bool, LedgerError> {
        let attended = self.user.conn(&self.key.0).is_some_and(|conn| conn.is_attended());
        let brought_along = seen.protection.order.is_some() && seen.protection.plan.stop.is_some();
        // What is still being bought or sold decides how large the stop must be.
        if planted(Bug::KeepsUnguarded)
            || !attended
            || !brought_along
            || seen.grows
            || !(seen.others + seen.held).is_zero()
        {
            return Ok(false);
        }
        // A market that is closed, or whose rules are not read yet, says nothing of what it will take.
        if !self.inner.market.instrument(self.key).is_some_and(|rules| rules.tradable) {
            return Ok(false);
        }
        let away = self.guard.away_until.lock().is_some_and(|until| until > self.inner.clock.now());
        if away || self.inner.kills.flattens(self.user.id, &self.key.0) {
            return Ok(false);
        }
        Ok(!fits || self.was_refused(seen).await?)
    }

    /// Whether the newest stop that was to rest was refused by its venue or by the signer. One that came to nothing for another reason is sent
    /// anew.
    async fn was_refused(&self, seen: &Seen) -> Result<bool, LedgerError> {
        let cause = Purpose::Rest.cause(seen.protection.id);
        let Some(last) = self.next_number(&cause).await?.checked_sub(1) else {
            return Ok(false);
        };
        let newest = self.made(&cause, last).await?;
        Ok(newest.is_some_and(|order| order.state == OrderState::Rejected && order.leg.is_some()))
    }

    /// Puts it on record; from then on the position is closed as by a stop that went off, whatever restarts.
    pub(super) async fn undo(&self, seen: &Seen) -> Result<Next, LedgerError> {
        let (id, (venue, symbol)) = (seen.protection.id, self.key.clone());
        tracing::warn!(user = %self.user.id, %venue, %symbol, "an entry is undone: its stop cannot rest, and its key signs only while its user is present");
        let (part, cause) = (ProtectionPart::Stop, HitCause::CannotRest);
        let undone = JournalEvent::ProtectionHit { id, venue, symbol, part, price: None, cause };
        Ok(if self.put(seen, undone).await? { Next::Again } else { Next::Wait(SOON) })
    }
}
