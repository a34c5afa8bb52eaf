//! What goes wrong, how often, and for whom.

use nija_core::UserId;
use parking_lot::Mutex;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use tokio::time::Instant;

use super::dice::Dice;

/// How a placement ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Taken, and said so.
    Taken,
    /// Taken, and said so without a report.
    TakenBriefly,
    /// Taken, and said so after up to twelve seconds.
    TakenSlowly,
    /// Gets lost on the way there: a timeout, or a 5xx.
    LostBefore,
    /// Gets lost on the way back: a reset, or an HTML page.
    LostAfter,
    /// The connection breaks, and the request arrives all the same, later.
    Late,
    /// Never answered; it arrived or not.
    Hangs,
    /// Refused for a reason of its own.
    Rejected,
    /// The key is refused.
    KeyRefused,
    /// The nonce is refused.
    NonceRefused,
    /// Too many requests of this key.
    RateLimited,
    /// Closed for maintenance.
    Unavailable,
    /// No connection.
    NotSent,
}

/// Trouble of the venue, of the network, or of the process.
const ANY: [Outcome; 12] = [
    Outcome::TakenBriefly,
    Outcome::TakenSlowly,
    Outcome::LostBefore,
    Outcome::LostBefore,
    Outcome::LostAfter,
    Outcome::LostAfter,
    Outcome::Late,
    Outcome::Hangs,
    Outcome::Rejected,
    Outcome::RateLimited,
    Outcome::Unavailable,
    Outcome::NotSent,
];

/// Trouble that a user has all alone.
const OWN: [Outcome; 4] =
    [Outcome::Rejected, Outcome::KeyRefused, Outcome::NonceRefused, Outcome::RateLimited];

/// A venue that is down.
struct Outage {
    place: usize,
    until: Instant,
}

pub(crate) struct Trouble {
    pub(crate) dice: Dice,
    on: AtomicBool,
    /// In per cent of placements, reads, stream messages, appends, openings of a signer.
    pub(crate) placements: u32,
    pub(crate) reads: u32,
    pub(crate) gaps: u32,
    pub(crate) repeats: u32,
    pub(crate) delays: u32,
    pub(crate) appends: u32,
    pub(crate) signers: u32,
    /// In per cent of orders that are to wait at their venue for a price: it refuses them.
    pub(crate) stops: u32,
    /// Whether nobody tells, as long as there is trouble, what the third asset is worth that fees are taken from.
    untold: bool,
    /// Where set, this user is spared and all others have only trouble of their own making.
    pub(crate) calm: Option<UserId>,
    down: Mutex<Option<Outage>>,
}

impl Trouble {
    pub(crate) fn new(dice: Dice, calm: Option<UserId>) -> Self {
        // Some runs have little of everything, some have much of one thing, some have none.
        let level = |dice: &Dice| *dice.pick(&[0, 2, 5, 5, 15, 40]);
        let quiet = calm.is_some();
        Self {
            on: AtomicBool::new(true),
            placements: if quiet { 60 } else { level(&dice) },
            reads: if quiet { 0 } else { level(&dice) },
            gaps: if quiet { 0 } else { level(&dice) / 2 },
            repeats: level(&dice),
            delays: if quiet { 0 } else { level(&dice) },
            appends: if quiet { 0 } else { level(&dice) / 3 },
            signers: if quiet { 0 } else { level(&dice) / 3 },
            untold: !quiet && dice.chance(20),
            stops: if quiet { 0 } else { *dice.pick(&[0, 0, 5, 30]) },
            calm,
            down: Mutex::new(None),
            dice,
        }
    }

    /// Whether trouble of this chance, in per cent, strikes now.
    pub(crate) fn strikes(&self, percent: u32) -> bool {
        self.on.load(Ordering::Relaxed) && self.dice.chance(percent)
    }

    pub(crate) fn outcome(&self, user: UserId) -> Outcome {
        if self.calm == Some(user) || !self.strikes(self.placements) {
            return Outcome::Taken;
        }
        *if self.calm.is_some() { self.dice.pick(&OWN) } else { self.dice.pick(&ANY) }
    }

    /// Whether nobody tells what the third asset is worth.
    pub(crate) fn hides_fees(&self) -> bool {
        self.untold && self.is_on()
    }

    pub(crate) fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// A venue goes down, by its place, for so long at least.
    pub(crate) fn take_down(&self, place: usize, at_least: Duration) {
        *self.down.lock() = Some(Outage { place, until: Instant::now() + at_least });
    }

    /// The one that is down comes up again, unless that is too early.
    pub(crate) fn bring_up(&self) {
        self.down.lock().take_if(|outage| Instant::now() >= outage.until);
    }

    pub(crate) fn is_down(&self, place: usize) -> bool {
        self.down.lock().as_ref().is_some_and(|outage| outage.place == place)
    }

    /// Everything works from now on.
    pub(crate) fn end(&self) {
        self.on.store(false, Ordering::Relaxed);
        *self.down.lock() = None;
    }
}
