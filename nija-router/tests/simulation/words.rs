//! What venues said of their limits, and whether that is why an exit or a cancel had to wait.

use nija_core::{Timestamp, UserId, VenueId};
use parking_lot::Mutex;
use std::time::Duration;

/// The most that a ban holds anything, and the time between two requests after that.
const BAN: (Duration, Duration) = (Duration::from_secs(300), Duration::from_secs(5));
/// After a 429 an exit a second goes.
const LIMIT: (Duration, Duration) = (Duration::ZERO, Duration::from_secs(1));

struct Word {
    venue: VenueId,
    /// `None` where it concerned everybody.
    user: Option<UserId>,
    at: Timestamp,
    told: Duration,
    banned: bool,
}

#[derive(Default)]
pub(crate) struct Words {
    words: Mutex<Vec<Word>>,
    calls: Mutex<Vec<(VenueId, Timestamp)>>,
}

impl Words {
    pub(crate) fn said(
        &self,
        venue: &VenueId,
        user: Option<UserId>,
        at: Timestamp,
        told: Duration,
        banned: bool,
    ) {
        self.words.lock().push(Word { venue: venue.clone(), user, at, told, banned });
    }

    /// Something was sent.
    pub(crate) fn called(&self, venue: &VenueId, at: Timestamp) {
        self.calls.lock().push((venue.clone(), at));
    }

    /// Whether an exit or a cancel of this user's may have waited all that time since the venue wanted it so: during a ban, or behind
    /// others that went one after another.
    pub(crate) fn excuse(&self, venue: &VenueId, user: UserId, from: Timestamp, to: Timestamp) -> bool {
        let words = self.words.lock();
        let told = words.iter().filter(|word| {
            word.venue == *venue && word.user.is_none_or(|whose| whose == user) && word.at <= to
        });
        let mut paces = Vec::new();
        for word in told.filter(|word| word.at.plus(word.told) >= from) {
            let (holds, pace) = if word.banned { BAN } else { LIMIT };
            if word.at.plus(word.told.min(holds)) >= from && word.banned {
                return true;
            }
            paces.push(pace);
        }
        let Some(pace) = paces.into_iter().max() else {
            return false;
        };
        let turns = to.since(from).as_millis() / pace.as_millis();
        let calls = self.calls.lock();
        let went =
            calls.iter().filter(|(at, when)| at == venue && *when >= from.minus(pace) && *when <= to).count();
        went as u128 + 1 >= turns
    }
}
