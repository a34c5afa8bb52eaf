//! What the venue imposed: who waits how long for it, and the shares of the rate budgets that cancels and questions wait for.

use nija_core::{Symbol, UserId, VenueBan, VenueId};
use std::time::Duration;
use tokio::sync::futures::Notified;

use super::{
    Lane, LaneJob,
    limiter::{Limiter, Taken},
    told::{Ban, Sending, TURNED_AWAY},
};

/// How long a cancel or a question waits here for what the venue imposed. Past that whoever wants it is told, and tries again.
const PATIENCE: Duration = Duration::from_secs(2);

impl<J: LaneJob> Lane<J> {
    /// How long this user's orders or questions wait since the venue wants nothing sent.
    pub(crate) fn held(&self, user: UserId, what: Sending) -> Option<Duration> {
        self.waiting.lock().limiter.held(user, what)
    }

    /// How long a question that can wait waits since the venue wants nothing sent, asked under this user's key or without one.
    pub(crate) fn held_reading(&self, user: Option<UserId>) -> Option<Duration> {
        self.waiting.lock().limiter.held_reading(user, Sending::Read)
    }

    /// The ban of this address that is to outlive the process, if any.
    pub(crate) fn ban(&self) -> Option<Ban> {
        self.waiting.lock().limiter.ban()
    }

    /// The same as it is kept.
    pub(crate) fn to_keep(&self, venue: &VenueId, ban: Ban) -> VenueBan {
        // Since the venue's word, however late it is kept.
        let at = self.clock.now().minus(ban.told.elapsed());
        let until = ban.until.map(|until| at.plus(until.saturating_duration_since(ban.told)));
        VenueBan { venue: venue.clone(), at, until, reason: TURNED_AWAY.to_owned() }
    }

    /// Ends with a ban of this address that comes from now on.
    pub(crate) fn banned(&self) -> Notified<'_> {
        self.banned.notified()
    }

    /// A ban that an earlier process kept, before anything is sent.
    pub(crate) fn take_up_ban(&self, ban: &VenueBan) {
        self.waiting.lock().limiter.take_up(ban, self.clock.now());
    }

    /// What the venue imposed on all, in words.
    pub(crate) fn imposed(&self) -> Option<String> {
        self.waiting.lock().limiter.words()
    }

    /// Waits for a cancel's share of the rate budgets. An error says after how long the venue hears again, where that is long: until then
    /// nothing may be sent.
    pub(crate) async fn cancel_token(&self, user: UserId, symbol: &Symbol) -> Result<(), Duration> {
        let mut taken = Taken::default();
        self.token(
            |limiter| limiter.cancel(user, symbol, &mut taken),
            |limiter| limiter.held(user, Sending::Urgent),
        )
        .await
    }

    /// Waits for a question's share of the rate budgets, asked under this user's key or without one; an error as for a cancel. What it answers
    /// with ends with a ban that comes from then on: a question may be several requests.
    pub(crate) async fn read_token(
        &self,
        user: Option<UserId>,
        what: Sending,
    ) -> Result<Notified<'_>, Duration> {
        let mut taken = Taken::default();
        let take = |limiter: &mut Limiter| {
            limiter.read(user, what, &mut taken)?;
            // Still under the lock, so that none comes between.
            Ok(self.banned())
        };
        self.token(take, |limiter| limiter.held_reading(user, what)).await
    }

    async fn token<T>(
        &self,
        mut take: impl FnMut(&mut Limiter) -> Result<T, Duration>,
        held: impl Fn(&Limiter) -> Option<Duration>,
    ) -> Result<T, Duration> {
        loop {
            let wait = {
                let limiter = &mut self.waiting.lock().limiter;
                match take(limiter) {
                    Ok(taken) => return Ok(taken),
                    Err(wait) => match held(limiter) {
                        Some(held) if held > PATIENCE => return Err(held),
                        _ => wait,
                    },
                }
            };
            tokio::time::sleep(wait).await;
        }
    }
}
