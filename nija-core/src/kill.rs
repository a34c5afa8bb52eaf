//! The kill switch: on record while it is on, with how far its work has come.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{JournalEvent, KillId, OrderId, Symbol, Timestamp, UserId, VenueId};

/// What a kill switch stops.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KillScope {
    /// One user, at every venue.
    User,
    /// Every user, at one venue.
    Venue(VenueId),
    /// Everything.
    Platform,
}

impl KillScope {
    /// Its name in tables and metrics: `user`, `platform` or `venue:kraken`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::User => "user".to_owned(),
            Self::Venue(venue) => format!("venue:{venue}"),
            Self::Platform => "platform".to_owned(),
        }
    }

    /// Whether orders at a venue are in it.
    #[must_use]
    pub fn covers(&self, venue: &VenueId) -> bool {
        match self {
            Self::User | Self::Platform => true,
            Self::Venue(own) => own == venue,
        }
    }
}

/// Something that a kill switch could not confirm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unconfirmed {
    /// Whose.
    pub user: UserId,
    /// Where.
    pub venue: Option<VenueId>,
    /// Which of our orders.
    pub order: Option<OrderId>,
    /// Why not, in words.
    pub why: String,
}

/// What is left of a position and is less than its venue takes in one order: nobody can close it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dust {
    /// Whose.
    pub user: UserId,
    /// Where.
    pub venue: VenueId,
    /// What.
    pub symbol: Symbol,
    /// Base units; below zero is short.
    pub quantity: Decimal,
}

/// How a kill switch's work ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KillOutcome {
    /// When.
    pub at: Timestamp,
    /// Whether no order and no position in its scope was left, as the venues said.
    pub flat: bool,
    /// What was left.
    pub left: Vec<Unconfirmed>,
    /// Positions too small to be closed, where closing them was wanted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dust: Vec<Dust>,
}

/// A kill switch that is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KillSwitch {
    /// Names this use of it: it is another one each time that it is thrown.
    pub id: KillId,
    /// Whose; [`UserId::PLATFORM`] for a venue's or the platform's.
    pub user: UserId,
    /// What it stops.
    pub scope: KillScope,
    /// Whether positions are closed at market as well.
    pub flatten: bool,
    /// Since when.
    pub since: Timestamp,
    /// How its work ended; `None` while it goes on.
    pub outcome: Option<KillOutcome>,
}

impl KillSwitch {
    /// The switch of a user and scope after one more event of that user; events of other scopes leave it as it is.
    #[must_use]
    pub fn fold(standing: Option<Self>, user: UserId, at: Timestamp, event: &JournalEvent) -> Option<Self> {
        match event {
            JournalEvent::KillSwitchOn { id, scope, flatten } => {
                if standing.as_ref().is_some_and(|known| known.scope != *scope) {
                    return standing;
                }
                let (id, scope, flatten) = (*id, scope.clone(), *flatten);
                Some(Self { id, user, scope, flatten, since: at, outcome: None })
            }
            JournalEvent::KillSwitchDone { id, scope, flat, left, dust } => standing.map(|mut standing| {
                if standing.id == *id && standing.scope == *scope {
                    let (left, dust) = (left.clone(), dust.clone());
                    standing.outcome = Some(KillOutcome { at, flat: *flat, left, dust });
                }
                standing
            }),
            JournalEvent::KillSwitchOff { scope } => standing.filter(|known| known.scope != *scope),
            _ => standing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededEntropy;

    #[test]
    fn only_its_own_work_ends_it_and_only_its_own_scope_moves_it() {
        let (user, at) = (UserId::PLATFORM, Timestamp::from_micros);
        let id = |n| KillId::generate(at(n), &SeededEntropy::new(1));
        let on = |n, scope| JournalEvent::KillSwitchOn { id: id(n), scope, flatten: true };
        let done = |n, scope| JournalEvent::KillSwitchDone {
            id: id(n),
            scope,
            flat: true,
            left: Vec::new(),
            dust: Vec::new(),
        };
        let venue = KillScope::Venue("kraken".parse().unwrap());
        let first = KillSwitch::fold(None, user, at(5), &on(5_000, KillScope::Platform));
        let thrown = KillSwitch::fold(first, user, at(6), &on(6_000, KillScope::Platform)).unwrap();
        assert_eq!((thrown.id, thrown.since, &thrown.outcome), (id(6_000), at(6), &None));
        // News of the one before, and of another scope.
        let kept = KillSwitch::fold(Some(thrown.clone()), user, at(7), &done(5_000, KillScope::Platform));
        assert_eq!(kept, Some(thrown));
        let kept = KillSwitch::fold(kept, user, at(7), &JournalEvent::KillSwitchOff { scope: venue.clone() });
        assert_eq!(KillSwitch::fold(kept.clone(), user, at(7), &on(7_000, venue)), kept);
        let ended = KillSwitch::fold(kept, user, at(8), &done(6_000, KillScope::Platform)).unwrap();
        assert!(ended.outcome.as_ref().is_some_and(|outcome| outcome.flat && outcome.at == at(8)));
        let off = JournalEvent::KillSwitchOff { scope: KillScope::Platform };
        assert_eq!(KillSwitch::fold(Some(ended), user, at(9), &off), None);
    }

    #[test]
    fn a_venues_switch_covers_that_venue_alone() {
        let (a, b): (VenueId, VenueId) = ("a".parse().unwrap(), "b".parse().unwrap());
        assert!(KillScope::Venue(a.clone()).covers(&a) && !KillScope::Venue(a.clone()).covers(&b));
        assert!(KillScope::User.covers(&b) && KillScope::Platform.covers(&b));
        assert_eq!(KillScope::Venue(a).name(), "venue:a");
    }
}
