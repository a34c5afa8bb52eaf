//! Bans of this address outlive the process: each request during one prolongs it, the first ones of a new process as well.

use futures::future::join_all;
use nija_core::LedgerError;
use std::{collections::HashMap, future::pending, sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::Instant};

use super::{backoff::Backoff, inner::Inner, venue::Venue};
use crate::{
    lane::Ban,
    planted::{Bug, planted},
};

/// Between two tries to keep one in a ledger that does not take it.
const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// What the ledger keeps of a venue's ban.
#[derive(Debug, Default)]
pub(crate) struct KeptBan(Mutex<Kept>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kept {
    #[default]
    Nothing,
    This(Ban),
    /// One that is over, or a write that nobody saw the end of.
    Something,
}

impl Inner {
    /// Hands the lanes what an earlier process was told, before anything is sent, and keeps what comes.
    pub(super) async fn take_up_bans(self: &Arc<Self>) -> Result<(), LedgerError> {
        let mut kept: HashMap<_, _> =
            self.ledger.bans().await?.into_iter().map(|ban| (ban.venue.clone(), ban)).collect();
        for venue in &self.venues {
            if let Some(ban) = kept.remove(&venue.id).filter(|_| !planted(Bug::ForgetsBans)) {
                venue.lane.take_up_ban(&ban);
                *venue.kept_ban.0.lock().await = venue.lane.ban().map_or(Kept::Something, Kept::This);
                if let Some(words) = venue.lane.imposed() {
                    tracing::warn!(venue = %venue.id, at = %ban.at, words, "its ban of before the start still holds");
                }
            }
            self.tasks.spawn(self.clone().keep_bans(venue.clone()));
        }
        Ok(())
    }

    /// Keeps a venue's bans as its lane hears of them, and lifts them when they end; never ends.
    async fn keep_bans(self: Arc<Self>, venue: Arc<Venue>) {
        let mut backoff = Backoff::new(RETRY.0, RETRY.1);
        loop {
            match self.keep_ban(&venue).await {
                Ok(ban) => {
                    backoff.reset();
                    tokio::select! {
                        biased;
                        () = venue.lane.ban_changed.notified() => {}
                        () = ended(ban) => {}
                    }
                }
                Err(error) => {
                    tracing::warn!(venue = %venue.id, %error, "its ban could not be kept, so that a restart would forget it");
                    backoff.wait(self.entropy.as_ref()).await;
                }
            }
        }
    }

    /// Brings what the ledger keeps in line with what the lane knows; answers with that.
    async fn keep_ban(&self, venue: &Venue) -> Result<Option<Ban>, LedgerError> {
        let mut kept = venue.kept_ban.0.lock().await;
        let ban = venue.lane.ban();
        let wanted = ban.map_or(Kept::Nothing, Kept::This);
        if *kept != wanted {
            *kept = Kept::Something;
            match ban {
                Some(ban) => self.ledger.keep_ban(venue.lane.to_keep(&venue.id, ban)).await?,
                None => self.ledger.lift_ban(&venue.id).await?,
            }
            *kept = wanted;
        }
        Ok(ban)
    }

    /// What was heard in the last moment is kept as well. The tasks that would have done it have ended.
    pub(super) async fn keep_last_bans(&self) {
        let last = join_all(self.venues.iter().map(|venue| self.keep_ban(venue)));
        match tokio::time::timeout(self.config.drain_timeout, last).await {
            Ok(all) => {
                for error in all.into_iter().filter_map(Result::err) {
                    tracing::warn!(%error, "a venue's ban could not be kept, so that a restart forgets it");
                }
            }
            Err(_) => tracing::warn!("the ledger did not say whether venues' bans are kept"),
        }
    }
}

/// Waits for the end that the venue told; for ever where there is none.
async fn ended(ban: Option<Ban>) {
    match ban.and_then(|ban| ban.until) {
        Some(until) => tokio::time::sleep_until(until.max(Instant::now())).await,
        None => pending().await,
    }
}
